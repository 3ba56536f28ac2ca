// What people do to a Function while it is watched: they edit it, hold it, suspend it, delete it and make it again.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCondition } from '../../src/function/conditions.ts';
import { kinds } from '../../src/function/kinds.ts';
import { labels } from '../../src/function/names.ts';
import type { FunctionObject } from '../../src/function/schema.ts';
import type { Kind } from '../../src/platform/kube/kube.ts';
import { eventually } from '../eventually.ts';
import { isRealCluster } from '../servers/api-server.ts';
import { digestOf } from './builder-farm.ts';
import { type System, startSystem } from './system.ts';

const reason = (fn: FunctionObject, type: 'Built' | 'Served' | 'Watching') =>
  findCondition(fn.status?.conditions, type)?.reason;
const annotate = (annotations: Record<string, string | null>) => ({ metadata: { annotations } });
const needsCollection = 'needs garbage collection, which this API server alone does not do';

describe.concurrent('a Function that people change', () => {
  let system: System;

  beforeAll(async () => {
    system = await startSystem();
    await system.plane();
  });
  afterAll(() => system[Symbol.asyncDispose]());

  const revisions = (name: string) => system.farm.revisionsOf(name);
  const served = (name: string, revision: string) => system.untilServed(name, digestOf(name, revision));
  const untilRuns = (name: string, count: number) =>
    eventually(`${count} runs of ${name}`, () => revisions(name).length === count);
  const childrenOf = async (kind: Kind, uid: string) =>
    system.kube.list(kind, { namespace: system.namespace, labelSelector: `${labels.functionUid}=${uid}` });
  const remove = (name: string) =>
    system.kube.remove(
      { kind: kinds.function, namespace: system.namespace, name },
      { propagationPolicy: 'Background' },
    );
  const env = (value: string) => ({ spec: { build: { env: { VALUE: value } } } });

  it('is built anew for each edit of its build, whatever was cancelled before', async () => {
    const repository = await system.git.repository('team/edited');
    const first = await repository.commit();
    system.farm.slow.add('edited');
    await system.create('edited');
    await untilRuns('edited', 1);
    for (const edit of [1, 2, 3, 4]) {
      await system.patch('edited', env(`${edit}`));
      await untilRuns('edited', edit + 1);
    }
    await system.farm.release('edited');

    await served('edited', first);
    expect(revisions('edited')).toEqual([first, first, first, first, first]);
    const { status } = await system.read('edited');
    expect(status?.build).toMatchObject({ state: 'Succeeded', cause: 'SpecChanged', revision: first });
  });

  it('is served anew, and not built, when its serving is edited while it is built', async () => {
    const repository = await system.git.repository('team/served');
    const first = await repository.commit();
    await system.create('served');
    await served('served', first);
    const before = (await system.read('served')).status?.serving?.resourceRef;
    system.farm.slow.add('served');
    const second = await repository.commit();
    await untilRuns('served', 2);
    await system.patch('served', { spec: { serving: { annotations: { edited: 'yes' } } } });
    system.farm.slow.delete('served');
    await system.farm.release('served');

    await served('served', second);
    const { status } = await system.read('served');
    const serving = await system.kube.get({
      kind: kinds.serving,
      namespace: system.namespace,
      name: status?.serving?.resourceRef ?? '',
    });
    expect(serving?.['spec']).toMatchObject({ annotations: { edited: 'yes' } });
    expect(serving?.metadata.name).not.toBe(before);
    expect(revisions('served')).toEqual([first, second]);
  });

  it('loses its Serving with spec.serving, is still built, and serves the newest image when it has it again', async () => {
    const repository = await system.git.repository('team/unserved');
    const first = await repository.commit();
    const fn = await system.create('unserved');
    await served('unserved', first);

    await system.patch('unserved', { spec: { serving: null } });
    await system.until('unserved', 'serves nothing', ({ status }) => status?.serving?.state === 'Skipped');
    await eventually(
      'its Servings are gone',
      async () => (await childrenOf(kinds.serving, fn.metadata.uid)).length === 0,
    );
    const second = await repository.commit();
    await system.until('unserved', 'built the second commit', ({ status }) => {
      return status?.build?.revision === second && status.build.state === 'Succeeded';
    });
    expect(await childrenOf(kinds.serving, fn.metadata.uid)).toEqual([]);

    await system.patch('unserved', { spec: { serving: { triggers: { http: {} } } } });
    await served('unserved', second);
    expect(revisions('unserved')).toEqual([first, second]);
  });

  it('starts nothing while it is suspended, and takes the newest commit when it is resumed', async () => {
    const repository = await system.git.repository('team/suspended');
    const first = await repository.commit();
    await system.create('suspended');
    await served('suspended', first);
    await system.patch('suspended', annotate({ 'openfunction.io/suspend': 'true' }));
    await repository.commit();
    await system.until('suspended', 'is suspended', fn => reason(fn, 'Built') === 'Suspended');
    const third = await repository.commit();
    await system.until('suspended', 'sees the newest', ({ status }) => status?.watch?.observed?.id === third);
    await system.patch('suspended', env('edited'));
    await served('suspended', first);
    expect(revisions('suspended')).toEqual([first]);

    await system.patch('suspended', annotate({ 'openfunction.io/suspend': null }));
    await served('suspended', third);
    expect(revisions('suspended')).toEqual([first, third]);
  });

  it('takes no new commit while it is held, and the newest when the hold ends', async () => {
    const repository = await system.git.repository('team/held');
    const first = await repository.commit();
    await system.create('held');
    await served('held', first);
    await system.patch('held', annotate({ 'openfunction.io/hold': 'freeze until Monday' }));
    const second = await repository.commit();
    const held = await system.until('held', 'is held', fn => reason(fn, 'Built') === 'Held');
    expect(findCondition(held.status?.conditions, 'Built')?.message).toContain('freeze until Monday');
    await served('held', first);
    expect(revisions('held')).toEqual([first]);

    await system.patch('held', annotate({ 'openfunction.io/hold': null }));
    await served('held', second);
    expect(revisions('held')).toEqual([first, second]);
  });

  it('is built from its own first commit on when it is deleted and made again under its name', async () => {
    const repository = await system.git.repository('team/again');
    const first = await repository.commit();
    await system.create('again');
    await served('again', first);
    const second = await repository.commit();
    await served('again', second);
    await remove('again');

    const fn = await system.create('again');
    await served('again', second);
    expect(revisions('again')).toEqual([first, second, second]);
    const third = await repository.commit();
    await served('again', third);
    expect(revisions('again')).toEqual([first, second, second, third]);
    const runs = system.farm.created.filter(run => run.function === 'again');
    expect(new Set(runs.map(run => run.name)).size).toBe(4);
    const { status } = await system.read('again');
    const serving = await system.kube.get({
      kind: kinds.serving,
      namespace: system.namespace,
      name: status?.serving?.resourceRef ?? '',
    });
    expect(serving?.metadata.labels?.[labels.functionUid]).toBe(fn.metadata.uid);
  });

  it('takes nothing from the build of its namesake that was deleted in the middle of it', async () => {
    const repository = await system.git.repository('team/middle');
    const first = await repository.commit();
    system.farm.slow.add('middle');
    const old = await system.create('middle');
    await untilRuns('middle', 1);
    await remove('middle');
    const fn = await system.create('middle');
    await untilRuns('middle', 2);
    system.farm.slow.delete('middle');
    await system.farm.release('middle');

    await served('middle', first);
    expect(revisions('middle')).toEqual([first, first]);
    const { status } = await system.read('middle');
    const builder = status?.build?.resourceRef ?? '';
    expect(system.farm.created.findLast(run => run.function === 'middle')?.name).toContain(builder);
    expect(fn.metadata.uid).not.toBe(old.metadata.uid);
  });

  it('is asked for no more when it is deleted, and made again later is built at the newest commit alone', async () => {
    const repository = await system.git.repository('team/later');
    const first = await repository.commit();
    await system.create('later');
    await served('later', first);
    await remove('later');
    const polls = () => system.git.requests.filter(({ url }) => url.startsWith('/team/later.git/')).length;
    await eventually('nobody asks any more', async () => {
      const others = system.git.requests.length;
      const before = polls();
      await eventually('others are polled on', () => system.git.requests.length >= others + 30);
      return polls() === before;
    });

    const second = await repository.commit();
    await system.create('later');
    await served('later', second);
    expect(revisions('later')).toEqual([first, second]);
  });

  it.skipIf(isRealCluster)(
    `leaves nothing behind when it is deleted${isRealCluster ? ` (skipped: ${needsCollection})` : ''}`,
    async () => {
      const repository = await system.git.repository('team/deleted');
      const first = await repository.commit();
      const fn = await system.create('deleted');
      await served('deleted', first);
      system.farm.slow.add('deleted');
      await repository.commit();
      await untilRuns('deleted', 2);
      await remove('deleted');

      const { uid } = fn.metadata;
      const children = [kinds.builder, kinds.build, kinds.buildRun, kinds.serving];
      const left = async () => (await Promise.all(children.map(kind => childrenOf(kind, uid)))).flat();
      await eventually('its children are gone', async () => (await left()).length === 0);
      expect(await left()).toEqual([]);
    },
  );
});
