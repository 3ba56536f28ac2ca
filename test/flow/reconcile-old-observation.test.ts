// All workers were away for long, and what they saw last is still there: for a Function that begins to watch it is no first observation.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestCluster } from '../servers/api-server.ts';
import { startReconcileCluster } from './cluster.ts';
import { createWorld, digest, gitSpec, shaA, shaB, watching } from './world.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startReconcileCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

describe('an observation older than three promises and a minute', () => {
  it('is not built by a new Function, which waits for the next poll', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, watching('polling-interval: 10s'));
    await world.observe(shaA, { at: world.clock.now() - 90_001 });
    await world.reconcile();
    expect(await world.condition('Built')).toMatchObject({ reason: 'AwaitingFirstObservation' });
    expect(await world.shipwright.runs()).toEqual([]);

    await world.observe(shaB);
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ revision: shaB, sequence: 1, cause: 'First' });
    expect(await world.shipwright.runs()).toHaveLength(1);
  });

  it('counts while it is younger, and where the interval that is really kept is longer', async () => {
    for (const [age, intervalMs] of [
      [90_000, 10_000],
      [600_000, 200_000],
    ] as const) {
      const world = await createWorld(cluster);
      await world.create(gitSpec, watching('polling-interval: 10s'));
      await world.observe(shaA, { at: world.clock.now() - age, intervalMs });
      await world.reconcile();
      expect((await world.read()).status?.build).toMatchObject({ revision: shaA });
    }
  });

  it('changes nothing for a Function that has seen its source before', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, watching());
    await world.observe(shaA);
    await world.reconcile();
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(1), commit: shaA });
    await world.reconcile();
    world.clock.advance(3_600_000);
    world.requests.length = 0;
    await world.reconcile();
    expect(world.requests.filter(request => !request.startsWith('get '))).toEqual([]);
    expect(await world.condition('Watching')).toMatchObject({ status: 'True', reason: 'Observed' });
  });
});
