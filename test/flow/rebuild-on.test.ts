// `openfunction.io/rebuild-on: builder-image`, by hand: what a moved builder does to one Function, and what it leaves alone.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultPolicy } from '../../src/decide/facts.ts';
import { explainFunction } from '../../src/reconcile/explain.ts';
import { imageConcerns } from '../../src/reconcile/leader/fan-out.ts';
import { viewFunction } from '../../src/reconcile/leader/function-view.ts';
import { createCredentials } from '../../src/revision/credential.ts';
import type { Observation } from '../../src/revision/observation.ts';
import { planBuildImages } from '../../src/watch/build-images.ts';
import { anonymous, sourceKey } from '../../src/watch/graph.ts';
import { stateKeys } from '../../src/watch/source.ts';
import type { TestCluster } from '../servers/api-server.ts';
import { startReconcileCluster } from './cluster.ts';
import { createWorld, digest, gitSpec, shaA, shaB, type World, watching } from './world.ts';

const asked = { 'openfunction.io/rebuild-on': 'builder-image' };
const builder = gitSpec.build.builder;
const [one, two, three] = [digest(1), digest(2), digest(3)];
const built = digest('b');

describe('a Function that is built again when its builder moved', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startReconcileCluster();
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  /** What the next poll of the builder sees; `undefined`: no such tag. */
  async function observeBuilder(
    world: World,
    id: string | undefined,
    over: Partial<Observation> & { readonly sightings?: number } = {},
  ) {
    const [watch] = planBuildImages(await world.read()).watches;
    if (!watch) throw new Error('no image is watched');
    const { sightings = 1, ...rest } = over;
    const head = id === undefined ? ({ kind: 'missing' } as const) : ({ kind: 'found', id, sightings } as const);
    const observation: Observation = {
      at: world.clock.now(),
      heads: { [watch.want]: head },
      intervalMs: watch.intervalMs,
      ...rest,
    };
    await world.state.set(
      stateKeys.observation(sourceKey(watch.source, anonymous)),
      JSON.stringify(observation),
      3_600_000,
    );
    return imageConcerns(viewFunction(await world.read()), watch, observation);
  }
  const status = async (world: World) => (await world.read()).status;
  const images = async (world: World) => (await status(world))?.watch?.buildImages;

  /** One that was built, at the first digest of its builder. */
  async function builtWorld(annotations: Record<string, string> = asked): Promise<World> {
    const world = await createWorld(cluster);
    await world.create(gitSpec, annotations);
    await observeBuilder(world, one);
    if ('openfunction.io/revision-controller' in annotations) await world.observe(shaA);
    await world.reconcile();
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: built, commit: shaA });
    await world.reconcile();
    return world;
  }

  it('records the digest with the build, and an observation that says the same asks for nothing', async () => {
    const world = await builtWorld();
    expect(await images(world)).toEqual([{ image: builder, digest: one }]);
    expect(await world.condition('Watching')).toMatchObject({
      status: 'False',
      reason: 'Disabled',
      message: expect.stringContaining(`rebuild-on: ${builder} is looked at every 5m`),
    });
    world.requests.length = 0;
    expect(await observeBuilder(world, one)).toBe(false);
    await world.reconcile();
    expect(world.requests.filter(request => request.startsWith('patch'))).toEqual([]);
  });

  it('that is not watched is built once as written for a new digest', async () => {
    const world = await builtWorld();
    expect(await observeBuilder(world, two)).toBe(true);
    await world.reconcile();
    expect((await status(world))?.build).toMatchObject({ state: 'Building', sequence: 3, cause: 'BuilderImageMoved' });
    const build = await world.shipwright.buildOf(await world.shipwright.newest());
    expect(build['spec']).toMatchObject({ source: { git: { revision: 'main' } } });
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest('c'), commit: shaA });
    await world.reconcile();
    expect(await observeBuilder(world, two)).toBe(false);
    await world.reconcile();
    expect(await world.shipwright.runs()).toHaveLength(2);
    expect(await status(world)).toMatchObject({
      build: { state: 'Succeeded' },
      revision: { imageDigest: digest('c') },
    });
    expect(world.faults).toEqual([]);
  });

  it('that is watched is built at the revision that it has, also when that was not seen again', async () => {
    const world = await builtWorld({ ...asked, ...watching('type: source') });
    await world.state.delete(stateKeys.observation((await status(world))?.watch?.source ?? ''));
    await observeBuilder(world, two);
    await world.reconcile();
    expect((await status(world))?.build).toMatchObject({ revision: shaA, cause: 'BuilderImageMoved' });
    const build = await world.shipwright.buildOf(await world.shipwright.newest());
    expect(build['spec']).toMatchObject({ source: { git: { revision: shaA } } });
    expect(await images(world)).toEqual([{ image: builder, digest: two }]);
    expect(await world.condition('Watching')).toMatchObject({ status: 'True', reason: 'Observed' });
  });

  it('and whose source moved as well is built once for both', async () => {
    const world = await builtWorld({ ...asked, ...watching('type: source') });
    await observeBuilder(world, two);
    await world.observe(shaB);
    await world.reconcile();
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: built, commit: shaB });
    await world.reconcile();
    expect(await world.shipwright.runs()).toHaveLength(2);
    expect((await status(world))?.build).toMatchObject({ revision: shaB, cause: 'NewRevision' });
    expect(await images(world)).toEqual([{ image: builder, digest: two }]);
  });

  it('adopts the first digest where the annotation came after the build', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec);
    await world.reconcile();
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: built, commit: shaA });
    await world.reconcile();
    await world.annotate(asked);
    expect(await observeBuilder(world, two)).toBe(true);
    await world.reconcile();
    expect(await images(world)).toEqual([{ image: builder, digest: two }]);
    expect(await world.shipwright.runs()).toHaveLength(1);
  });

  it('that is suspended or held waits, is left alone meanwhile, and is built for the newest digest then', async () => {
    const world = await builtWorld();
    for (const [key, value, reason] of [
      ['openfunction.io/suspend', 'true', 'Suspended'],
      ['openfunction.io/hold', 'a freeze', 'Held'],
    ] as const) {
      await world.annotate({ [key]: value });
      await observeBuilder(world, two);
      await world.reconcile();
      expect(await world.condition('Built')).toMatchObject({ status: 'True', reason });
      expect(await images(world)).toEqual([{ image: builder, digest: one, latest: two }]);
      expect(await observeBuilder(world, two)).toBe(false);
      await world.annotate({ [key]: null });
    }
    await observeBuilder(world, three);
    await world.reconcile();
    expect(await world.shipwright.runs()).toHaveLength(2);
    expect(await images(world)).toEqual([{ image: builder, digest: three }]);
  });

  it('and whose builder goes back to what it just was waits until that was seen twice', async () => {
    const world = await builtWorld();
    await observeBuilder(world, two);
    await world.reconcile();
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: built, commit: shaA });
    await world.reconcile();
    await observeBuilder(world, one);
    await world.reconcile();
    expect(await world.condition('Built')).toMatchObject({ status: 'True', reason: 'ConfirmingRollback' });
    expect(await world.shipwright.runs()).toHaveLength(2);
    expect(await observeBuilder(world, one, { sightings: 2 })).toBe(true);
    await world.reconcile();
    expect(await world.shipwright.runs()).toHaveLength(3);
    expect(await images(world)).toEqual([{ image: builder, digest: one }]);
  });

  it('is explained with the image and both digests, as the loop decides', async () => {
    const world = await builtWorld();
    await observeBuilder(world, two);
    const { kube, state, clock } = world;
    const credentials = createCredentials({ kube, installKey: new Uint8Array(32), clock, requireHosts: false });
    const ports = { kube, state, clock, credentials, policy: defaultPolicy };
    const { build } = await explainFunction(ports, await world.read());
    expect(build).toMatchObject({ verdict: 'build', cause: 'BuilderImageMoved' });
    expect(build?.trace).toContainEqual({
      rule: 'builder image moved',
      found: `${builder} is ${two} now, and was ${one}`,
    });
  });

  it('and whose running build is with the old one is cancelled, and built with the new one', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, asked);
    await observeBuilder(world, one);
    await world.reconcile();
    await observeBuilder(world, two);
    await world.reconcile();
    const run = await world.shipwright.newest();
    expect(run['spec']).toMatchObject({ state: 'BuildRunCanceled' });
    await world.shipwright.fail(run, 'BuildRunCanceled', 'cancelled');
    await world.reconcile();
    expect((await status(world))?.build).toMatchObject({ sequence: 2, cause: 'BuilderImageMoved', cancels: 1 });
    expect(await world.shipwright.runs()).toHaveLength(2);
    expect(await images(world)).toEqual([{ image: builder, digest: two }]);
  });

  it('and whose builder cannot be looked at says so once in Watching, and stays Ready and watched', async () => {
    const world = await builtWorld({ ...asked, ...watching('type: source') });
    const ready = await world.condition('Ready');
    const failure = { reason: 'NotFound', message: 'no such thing', since: 0, count: 1 };
    expect(await observeBuilder(world, one, { failure })).toBe(true);
    await world.reconcile();
    expect(await world.condition('Watching')).toMatchObject({
      status: 'True',
      reason: 'Observed',
      message: expect.stringContaining(`${builder} cannot be looked at: NotFound`),
    });
    expect(await world.condition('Ready')).toEqual(ready);
    expect(await observeBuilder(world, one, { failure })).toBe(false);
    world.requests.length = 0;
    await world.reconcile();
    expect(world.requests.filter(request => request.startsWith('patch'))).toEqual([]);

    expect(await observeBuilder(world, undefined)).toBe(true);
    await world.reconcile();
    expect(await images(world)).toEqual([{ image: builder, digest: one, reason: 'TagNotFound' }]);
    await world.observe(shaB);
    expect(await observeBuilder(world, one)).toBe(true);
    await world.reconcile();
    expect((await status(world))?.build).toMatchObject({ revision: shaB, cause: 'NewRevision' });
    expect(await images(world)).toEqual([{ image: builder, digest: one }]);
    expect((await world.condition('Watching'))?.message).toContain(`${builder} is looked at every 5m`);
  });

  it('whose observations are lost keeps what it says and writes nothing', async () => {
    const world = await builtWorld({ ...asked, ...watching('type: source') });
    const [watch] = planBuildImages(await world.read()).watches;
    if (watch) await world.state.delete(stateKeys.observation(sourceKey(watch.source, anonymous)));
    await world.state.delete(stateKeys.observation((await status(world))?.watch?.source ?? ''));
    world.requests.length = 0;
    await world.reconcile();
    expect(world.requests.filter(request => request.startsWith('patch'))).toEqual([]);
  });

  it('forgets the images when the annotation goes, and warns of one that means nothing', async () => {
    const world = await builtWorld();
    await world.annotate({ 'openfunction.io/rebuild-on': 'base-image' });
    await world.reconcile();
    expect(await images(world)).toBeUndefined();
    expect(await world.condition('Watching')).toMatchObject({
      message: expect.stringContaining('must be builder-image, found "base-image"'),
    });
    await world.annotate({ 'openfunction.io/rebuild-on': null });
    await world.reconcile();
    expect((await status(world))?.watch).toBeUndefined();
    expect((await world.condition('Watching'))?.message).not.toContain('rebuild-on');
    expect(await world.shipwright.runs()).toHaveLength(1);
  });
});
