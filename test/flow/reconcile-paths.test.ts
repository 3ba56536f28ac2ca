// A Function of a sub-path: which heads it builds, what its status keeps, and that a head which changed nothing writes nothing.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultPolicy } from '../../src/decide/facts.ts';
import { kinds } from '../../src/function/kinds.ts';
import { explainFunction } from '../../src/reconcile/explain.ts';
import { concerns } from '../../src/reconcile/leader/fan-out.ts';
import { viewFunction } from '../../src/reconcile/leader/function-view.ts';
import { createCredentials } from '../../src/revision/credential.ts';
import { readObservation } from '../../src/revision/detect.ts';
import type { Head, LeftHead, PathTrouble } from '../../src/revision/observation.ts';
import { anonymous, sourceKey } from '../../src/watch/graph.ts';
import { planWatch } from '../../src/watch/plan.ts';
import type { TestCluster } from '../servers/api-server.ts';
import { startReconcileCluster } from './cluster.ts';
import { createWorld, digest, gitSpec, shaA, shaB, shaC, type World, watching } from './world.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startReconcileCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const subPath = { ...gitSpec, build: { ...gitSpec.build, srcRepo: { ...gitSpec.build.srcRepo, sourceSubPath: 'fn' } } };
const trouble: PathTrouble = { reason: 'Timeout', message: 'no answer', count: 3, retryAt: 0, givenUp: true };

interface Seen {
  /** The id of the watched folder; absent: not known. */
  readonly fn?: string;
  readonly more?: Readonly<Record<string, string>>;
  readonly sightings?: number;
  readonly left?: readonly LeftHead[];
  readonly pathTrouble?: PathTrouble;
}

async function see(world: World, id: string, { fn, more, sightings = 1, left, pathTrouble }: Seen): Promise<void> {
  const head: Head = {
    kind: 'found',
    id,
    sightings,
    ...(fn === undefined ? {} : { paths: { fn, ...more } }),
    ...(pathTrouble === undefined ? {} : { pathTrouble }),
  };
  await world.observe(id, { heads: { main: head }, ...(left === undefined ? {} : { left: { main: left } }) });
}

/** Whether the leader would wake the Function for what was seen last. */
async function isWoken(world: World): Promise<boolean> {
  const fn = await world.read();
  const plan = planWatch(fn);
  if (plan.kind !== 'watched') throw new Error(plan.message);
  const observation = await readObservation(world.state, sourceKey(plan.watch.source, anonymous));
  const object = await world.kube.get({ kind: kinds.function, namespace: world.namespace, name: fn.metadata.name });
  if (observation === undefined || object === undefined) throw new Error('nothing was seen');
  return concerns(viewFunction(object), observation);
}

async function explain(world: World) {
  const { kube, state, clock } = world;
  const credentials = createCredentials({ kube, installKey: new Uint8Array(32), clock, requireHosts: false });
  const { build } = await explainFunction(
    { kube, state, clock, credentials, policy: defaultPolicy },
    await world.read(),
  );
  return build;
}

const newRevisionLine = (build: Awaited<ReturnType<typeof explain>>) =>
  build?.trace.find(({ rule }) => rule === 'new revision')?.found;

/** A Function that was built at A, whose folder has the id 1 there. */
async function built(annotations: Record<string, string> = {}): Promise<World> {
  const world = await createWorld(cluster);
  await world.create(subPath, { ...watching(), ...annotations });
  await see(world, shaA, { fn: '1' });
  await world.reconcile();
  await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(1), commit: shaA });
  await world.reconcile();
  return world;
}

const buildOf = async (world: World) => (await world.read()).status?.build;
const pathsOf = async (world: World) => (await world.read()).status?.watch?.paths;

describe('a new head', () => {
  it('that leaves the folder as it is wakes nobody and writes nothing, and explain says why', async () => {
    const world = await built();
    expect(await pathsOf(world)).toEqual({ fn: '1' });
    await see(world, shaB, { fn: '1' });
    expect(await isWoken(world)).toBe(false);
    const before = await world.read();
    await world.reconcile();
    expect(await world.read()).toEqual(before);
    const explained = await explain(world);
    expect(explained?.verdict).toBe('nothing');
    expect(newRevisionLine(explained)).toBe(`${shaB} was seen, and changes none of the watched paths`);
  });

  it('that changes the folder is built, and its id is what the next is compared with', async () => {
    const world = await built();
    await see(world, shaB, { fn: '1' });
    await see(world, shaC, { fn: '2' });
    expect(await isWoken(world)).toBe(true);
    expect((await explain(world))?.trace.at(-1)).toBeDefined();
    expect(newRevisionLine(await explain(world))).toBe(`${shaC} was seen after ${shaA} with another fn`);
    await world.reconcile();
    expect(await buildOf(world)).toMatchObject({ revision: shaC, cause: 'NewRevision' });
    expect(await pathsOf(world)).toEqual({ fn: '2' });
    expect(await isWoken(world)).toBe(false);
  });

  it('whose folder is not known yet waits; when it is given up, it is built, and the condition says so', async () => {
    const world = await built();
    await see(world, shaB, {});
    expect(await isWoken(world)).toBe(false);
    await world.reconcile();
    expect(await buildOf(world)).toMatchObject({ revision: shaA });
    expect(newRevisionLine(await explain(world))).toContain('is not known yet');
    await see(world, shaB, { pathTrouble: trouble });
    expect(await isWoken(world)).toBe(true);
    await world.reconcile();
    expect(await buildOf(world)).toMatchObject({ revision: shaB });
    expect(await pathsOf(world)).toBeUndefined();
    expect((await world.condition('Watching'))?.message).toContain(
      'which paths changed cannot be told, so every new commit is built: no answer',
    );
    // The ids of what was built become known, and are recorded without a build.
    await see(world, shaB, { fn: '5' });
    expect(await isWoken(world)).toBe(true);
    await world.reconcile();
    expect(await pathsOf(world)).toEqual({ fn: '5' });
    expect(await world.all(kinds.buildRun)).toHaveLength(2);
    expect(await isWoken(world)).toBe(false);
  });

  it('that leaves the folder as it is does not cancel a build, and one that changes it does', async () => {
    const world = await built();
    await see(world, shaB, { fn: '2' });
    await world.reconcile();
    await see(world, shaC, { fn: '2' });
    expect(await isWoken(world)).toBe(false);
    await world.reconcile();
    expect(await buildOf(world)).toMatchObject({ revision: shaB, state: 'Building' });
    expect((await buildOf(world))?.cancelledAt).toBeUndefined();
    await see(world, 'd'.repeat(40), { fn: '3' });
    await world.reconcile();
    expect((await buildOf(world))?.cancelledAt).toBeDefined();
  });

  it('that a stale replica tells of is not built until it is seen twice, though the Function never took it', async () => {
    const world = await built();
    // B left the folder as it was; then C changed it.
    await see(world, shaB, { fn: '1' });
    await see(world, shaC, { fn: '2' });
    await world.reconcile();
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(2), commit: shaC });
    await world.reconcile();
    await see(world, shaB, { fn: '1', left: [{ id: shaB, at: world.clock.now() }] });
    await world.reconcile();
    expect(await buildOf(world)).toMatchObject({ revision: shaC });
    expect(await world.condition('Built')).toMatchObject({ reason: 'ConfirmingRollback' });
    // It was one.
    await see(world, shaC, { fn: '2' });
    expect(await isWoken(world)).toBe(true);
    await world.reconcile();
    expect(await world.condition('Built')).toMatchObject({ reason: 'Built' });
    await see(world, shaB, { fn: '1', sightings: 2, left: [{ id: shaB, at: world.clock.now() }] });
    expect(await isWoken(world)).toBe(true);
    await world.reconcile();
    expect(await buildOf(world)).toMatchObject({ revision: shaB });
  });

  it('that was held, and is gone again, is not spoken of any more', async () => {
    const world = await built({ 'openfunction.io/hold': 'freeze' });
    await see(world, shaB, { fn: '2' });
    expect(await isWoken(world)).toBe(true);
    await world.reconcile();
    expect(await world.condition('Built')).toMatchObject({ reason: 'Held' });
    await see(world, shaC, { fn: '1' });
    expect(await isWoken(world)).toBe(true);
    await world.reconcile();
    expect(await world.condition('Built')).toMatchObject({ reason: 'Built' });
    expect(await isWoken(world)).toBe(false);
  });

  it('is built after a build that never got its commit, though the folder is the same', async () => {
    const world = await built();
    await see(world, shaB, { fn: '2' });
    await world.reconcile();
    const run = await world.shipwright.newest();
    await world.shipwright.fail(run, 'Failed', 'exit 128: GitRevisionNotFound: no such commit');
    await world.reconcile();
    expect(await buildOf(world)).toMatchObject({ revision: shaB, state: 'Failed' });
    expect(await isWoken(world)).toBe(false);
    await see(world, shaC, { fn: '2' });
    expect(await isWoken(world)).toBe(true);
    await world.reconcile();
    expect(await buildOf(world)).toMatchObject({ revision: shaC });
  });
});

describe('an edit', () => {
  it('of the sub-path builds at once, and the new folder is what is compared from then on', async () => {
    const world = await built();
    await world.editSpec({ build: { srcRepo: { sourceSubPath: 'other' } } });
    await world.observe(shaA, {
      heads: { main: { kind: 'found', id: shaA, sightings: 2, paths: { fn: '1', other: '7' } } },
    });
    await world.reconcile();
    expect(await buildOf(world)).toMatchObject({ cause: 'SpecChanged' });
    expect(await pathsOf(world)).toEqual({ other: '7' });
  });

  it('of watch-paths records the ids of more, and builds nothing', async () => {
    const world = await built();
    await world.annotate({ 'openfunction.io/watch-paths': 'lib' });
    await see(world, shaB, { fn: '1', more: { lib: '3' } });
    expect(await isWoken(world)).toBe(true);
    await world.reconcile();
    expect(await pathsOf(world)).toEqual({ fn: '1', lib: '3' });
    expect(await buildOf(world)).toMatchObject({ revision: shaA, sequence: 1 });
    expect(await isWoken(world)).toBe(false);
    await see(world, shaC, { fn: '1', more: { lib: '4' } });
    await world.reconcile();
    expect(await buildOf(world)).toMatchObject({ revision: shaC });
  });

  it('that asks for a build builds the head that is there, with its ids', async () => {
    const world = await built();
    await see(world, shaB, { fn: '1' });
    await world.annotate({ 'openfunction.io/rebuild-requested': 'now' });
    await world.reconcile();
    expect(await buildOf(world)).toMatchObject({ revision: shaB, cause: 'RebuildRequested' });
    expect(await pathsOf(world)).toEqual({ fn: '1' });
  });

  it('that turns the filter off takes the ids away and builds the head', async () => {
    const world = await built({ 'openfunction.io/path-filter': 'of' });
    expect((await world.condition('Watching'))?.message).toContain('path-filter "of" means nothing');
    await see(world, shaB, { fn: '1' });
    await world.annotate({ 'openfunction.io/path-filter': 'off' });
    await world.reconcile();
    expect(await buildOf(world)).toMatchObject({ revision: shaB, cause: 'NewRevision' });
    expect(await pathsOf(world)).toBeUndefined();
  });
});

describe('a Function that another controller built', () => {
  it('gets its ids recorded without a build where the head is what was built, and is built where it is not', async () => {
    const world = await createWorld(cluster);
    await world.create(subPath, watching());
    await world.writeStatus({
      build: { state: 'Succeeded', resourceRef: 'builder-x', resourceHash: '1' },
      serving: { state: 'Running', resourceRef: 'serving-x', resourceHash: '2' },
      sources: [{ name: 'default', git: { commitSha: shaA } }],
    });
    await see(world, shaA, { fn: '1' });
    await world.reconcile();
    expect(await pathsOf(world)).toEqual({ fn: '1' });
    expect(await buildOf(world)).toMatchObject({ resourceRef: 'builder-x' });
    await see(world, shaB, { fn: '1' });
    expect(await isWoken(world)).toBe(false);
    await see(world, shaC, { fn: '2' });
    await world.reconcile();
    expect(await buildOf(world)).toMatchObject({ revision: shaC, cause: 'NewRevision' });
  });

  it('and that is suspended is told of another head once', async () => {
    const world = await createWorld(cluster);
    await world.create(subPath, { ...watching(), 'openfunction.io/suspend': 'true' });
    await world.writeStatus({
      build: { state: 'Succeeded', resourceRef: 'builder-x', resourceHash: '1' },
      sources: [{ name: 'default', git: { commitSha: shaA } }],
    });
    await see(world, shaB, { fn: '1' });
    expect(await isWoken(world)).toBe(true);
    await world.reconcile();
    expect(await isWoken(world)).toBe(false);
    expect(await buildOf(world)).toMatchObject({ resourceRef: 'builder-x' });
  });
});

describe('beside OpenFunction', () => {
  const status = (commitSha: string) => ({
    build: { state: 'Succeeded', resourceRef: 'builder-x', resourceHash: '1' },
    serving: { state: 'Running', resourceRef: 'serving-x', resourceHash: '2' },
    sources: [{ name: 'default', git: { commitSha } }],
  });
  const commitOf = async (world: World) => (await world.read()).status?.sources?.[0]?.git?.commitSha;

  it('only a head that changes the folder is told', async () => {
    const world = await createWorld(cluster, { mode: 'companion' });
    await world.create(subPath, watching());
    await world.writeStatus(status(shaA));
    await see(world, shaA, { fn: '1' });
    await world.reconcile();
    expect(await isWoken(world)).toBe(false);
    const before = await world.read();
    await see(world, shaB, { fn: '1' });
    expect(await isWoken(world)).toBe(false);
    await see(world, shaB, {});
    await world.reconcile();
    await see(world, shaB, { fn: '1' });
    await world.reconcile();
    expect(await world.read()).toEqual(before);
    await see(world, shaC, { fn: '2' });
    expect(await isWoken(world)).toBe(true);
    await world.reconcile();
    expect((await world.read()).status?.build).toBeUndefined();
    expect(await commitOf(world)).toBe(shaC);
  });

  it('a head is told where OpenFunction took another commit than the one whose folder is known', async () => {
    const world = await createWorld(cluster, { mode: 'companion' });
    await world.create(subPath, watching());
    await world.writeStatus(status(shaA));
    await see(world, shaA, { fn: '1' });
    await world.reconcile();
    // It cloned B, and nobody looked at the folder there.
    await world.writeStatus(status(shaB));
    await see(world, shaC, { fn: '1' });
    expect(await isWoken(world)).toBe(true);
    await world.reconcile();
    expect(await commitOf(world)).toBe(shaC);
  });
});
