// Core-build checklist 31 to 41: what a Function with spec.build creates, and what stands in it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import { startReconcileCluster } from '../flow/cluster.ts';
import { createWorld, digest, gitSpec, shaA, type World } from '../flow/world.ts';
import type { TestCluster } from '../servers/api-server.ts';
import { otherProcess } from './other-process.ts';
import { startedOn } from './started.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startReconcileCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

/** A Function whose build has just been started. */
const started = (build: object = {}, spec: object = {}) => startedOn(cluster, build, spec);

async function builder(world: World): Promise<KubeObject> {
  const [only, ...others] = await world.all(kinds.builder);
  expect(others).toEqual([]);
  if (only === undefined) throw new Error('there is no Builder');
  return only;
}

async function buildSpec(world: World): Promise<unknown> {
  return (await world.shipwright.buildOf(await world.shipwright.newest()))['spec'];
}

const ownedBy = (owner: KubeObject) => ({
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid,
  controller: true,
  blockOwnerDeletion: true,
});

describe('the objects of a build', () => {
  it('checklist 31: a Function with build makes exactly one Builder, named, labelled, owned and filled as it should be', async () => {
    const world = await started({}, { imageCredentials: { name: 'push' } });
    await world.reconcile();
    const fn = await world.read();
    const { metadata, spec } = Object(await builder(world));
    expect(metadata.name).toMatch(/^builder-/);
    expect(metadata.labels).toMatchObject({
      'openfunction.io/function': 'f',
      'openfunction.io/function-uid': fn.metadata.uid,
    });
    expect(metadata.ownerReferences).toMatchObject([ownedBy(fn)]);
    expect(spec).toEqual({ ...gitSpec.build, image: 'reg.example/f:v1', imageCredentials: { name: 'push' } });
  });

  it('checklist 31: a Function whose name is longer than a label builds too: the label has its beginning and a hash', async () => {
    const world = await createWorld(cluster);
    const name = `${'long-'.repeat(20)}name`;
    const { apiVersion, kind } = kinds.function;
    const metadata = { namespace: world.namespace, name };
    await world.kube.create(kinds.function, { apiVersion, kind, metadata, spec: gitSpec });
    await otherProcess(world, name)();
    const { metadata: made } = await builder(world);
    const label = made.labels?.['openfunction.io/function'] ?? '';
    expect(label).toMatch(/^long-long-/);
    expect(label.length).toBeLessThanOrEqual(63);
    expect(await world.shipwright.runs()).toHaveLength(1);
  });

  it('checklist 32: status.build goes from Created to Building and to its end, names the Builder and has a hash', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec);
    world.slots = false;
    await world.reconcile();
    const states = [(await world.read()).status?.build];
    world.slots = true;
    await world.reconcile();
    states.push((await world.read()).status?.build);
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(1), commit: shaA });
    await world.reconcile();
    states.push((await world.read()).status?.build);
    expect(states.map(build => build?.state)).toEqual(['Created', 'Building', 'Succeeded']);
    const { metadata } = await builder(world);
    expect(states.map(build => build?.resourceRef)).toEqual(Array.from(states, () => metadata.name));
    for (const build of states) expect(build?.inputHash).toMatch(/^v1:[0-9a-f]{64}$/);
  });

  it('checklist 33: the Builder says phase Build, state Building and where Build and BuildRun are', async () => {
    const world = await started();
    const { metadata, status } = Object(await builder(world));
    expect(status).toEqual({
      phase: 'Build',
      state: 'Building',
      resourceRef: {
        'shipwright.io/build': `${metadata.name}-build`,
        'shipwright.io/buildRun': `${metadata.name}-buildrun`,
      },
    });
  });

  it('checklist 34: the Build is named after its Builder, labelled, owned by it and maps the spec', async () => {
    const world = await started(
      {
        dockerfile: 'docker/Dockerfile',
        srcRepo: { ...gitSpec.build.srcRepo, sourceSubPath: 'fn', credentials: { name: 'git' } },
      },
      { imageCredentials: { name: 'push' } },
    );
    const owner = await builder(world);
    const build = await world.shipwright.buildOf(await world.shipwright.newest());
    const { metadata } = build;
    expect(metadata.name).toMatch(new RegExp(`^${owner.metadata.name}-build`));
    expect(metadata.labels).toMatchObject({
      'openfunction.io/builder': owner.metadata.name,
      'openfunction.io/function': 'f',
    });
    expect(metadata.ownerReferences).toMatchObject([ownedBy(owner)]);
    expect(build['spec']).toMatchObject({
      source: {
        type: 'Git',
        git: { url: 'https://git.example/f.git', revision: 'main', cloneSecret: 'git' },
        contextDir: 'fn',
      },
      paramValues: [
        { name: 'builder-image', value: 'reg.example/builder:1' },
        { name: 'dockerfile', value: 'docker/Dockerfile' },
      ],
      output: { image: 'reg.example/f:v1', pushSecret: 'push' },
    });
  });

  it('checklist 35: the BuildRun is named after its Builder, names the Build, has its own service account and is owned', async () => {
    const world = await started();
    const owner = await builder(world);
    const run = await world.shipwright.newest();
    const build = await world.shipwright.buildOf(run);
    expect(run.metadata.name).toMatch(new RegExp(`^${owner.metadata.name}-buildrun`));
    expect(run.metadata.ownerReferences).toMatchObject([ownedBy(owner)]);
    expect(run['spec']).toEqual({ build: { name: build.metadata.name }, serviceAccount: '.generate' });
  });
});

describe('the spec of the Build', () => {
  it('checklist 36: without strategy it is ClusterBuildStrategy openfunction; a strategy without kind has none', async () => {
    expect(await buildSpec(await started())).toMatchObject({
      strategy: { kind: 'ClusterBuildStrategy', name: 'openfunction' },
    });
    const own = Object(await buildSpec(await started({ shipwright: { strategy: { name: 'mine' } } }))).strategy;
    // Of upstream's definition `kind` has no default, of Shipwright itself it is BuildStrategy.
    expect(own).toEqual({ name: 'mine' });
  });

  it('checklist 37: with bundleContainer the Build has no url, even where one is given', async () => {
    const srcRepo = { url: 'https://git.example/f.git', bundleContainer: { image: 'reg.example/source:1' } };
    const { source } = Object(await buildSpec(await started({ srcRepo })));
    expect(source).toEqual({ type: 'OCI', ociArtifact: { image: 'reg.example/source:1' } });
  });

  it('checklist 38: env reaches the run as variables of its own, sorted, not joined in ENV_VARS; empty env is none', async () => {
    const spec = Object(await buildSpec(await started({ env: { B: 'two # words=2', A: '1' } })));
    expect(spec.env).toEqual([
      { name: 'A', value: '1' },
      { name: 'B', value: 'two # words=2' },
    ]);
    expect(JSON.stringify(spec.paramValues)).not.toContain('ENV_VARS');
    expect(Object(await buildSpec(await started({ env: {} })))).not.toHaveProperty('env');
  });

  it('checklist 39: params keep their order; texts, lists, ConfigMap and Secret values are accepted and passed on', async () => {
    const params = [
      { name: 'Z', value: '' },
      { name: 'list', values: [{ value: 'a' }, { secretValue: { name: 's', key: 'k' } }] },
      { name: 'map', configMapValue: { name: 'c', key: 'k' } },
      { name: 'A', secretValue: { name: 's', key: 'k', format: 'x-${SECRET_VALUE}' } },
    ];
    const { paramValues } = Object(await buildSpec(await started({ shipwright: { params } })));
    expect(paramValues.slice(0, params.length)).toEqual(params);
    expect(paramValues.slice(params.length)).toEqual([{ name: 'builder-image', value: 'reg.example/builder:1' }]);
  });

  it('checklist 40: timeout limits the Build, counted from the creation of the Builder; absent means none', async () => {
    expect(Object(await buildSpec(await started()))).not.toHaveProperty('timeout');
    const world = await createWorld(cluster);
    await world.create({ ...gitSpec, build: { ...gitSpec.build, timeout: '10m' } });
    const until = await world.reconcile();
    expect(await buildSpec(world)).toMatchObject({ timeout: '10m' });
    const { metadata } = await builder(world);
    expect(until).toBe(Date.parse(metadata.creationTimestamp ?? '') + 10 * 60_000);
  });

  it('checklist 40: shipwright.timeout is no longer ignored: it is the limit where timeout has none', async () => {
    expect(await buildSpec(await started({ shipwright: { timeout: '5m' } }))).toMatchObject({ timeout: '5m' });
    expect(await buildSpec(await started({ timeout: '7m', shipwright: { timeout: '5m' } }))).toMatchObject({
      timeout: '7m',
    });
  });

  it('checklist 41: without builder there is no builder image, and builderCredentials mean nothing', async () => {
    const world = await createWorld(cluster);
    const { srcRepo } = gitSpec.build;
    const build = { srcRepo, dockerfile: 'Dockerfile', shipwright: { strategy: { name: 'buildah' } } };
    await world.create({ ...gitSpec, build: { ...build, builderCredentials: { name: 'pull' } } });
    await world.reconcile();
    const { paramValues } = Object(await buildSpec(world));
    expect(paramValues).toEqual([{ name: 'dockerfile', value: 'Dockerfile' }]);
    await world.editSpec({ build: { builderCredentials: { name: 'other' } } });
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ sequence: 1 });
  });
});
