// What a Function does that shares the run of another one is its own affair; and what is not the very same is not shared.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import type { TestCluster } from '../servers/api-server.ts';
import { startReconcileCluster } from './cluster.ts';
import { begin, buildOf, createSharing, isCancelled, liveRuns, onlyRun, succeed, twoSharers } from './sharing.ts';
import { gitSpec, shaA, shaB, shaC, type World } from './world.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startReconcileCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

describe('what becomes of one of the others', () => {
  it.each<[string, (world: World) => Promise<unknown>]>([
    ['an edit of its spec', world => world.editSpec({ build: { env: { A: '1' } } })],
    ['a newer revision', world => world.observe(shaB)],
    [
      'a cancel of its Builder by hand',
      async world => {
        const name = (await buildOf(world)).resourceRef ?? '';
        await world.kube.patch(
          { kind: kinds.builder, namespace: world.namespace, name },
          { spec: { state: 'Cancelled' } },
        );
      },
    ],
    ['the removal of its spec.build', world => world.editSpec({ build: null })],
    ['a suspension', world => world.annotate({ 'openfunction.io/suspend': 'true' })],
    ['its end', world => world.kube.remove({ kind: kinds.function, namespace: world.namespace, name: 'other' })],
  ])('never stops the run of the first: %s', async (_, change) => {
    const { sharing, first, other } = await twoSharers(cluster);
    const run = await onlyRun(sharing);
    await change(other);
    await other.reconcile().catch(() => {});
    const now = (await sharing.runs()).find(({ metadata }) => metadata.name === run.metadata.name);
    expect(isCancelled(now)).toBe(false);
    if (now) await succeed(first, now);
    await first.reconcile();
    expect((await first.read()).status).toMatchObject({ build: { state: 'Succeeded' }, serving: { state: 'Created' } });
  });

  it('is as if it had a run of its own: two shared builds are left for newer commits, the third is let finish', async () => {
    const { sharing, first } = await twoSharers(cluster);
    const see = async (sha: string) => {
      for (const world of sharing.worlds) await world.observe(sha);
      for (const _ of [1, 2, 3]) {
        for (const world of sharing.worlds) await world.reconcile();
        const stopping = (await liveRuns(sharing)).filter(isCancelled);
        for (const run of stopping) await first.shipwright.fail(run, 'BuildRunCanceled', 'cancelled');
      }
    };
    for (const [cancels, sha] of [shaB, shaC].entries()) {
      await see(sha);
      for (const world of sharing.worlds) {
        expect(await buildOf(world)).toMatchObject({ state: 'Building', revision: sha, cancels: cancels + 1 });
      }
      expect(await liveRuns(sharing)).toHaveLength(1);
    }
    await see('d'.repeat(40));
    for (const world of sharing.worlds) {
      expect(await buildOf(world)).toMatchObject({ revision: shaC, cancels: 2 });
      expect(await world.condition('Built')).toMatchObject({ reason: 'LettingFinish' });
      expect(world.faults).toEqual([]);
    }
    expect(await sharing.runs()).toHaveLength(3);
  });

  it.each(['ended well', 'failed', 'was deleted'])(
    'is to rest while it is suspended, its Builder is deleted and the shared run %s, and to build afterwards',
    async what => {
      const { sharing, first, other } = await twoSharers(cluster);
      const { resourceRef: name = '' } = await buildOf(other);
      await other.kube.remove({ kind: kinds.builder, namespace: other.namespace, name });
      await other.annotate({ 'openfunction.io/suspend': 'true' });
      const run = await onlyRun(sharing);
      if (what === 'ended well') await succeed(first, run);
      else if (what === 'failed') await first.shipwright.fail(run);
      else await first.kube.remove({ kind: kinds.buildRun, namespace: first.namespace, name: run.metadata.name });
      await other.reconcile();
      expect(await buildOf(other)).toMatchObject({ sequence: 1 });
      await other.annotate({ 'openfunction.io/suspend': null });
      await other.reconcile();
      expect(await buildOf(other)).toMatchObject({ state: 'Building', sequence: 2 });
    },
  );

  it('is a build of its own when a person asks for one', async () => {
    const { sharing, first, other } = await twoSharers(cluster);
    await other.annotate({ 'openfunction.io/rebuild-requested': '1' });
    await other.reconcile();
    expect(await buildOf(other)).toMatchObject({ state: 'Building', sequence: 2, cause: 'RebuildRequested' });
    expect((await buildOf(other)).follows).toBeUndefined();
    expect(await liveRuns(sharing)).toHaveLength(2);
    expect((await sharing.runs()).some(isCancelled)).toBe(false);
    await first.reconcile();
    expect(await buildOf(first)).toMatchObject({ state: 'Building', sequence: 1 });
  });
});

describe('a run is not shared', () => {
  const create = async (world: World | undefined, spec: object, annotations: Record<string, string> = {}) => {
    await world?.create(spec, annotations);
    await world?.reconcile();
  };
  const edited = (build: object) => ({ ...gitSpec, build: { ...gitSpec.build, ...build } });
  const pinned = (build: object = {}) => edited({ srcRepo: { ...gitSpec.build.srcRepo, revision: shaA }, ...build });

  it('across namespaces', async () => {
    const [here, there] = await Promise.all([createSharing(cluster, ['a']), createSharing(cluster, ['a'])]);
    for (const sharing of [here, there]) await begin(sharing);
    await onlyRun(here);
    await onlyRun(there);
    expect(here.claims[0]?.share?.key).not.toBe(there.claims[0]?.share?.key);
  });

  it('when its source is a branch that may have moved', async () => {
    const sharing = await createSharing(cluster, ['a', 'b']);
    for (const world of sharing.worlds) await create(world, gitSpec);
    expect(await sharing.runs()).toHaveLength(2);
  });

  it.each<[string, object]>([
    ['variables', pinned({ env: { A: '1' } })],
    ['credentials of the source', pinned({ srcRepo: { ...pinned().build.srcRepo, credentials: { name: 'git' } } })],
    ['credentials of the image', { ...pinned(), imageCredentials: { name: 'push' } }],
    ['output images', { ...pinned(), image: 'reg.example/g:v1' }],
    ['builders', pinned({ builder: 'reg.example/builder:2' })],
    ['parameters', pinned({ shipwright: { params: [{ name: 'P', value: '1' }] } })],
    ['timeouts', pinned({ timeout: '5m' })],
    ['folders', pinned({ srcRepo: { ...pinned().build.srcRepo, sourceSubPath: 'f' } })],
  ])('with other %s', async (_, spec) => {
    const sharing = await createSharing(cluster, ['a', 'b', 'same']);
    const [a, b, same] = sharing.worlds;
    await create(a, pinned());
    await create(b, spec);
    await create(same, pinned({ successfulBuildsHistoryLimit: 3 }));
    expect(await sharing.runs()).toHaveLength(2);
    if (same) expect(await buildOf(same)).toMatchObject({ follows: { function: 'a' } });
  });
});
