// What the leader has to do with shared runs: it knows from the runs themselves who may be followed, wakes the followers, and keeps what they
// still need. The Functions are reconciled by hand.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../../src/build/backends.ts';
import { kinds } from '../../src/function/kinds.ts';
import { systemClock as clock } from '../../src/platform/clock.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { createMemoryQueue } from '../../src/platform/queue/memory.ts';
import { createMemoryState } from '../../src/platform/state/memory.ts';
import { startLeader } from '../../src/reconcile/leader/leader.ts';
import { SlotOffice } from '../../src/reconcile/slots/office.ts';
import { createCredentials } from '../../src/revision/credential.ts';
import { eventually } from '../eventually.ts';
import { silentLog as log, type TestCluster } from '../servers/api-server.ts';
import { startReconcileCluster } from './cluster.ts';
import { buildOf, succeed } from './sharing.ts';
import { createWorld, digest, gitSpec, shaA, type World, watching } from './world.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startReconcileCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

/** A leader without workers; `woken` holds the keys of Functions since it was last emptied. */
async function lead(namespace: string) {
  await using stack = new AsyncDisposableStack();
  const { kube } = cluster;
  const woken: string[] = [];
  const state = stack.use(createMemoryState({ clock }));
  const queue = stack.use(createMemoryQueue({ clock, log }));
  await queue.work('function', async key => void woken.push(key), { concurrency: 1 });
  const credentials = createCredentials({ kube, installKey: new Uint8Array(32), clock, requireHosts: false });
  const office = new SlotOffice({ limits: { cluster: 50, namespace: Infinity }, state, queue, clock, log });
  const common = { kube, state, queue, credentials, clock, log, metrics: createMetrics(), backends };
  const scope = { namespaces: [namespace], minIntervalMs: 1_000, watchSecrets: false };
  const leader = stack.use(startLeader({ ...common, ...scope, slots: office }));
  await leader.ready;
  const running = stack.move();
  return { office, woken, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

async function start(world: World, spec: object = gitSpec): Promise<void> {
  await world.create(spec, watching());
  await world.observe(shaA);
  await world.reconcile();
}

const builderIsThere = async ({ kube, namespace }: World, name: string) =>
  (await kube.get({ kind: kinds.builder, namespace, name })) !== undefined;

describe('the leader', () => {
  it('wakes those that share a run when it ends, and keeps it until they have its result', async () => {
    const namespace = await cluster.namespace();
    await using leader = await lead(namespace);
    const worldOf = (name: string) => createWorld(cluster, { name, namespace, office: leader.office });
    const [first, other, probe] = await Promise.all([worldOf('first'), worldOf('other'), worldOf('probe')]);
    for (const world of [first, other]) await start(world);
    const { resourceRef: builder = '' } = await buildOf(first);
    expect((await buildOf(other)).follows).toMatchObject({ function: 'first', builder });

    await eventually('all that was written is known', () => leader.woken.includes(`${namespace}/other`));
    leader.woken.length = 0;
    await succeed(first, await first.shipwright.newest());
    await eventually('both are woken', () =>
      ['first', 'other'].every(name => leader.woken.includes(`${namespace}/${name}`)),
    );

    // The first has its result and goes on with something else; another Builder that is as superfluous is let go.
    await first.reconcile();
    await first.editSpec({ build: { env: { A: '1' } } });
    await first.reconcile();
    expect(await buildOf(first)).toMatchObject({ sequence: 3, state: 'Building' });
    await start(probe, { ...gitSpec, image: 'reg.example/probe:v1' });
    const { resourceRef: pruned = '' } = await buildOf(probe);
    const own = (await probe.shipwright.runs()).find(({ metadata }) => metadata.name === `${pruned}-buildrun`);
    if (own) await succeed(probe, own);
    await probe.reconcile();
    await eventually('the other Builder is gone', async () => !(await builderIsThere(probe, pruned)));
    expect(await builderIsThere(first, builder)).toBe(true);

    await other.reconcile();
    expect((await other.read()).status).toMatchObject({
      build: { state: 'Succeeded', sequence: 1 },
      revision: { imageDigest: digest(1) },
    });
    await eventually('the Builder of the first is gone', async () => !(await builderIsThere(first, builder)));
  });

  it('that comes later finds from the runs whose is shared', async () => {
    const namespace = await cluster.namespace();
    const before = await lead(namespace);
    const first = await createWorld(cluster, { name: 'first', namespace, office: before.office });
    await start(first);
    await before[Symbol.asyncDispose]();

    await using leader = await lead(namespace);
    const other = await createWorld(cluster, { name: 'other', namespace, office: leader.office });
    await start(other);
    expect((await buildOf(other)).follows).toMatchObject({ function: 'first' });
    expect(await first.shipwright.runs()).toHaveLength(1);
  });
});
