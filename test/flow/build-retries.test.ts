// Builds that end badly: what tries them again, and what does not.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCondition } from '../../src/function/conditions.ts';
import { kinds } from '../../src/function/kinds.ts';
import { labels } from '../../src/function/names.ts';
import type { FunctionObject } from '../../src/function/schema.ts';
import { eventually } from '../eventually.ts';
import { digestOf } from './builder-farm.ts';
import { type System, startSystem } from './system.ts';

const built = (fn: FunctionObject) => findCondition(fn.status?.conditions, 'Built');
const rebuild = (nonce: string) => ({ metadata: { annotations: { 'openfunction.io/rebuild-requested': nonce } } });

describe.concurrent('a build that failed', () => {
  let system: System;

  beforeAll(async () => {
    system = await startSystem();
    await system.plane();
  });
  afterAll(() => system[Symbol.asyncDispose]());

  const failedAt = (name: string, sequence: number) =>
    system.until(name, `failed at sequence ${sequence}`, ({ status }) => {
      return status?.build?.state === 'Failed' && status.sequence === sequence;
    });
  /** First commits of two repositories are otherwise one and the same. */
  const own = (name: string) => ({ files: { 'name.txt': name } });
  /** Two polls of its repository. */
  const untilPolled = async (name: string) => {
    const polls = () => system.git.requests.filter(({ url }) => url.startsWith(`/team/${name}.git/`)).length;
    const before = polls();
    await eventually(`${name} is polled`, () => polls() >= before + 2);
  };

  it('is not tried again by polling, but by clearing status.build, a request, a deleted Builder and a push', async () => {
    const repository = await system.git.repository('team/failed');
    const good = await repository.commit(own('failed'));
    await system.create('failed');
    await system.untilServed('failed', digestOf('failed', good));
    const bad = await repository.commit();
    system.farm.broken.add(bad);

    const failed = await failedAt('failed', 3);
    expect(built(failed)).toMatchObject({ status: 'False', reason: 'BuildFailed' });
    await untilPolled('failed');
    expect(system.farm.revisionsOf('failed')).toEqual([good, bad]);
    await system.untilServed('failed', digestOf('failed', good));

    await system.patch('failed', { status: { build: null } }, 'status');
    await failedAt('failed', 4);
    await system.patch('failed', rebuild('again'));
    const requested = await failedAt('failed', 5);
    expect(requested.status?.lastHandledRebuild).toBe('again');
    const name = requested.status?.build?.resourceRef ?? '';
    await system.kube.remove({ kind: kinds.builder, namespace: system.namespace, name });
    await failedAt('failed', 6);
    await untilPolled('failed');
    expect(system.farm.revisionsOf('failed')).toEqual([good, bad, bad, bad, bad]);

    system.farm.broken.delete(bad);
    await system.patch('failed', rebuild('once more'));
    await system.untilServed('failed', digestOf('failed', bad));
    const next = await repository.commit();
    await system.untilServed('failed', digestOf('failed', next));
    expect(system.farm.revisionsOf('failed')).toEqual([good, bad, bad, bad, bad, bad, next]);
  });

  it('is stopped, and has been cancelled, when status.build is cleared in the middle of it', async () => {
    const repository = await system.git.repository('team/cleared');
    const first = await repository.commit(own('cleared'));
    system.farm.slow.add('cleared');
    const fn = await system.create('cleared');
    const { status } = await system.until('cleared', 'is built', each => each.status?.build?.state === 'Building');
    await system.patch('cleared', { status: { build: null } }, 'status');
    await eventually('another run', () => system.farm.revisionsOf('cleared').length === 2);
    const builders = async () => {
      const labelSelector = `${labels.functionUid}=${fn.metadata.uid}`;
      const found = await system.kube.list(kinds.builder, { namespace: system.namespace, labelSelector });
      return found.map(
        ({ metadata, status: told }) =>
          `${metadata.name} ${(told as { readonly state?: string } | undefined)?.state ?? ''}`,
      );
    };
    const before = `${status?.build?.resourceRef ?? ''} Canceled`;
    await eventually('the Builder before has ended', async () => (await builders()).includes(before));

    await system.farm.release('cleared');
    await system.untilServed('cleared', digestOf('cleared', first));
    expect(system.farm.revisionsOf('cleared')).toEqual([first, first]);
    // One that was cancelled is kept in the history of those that failed.
    await eventually('no other Builder is left', async () => (await builders()).join() === before);
  });

  it('does not stop watching when it was the first one', async () => {
    const repository = await system.git.repository('team/first');
    const bad = await repository.commit(own('first'));
    system.farm.broken.add(bad);
    await system.create('first');
    await failedAt('first', 1);

    const good = await repository.commit();
    await system.untilServed('first', digestOf('first', good));
    expect(system.farm.revisionsOf('first')).toEqual([bad, good]);
  });

  it('is not repeated when the pruning of history takes its Builder', async () => {
    const repository = await system.git.repository('team/pruned');
    const bad = await repository.commit(own('pruned'));
    system.farm.broken.add(bad);
    const srcRepo = { url: `${system.git.url}/team/pruned.git`, revision: 'main' };
    const build = { builder: 'registry.example/builder:1', srcRepo, failedBuildsHistoryLimit: 0 };
    await system.create('pruned', { spec: { build } });

    const failed = await system.until('pruned', 'is pruned', ({ status }) => status?.build?.pruned === true);
    await eventually('the Builder is gone', async () => {
      const name = failed.status?.build?.resourceRef ?? '';
      return (await system.kube.get({ kind: kinds.builder, namespace: system.namespace, name })) === undefined;
    });
    await untilPolled('pruned');

    expect(system.farm.revisionsOf('pruned')).toEqual([bad]);
    const good = await repository.commit();
    await system.untilServed('pruned', digestOf('pruned', good));
  });
});
