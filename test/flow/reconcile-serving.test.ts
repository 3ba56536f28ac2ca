// What is served: the digest that was built, or the one that a watched tag names; and what people may ask of it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import type { TestCluster } from '../servers/api-server.ts';
import { startReconcileCluster } from './cluster.ts';
import { createWorld, digest, gitSpec, shaA, shaB, type World, watching } from './world.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startReconcileCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const serveSpec = { image: 'reg.example/f:v1', serving: {} };

/** The Serving that counts. */
async function served(world: World): Promise<KubeObject> {
  const { status } = await world.read();
  const name = status?.serving?.resourceRef ?? '';
  const found = await world.kube.get({ kind: kinds.serving, namespace: world.namespace, name });
  if (found === undefined) throw new Error(`there is no Serving "${name}"`);
  return found;
}

const imageOf = async (world: World) => Reflect.get(Object((await served(world))['spec']), 'image');

async function builtOnce(world: World): Promise<void> {
  await world.reconcile();
  await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(1), commit: shaA });
  await world.reconcile();
}

describe('a Serving', () => {
  it('is made at once for a Function without build, with the Function’s annotations and defaults', async () => {
    const world = await createWorld(cluster);
    await world.create(serveSpec, { 'example.com/a': 'b', 'kubectl.kubernetes.io/last-applied-configuration': '{}' });
    await world.reconcile();
    const { status } = await world.read();
    expect(status?.build).toEqual({ state: 'Skipped' });
    const serving = await served(world);
    expect(serving['spec']).toMatchObject({
      image: 'reg.example/f:v1',
      version: 'latest',
      triggers: { http: { port: 8080, route: { gatewayRef: { name: 'openfunction', namespace: 'openfunction' } } } },
    });
    expect(serving.metadata.annotations).toEqual({ 'example.com/a': 'b' });
    expect(serving.metadata.labels).toMatchObject({ 'openfunction.io/function': 'f', 'openfunction.io/sequence': '1' });
    expect(serving.metadata.ownerReferences).toMatchObject([{ kind: 'Function', name: 'f', controller: true }]);
  });

  it('is made anew by an edit, by a command and after deletion, and by nothing else', async () => {
    const world = await createWorld(cluster);
    await world.create(serveSpec);
    await world.reconcile();
    await world.annotate({ 'example.com/a': 'c' });
    await world.reconcile();
    expect((await world.read()).status?.serving?.sequence).toBe(1);

    await world.editSpec({ serving: { params: { A: '1' } } });
    await world.reconcile();
    expect((await world.read()).status?.serving).toMatchObject({ sequence: 2, cause: 'SpecChanged' });

    await world.writeStatus({ serving: { state: '', resourceHash: '' }, revision: { imageDigest: digest(7) } });
    await world.reconcile();
    expect((await world.read()).status?.serving).toMatchObject({ sequence: 3, cause: 'Cleared', revision: digest(7) });
    expect(await imageOf(world)).toBe(`reg.example/f:v1@${digest(7)}`);

    const { name } = (await served(world)).metadata;
    await world.kube.remove({ kind: kinds.serving, namespace: world.namespace, name });
    await world.reconcile();
    expect(await imageOf(world)).toBe(`reg.example/f:v1@${digest(7)}`);
  });

  it('is made after every good build, even of the same digest', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec);
    await builtOnce(world);
    await world.writeStatus({ build: null });
    await builtOnce(world);
    expect((await world.read()).status).toMatchObject({ serving: { sequence: 4, cause: 'Built' }, sequence: 4 });
  });

  it('waits for a build that edits made necessary, even while it is suspended', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec);
    await builtOnce(world);
    await world.annotate({ 'openfunction.io/suspend': 'true' });
    await world.editSpec({ image: 'reg.example/f:v2' });
    await world.reconcile();
    expect(await imageOf(world)).toBe(`reg.example/f:v1@${digest(1)}`);
    await world.annotate({ 'openfunction.io/suspend': null });
    await world.reconcile();
    await world.shipwright.fail(await world.shipwright.newest());
    await world.reconcile();
    expect(await imageOf(world)).toBe(`reg.example/f:v1@${digest(1)}`);
  });

  it('is removed with spec.serving, its addresses too; what was built stays built', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec);
    await builtOnce(world);
    await world.writeStatus({ addresses: [{ type: 'Internal', value: 'http://f.n.svc/' }] });
    await world.editSpec({ serving: null });
    await world.reconcile();
    const { status } = await world.read();
    expect(await world.all(kinds.serving)).toEqual([]);
    expect(status?.serving).toEqual({ state: 'Skipped' });
    expect(status?.addresses).toBeUndefined();
    expect(status?.revision?.imageDigest).toBe(digest(1));
    expect(await world.condition('Ready')).toMatchObject({ status: 'True', reason: 'Built' });

    await world.editSpec({ serving: {} });
    await world.reconcile();
    expect(await imageOf(world)).toBe(`reg.example/f:v1@${digest(1)}`);
  });

  it('forgets the digest of a build that is no longer asked for', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec);
    await builtOnce(world);
    await world.editSpec({ build: null });
    await world.reconcile();
    expect((await world.read()).status?.revision).toBeUndefined();
    expect(await imageOf(world)).toBe('reg.example/f:v1');
  });
});

describe('a watched function image', () => {
  it('is served by the first digest seen, and by each that follows', async () => {
    const world = await createWorld(cluster);
    await world.create(serveSpec, watching('type: image'));
    await world.reconcile();
    expect(await world.condition('Served')).toMatchObject({ reason: 'AwaitingFirstObservation' });
    expect(await world.all(kinds.serving)).toEqual([]);
    await world.observe(digest(1));
    await world.reconcile();
    expect(await imageOf(world)).toBe(`reg.example/f:v1@${digest(1)}`);
    await world.observe(digest(2));
    await world.reconcile();
    expect(await imageOf(world)).toBe(`reg.example/f:v1@${digest(2)}`);
    expect((await world.read()).status?.build).toEqual({ state: 'Skipped' });
    // Back again within ten minutes: it must be seen twice.
    await world.observe(digest(1));
    await world.reconcile();
    expect(await imageOf(world)).toBe(`reg.example/f:v1@${digest(2)}`);
    await world.observe(digest(1), { sightings: 2 });
    await world.reconcile();
    expect(await imageOf(world)).toBe(`reg.example/f:v1@${digest(1)}`);
  });

  it('is adopted, not rolled, when it already serves', async () => {
    const world = await createWorld(cluster);
    await world.create(serveSpec);
    await world.reconcile();
    await world.annotate(watching('type: image'));
    await world.observe(digest(1));
    await world.reconcile();
    const { status } = await world.read();
    expect(status).toMatchObject({ watch: { adopted: digest(1) }, serving: { sequence: 1 } });
    expect(status?.revision).toBeUndefined();
    await world.observe(digest(2));
    await world.reconcile();
    expect(await imageOf(world)).toBe(`reg.example/f:v1@${digest(2)}`);
  });

  it('goes as written after thirty seconds, and is pinned by the first observation', async () => {
    const world = await createWorld(cluster);
    await world.create(serveSpec, watching('type: image'));
    await world.reconcile();
    world.clock.advance(31_000);
    await world.reconcile();
    expect(await imageOf(world)).toBe('reg.example/f:v1');
    await world.observe(digest(1));
    await world.reconcile();
    expect(await imageOf(world)).toBe(`reg.example/f:v1@${digest(1)}`);
    expect((await world.read()).status?.watch?.awaitingSince).toBeUndefined();
  });

  it('takes another image with that image’s digest, never with the old one', async () => {
    const world = await createWorld(cluster);
    await world.create(serveSpec, watching('type: image'));
    await world.observe(digest(1));
    await world.reconcile();
    await world.editSpec({ image: 'reg.example/f:v2' });
    await world.reconcile();
    expect(await imageOf(world)).toBe(`reg.example/f:v1@${digest(1)}`);
    await world.observe(digest(2));
    await world.reconcile();
    expect(await imageOf(world)).toBe(`reg.example/f:v2@${digest(2)}`);
  });

  it('of a Function with a build is not rolled back by what was seen before the build', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, watching('type: image'));
    await world.observe(digest(9), { sightings: 5 });
    await builtOnce(world);
    await world.reconcile();
    expect(await imageOf(world)).toBe(`reg.example/f:v1@${digest(1)}`);
    world.clock.advance(60_000);
    await world.observe(digest(2));
    await world.reconcile();
    expect(await imageOf(world)).toBe(`reg.example/f:v1@${digest(2)}`);
  });

  it('is held', async () => {
    const world = await createWorld(cluster);
    await world.create(serveSpec, watching('type: image'));
    await world.observe(digest(1));
    await world.reconcile();
    await world.annotate({ 'openfunction.io/hold': 'freeze' });
    await world.observe(digest(2));
    await world.reconcile();
    expect(await world.condition('Served')).toMatchObject({ reason: 'Held' });
    expect(await imageOf(world)).toBe(`reg.example/f:v1@${digest(1)}`);
  });
});

describe('a watched bundle', () => {
  it('is built pinned to its digest', async () => {
    const world = await createWorld(cluster);
    const build = { builder: 'reg.example/builder:1', srcRepo: { bundleContainer: { image: 'reg.example/src:main' } } };
    await world.create({ ...gitSpec, build }, watching('type: source-image'));
    await world.observe(digest(5));
    await world.reconcile();
    const run = await world.shipwright.newest();
    expect((await world.shipwright.buildOf(run))['spec']).toMatchObject({
      source: { type: 'OCI', ociArtifact: { image: `reg.example/src:main@${digest(5)}` } },
    });
    await world.shipwright.succeed(run, { digest: digest(1), bundle: digest(5) });
    await world.reconcile();
    expect((await world.read()).status?.sources).toEqual([{ name: 'default', bundle: { digest: digest(5) } }]);
    expect(await imageOf(world)).toBe(`reg.example/f:v1@${digest(1)}`);
  });
});

describe('an id that was left', () => {
  it('counts after ten minutes, or when it is seen twice', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, watching());
    await world.observe(shaA);
    await builtOnce(world);
    await world.observe(shaB);
    await builtOnce(world);
    await world.observe(shaA);
    await world.reconcile();
    expect(await world.condition('Built')).toMatchObject({ status: 'True', reason: 'ConfirmingRollback' });
    await world.observe(shaA, { sightings: 2 });
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ revision: shaA, sequence: 5 });
  });
});
