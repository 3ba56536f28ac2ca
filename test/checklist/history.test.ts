// Core-build checklist 54, 55 and 57 to 59: which Builders are kept, with the leader's own pruning at work beside the loop.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlane, type Settings, startControlPlane } from '../../src/app/control-plane.ts';
import { kinds } from '../../src/function/kinds.ts';
import type { Kube, KubeObject } from '../../src/platform/kube/kube.ts';
import { leaseKind } from '../../src/platform/kube/lease.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { createMemoryQueue } from '../../src/platform/queue/memory.ts';
import { createMemoryState } from '../../src/platform/state/memory.ts';
import { builders as builderKind, servings as servingKind } from '../../src/reconcile/kinds.ts';
import { Children } from '../../src/reconcile/leader/children.ts';
import { Functions } from '../../src/reconcile/leader/functions.ts';
import { Pruner } from '../../src/reconcile/leader/pruner.ts';
import { eventually } from '../eventually.ts';
import { startReconcileCluster } from '../flow/cluster.ts';
import { createWorld, digest, gitSpec, shaA, type World } from '../flow/world.ts';
import { silentLog, type TestCluster } from '../servers/api-server.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startReconcileCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

/** The leader's informers and its pruning for the namespace of this world. */
function prune({
  kube,
  namespace,
  clock,
}: World): AsyncDisposable & { readonly synced: Promise<unknown>; sweep(): void } {
  const namespaces = [namespace];
  const touch = ({ functionUid }: { readonly functionUid: string }) => pruner.touch(functionUid);
  const functions = new Functions(kube, { namespaces, changed: view => pruner.touch(view.uid), gone() {} });
  const builders = new Children(kube, builderKind, { namespaces, changed: touch, gone: touch });
  const servings = new Children(kube, servingKind, { namespaces, changed: touch, gone: touch });
  const pruner = new Pruner({ kube, functions, builders, servings, clock, log: silentLog });
  return {
    synced: Promise.all([functions.synced, builders.synced]),
    sweep: () => pruner.sweep(),
    async [Symbol.asyncDispose]() {
      await Promise.all([functions, builders, servings, pruner].map(each => each[Symbol.asyncDispose]()));
    },
  };
}

interface Lease extends KubeObject {
  readonly spec: { readonly holderIdentity?: string; readonly renewTime?: string };
}

const settings: Settings = {
  namespace: '',
  identity: 'checklist',
  mode: 'full',
  namespaces: [],
  minIntervalMs: 1_000,
  builderCheckMs: 60_000,
  slots: { cluster: 10, namespace: 10 },
  requireCredentialHosts: false,
  watchSecrets: false,
  polls: 1,
  reconciles: 1,
  alone: true,
};

async function start(build: object = {}): Promise<World> {
  const world = await createWorld(cluster);
  await world.create({ ...gitSpec, build: { ...gitSpec.build, ...build } });
  await world.reconcile();
  return world;
}

/** A Function with a failed Builder that will be older than its `builderMaxAge` in half a minute. */
async function startAged(): Promise<World> {
  const world = await start({ builderMaxAge: '1h' });
  await fail(world);
  const [builder] = await world.all(kinds.builder);
  const agedAt = Date.parse(builder?.metadata.creationTimestamp ?? '') + 3_600_000;
  world.clock.advance(agedAt - 30_000 - world.clock.now());
  return world;
}

function startPlane({ clock, namespace }: World, kube: Kube, over: Partial<Settings> = {}): Promise<ControlPlane> {
  return startControlPlane({
    kube,
    clock,
    queue: createMemoryQueue({ clock, log: silentLog }),
    state: createMemoryState({ clock }),
    http: { request: () => Promise.reject(new Error('nothing is watched')) },
    log: silentLog,
    metrics: createMetrics(),
    settings: { ...settings, namespace, namespaces: [namespace], ...over },
  });
}

async function succeed(world: World): Promise<void> {
  await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(1), commit: shaA });
  await world.reconcile();
}

async function fail(world: World): Promise<void> {
  await world.shipwright.fail(await world.shipwright.newest());
  await world.reconcile();
}

async function again(world: World, nonce: number): Promise<void> {
  await world.annotate({ 'openfunction.io/rebuild-requested': String(nonce) });
  await world.reconcile();
}

const sequence = ({ metadata }: KubeObject) => Number(metadata.labels?.['openfunction.io/sequence']);

/** Waits until these builds, by their place among all, are the only ones with a Builder. */
async function keeps(world: World, sequences: readonly (number | undefined)[]): Promise<void> {
  await eventually(`only the Builders ${sequences.join()} are there`, async () => {
    const found = (await world.all(kinds.builder)).map(sequence).toSorted((a, b) => a - b);
    return found.join() === sequences.join();
  });
}

const current = async (world: World) => (await world.read()).status?.build?.sequence;

describe('Builders', () => {
  it('checklist 54: by default none remains after success; its name stays, and nothing is built again', async () => {
    const world = await start();
    await using _pruning = prune(world);
    const name = (await world.read()).status?.build?.resourceRef;
    await succeed(world);
    await keeps(world, []);
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ state: 'Succeeded', resourceRef: name, sequence: 1 });
  });

  it('checklist 55: the newest succeeded and the newest failed ones are kept, as many as asked for, and what runs', async () => {
    const world = await start({ successfulBuildsHistoryLimit: 2, failedBuildsHistoryLimit: 2 });
    await using _pruning = prune(world);
    const kept: (number | undefined)[] = [];
    for (let nonce = 1; nonce <= 6; nonce += 1) {
      if (nonce > 2) kept.push(await current(world));
      await (nonce % 2 === 0 ? fail(world) : succeed(world));
      await again(world, nonce);
    }
    await keeps(world, [...kept, await current(world)]);
    expect((await world.read()).status?.build).toMatchObject({ state: 'Building' });
  });

  it('checklist 55: one failed Builder is kept by default', async () => {
    const world = await start();
    await using _pruning = prune(world);
    await fail(world);
    await again(world, 1);
    const last = await current(world);
    await fail(world);
    await keeps(world, [last]);
    expect((await world.read()).status?.build).toMatchObject({ state: 'Failed', sequence: last });
  });

  it('checklist 57: builderMaxAge removes completed ones that are older, never what runs, and none when it is 0 or absent', async () => {
    const [aged, zero, running] = await Promise.all([
      start({ builderMaxAge: '1h' }),
      start({ builderMaxAge: '0s' }),
      start({ builderMaxAge: '1h' }),
    ]);
    await fail(aged);
    await fail(zero);
    for (const world of [aged, zero, running]) world.clock.advance(3_590_000);
    {
      // Its end waits for what it began to remove.
      await using young = prune(aged);
      await young.synced;
      young.sweep();
    }
    expect((await aged.all(kinds.builder)).map(sequence)).toEqual([1]);
    await using all = new AsyncDisposableStack();
    const pruners = [aged, zero, running].map(world => all.use(prune(world)));
    for (const world of [aged, zero, running]) world.clock.advance(60_000);
    await eventually('the old one is gone', async () => {
      for (const pruner of pruners) pruner.sweep();
      return (await aged.all(kinds.builder)).length === 0;
    });
    await keeps(zero, [1]);
    await keeps(running, [1]);
    await aged.reconcile();
    expect((await aged.read()).status?.build).toMatchObject({ state: 'Failed', sequence: 1, pruned: true });
  });

  it('checklist 57: the leader looks for them within each --builder-check-interval', async () => {
    const world = await startAged();
    await using plane = await startPlane(world, world.kube);
    await plane.leading;
    // It grows too old after half a minute; the interval ends after one and a half at the latest.
    world.clock.advance(90_000);
    expect((await world.read()).status?.build).toMatchObject({ state: 'Failed', sequence: 1 });
    await keeps(world, []);
  });

  it('checklist 97: of two replicas only the one that leads removes those that grew too old', async () => {
    const world = await startAged();
    const { kube, clock, namespace } = world;
    await using first = await startPlane(world, kube, { alone: false, identity: 'first' });
    const renewed = () =>
      eventually('the first renews its Lease', async () => {
        clock.advance(1);
        const lease = await kube.get<Lease>({ kind: leaseKind, namespace, name: 'revflow' });
        return lease?.spec.holderIdentity === 'first' && clock.now() - Date.parse(lease.spec.renewTime ?? '') < 8_000;
      });
    await renewed();
    await first.leading;
    const { proxy, kubeconfig } = await cluster.breakable();
    await using _second = await startPlane(world, await cluster.connect({ kubeconfig }), {
      alone: false,
      identity: 'second',
    });
    for (let passed = 0; passed < 90_000; passed += 4_000) {
      clock.advance(4_000);
      await renewed();
    }
    await keeps(world, []);
    await eventually('the second looks at the Lease', () => proxy.requests.length >= 3);
    expect(proxy.requests.filter(({ url }) => !/\/leases\/|\/secrets\/revflow-install/.test(url))).toEqual([]);
  });

  it('checklist 58: failedBuildsHistoryLimit 0 with a build that fails does not loop: what was pruned is recorded', async () => {
    const world = await start({ failedBuildsHistoryLimit: 0 });
    await using _pruning = prune(world);
    await fail(world);
    await keeps(world, []);
    for (let turn = 0; turn < 3; turn += 1) await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ state: 'Failed', sequence: 1, pruned: true });
    await keeps(world, []);
    await again(world, 1);
    expect((await world.read()).status?.build).toMatchObject({ state: 'Building', sequence: 2 });
  });

  it('checklist 59: everything goes with its Function by garbage collection; there is no finalizer anywhere', async context => {
    context.skip(cluster.isReal, 'no garbage collector runs beside this API server');
    const world = await start();
    await succeed(world);
    const made = [kinds.builder, kinds.build, kinds.buildRun, kinds.serving];
    for (const kind of [kinds.function, ...made]) {
      const objects = await world.all(kind);
      expect(objects).toHaveLength(1);
      for (const { metadata } of objects) expect(Reflect.get(metadata, 'finalizers')).toBeUndefined();
    }
    await world.kube.remove({ kind: kinds.function, namespace: world.namespace, name: 'f' });
    for (const kind of made) await eventually(`no ${kind.kind}`, async () => (await world.all(kind)).length === 0);
    expect(await world.kube.list(kinds.function, { namespace: world.namespace })).toEqual([]);
  });
});
