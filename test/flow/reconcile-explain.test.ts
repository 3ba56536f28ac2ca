// `revflow explain` decides as the loop does, and writes nothing.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultPolicy } from '../../src/decide/facts.ts';
import { explainFunction } from '../../src/reconcile/explain.ts';
import { createCredentials } from '../../src/revision/credential.ts';
import type { TestCluster } from '../servers/api-server.ts';
import { startReconcileCluster } from './cluster.ts';
import { createWorld, digest, gitSpec, shaA, shaB, type World, watching } from './world.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startReconcileCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

async function explain(world: World) {
  const { kube, state, clock } = world;
  const credentials = createCredentials({ kube, installKey: new Uint8Array(32), clock, requireHosts: false });
  return explainFunction({ kube, state, clock, credentials, policy: defaultPolicy }, await world.read());
}

describe('an explanation', () => {
  it('says what would be built and why, with the trace that led there', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, watching());
    expect((await explain(world)).build).toMatchObject({ verdict: 'hold', cause: 'First' });
    await world.observe(shaA);
    expect((await explain(world)).build).toMatchObject({ verdict: 'build', revision: shaA });
    await world.reconcile();
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(1), commit: shaA });
    await world.reconcile();
    const { build, serving, watch } = await explain(world);
    expect([build?.verdict, serving?.verdict, watch.kind]).toEqual(['nothing', 'nothing', 'seen']);
    expect(build?.trace.map(line => line.rule)).toContain('new revision');
    await world.observe(shaB);
    const before = await world.read();
    expect((await explain(world)).build).toMatchObject({ verdict: 'build', cause: 'NewRevision', revision: shaB });
    expect(await world.read()).toEqual(before);
  });

  it('says that a run which was cleared from the status is cancelled first, as the loop does', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec);
    await world.reconcile();
    await world.writeStatus({ build: null });
    expect((await explain(world)).build).toMatchObject({ verdict: 'cancel', cause: 'Cleared' });
    await world.reconcile();
    const run = await world.shipwright.newest();
    expect(run['spec']).toMatchObject({ state: 'BuildRunCanceled' });
    await world.shipwright.fail(run, 'BuildRunCanceled');
    expect((await explain(world)).build).toMatchObject({ verdict: 'build', cause: 'Cleared' });
  });
});
