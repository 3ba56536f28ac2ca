// What Shipwright's strategies have to say about a build: before its run, and where a field has no place in its API any more.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import type { TestCluster } from '../servers/api-server.ts';
import { startReconcileCluster } from './cluster.ts';
import { createWorld, gitSpec, type World } from './world.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startReconcileCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const { apiVersion, kind } = kinds.buildStrategy;
const install = (world: World) =>
  world.kube.create(kinds.buildStrategy, {
    apiVersion,
    kind,
    metadata: { name: 'own', namespace: world.namespace },
    spec: {
      parameters: [{ name: 'builder-image', description: 'The builder.' }],
      steps: [
        { name: 'build', image: 'reg.example/b', env: [{ name: 'DOCKER_CONFIG', value: '/home' }] },
        { name: 'push', image: 'reg.example/p', env: [{ name: 'AWS_SECRET_KEY', value: 'NOT_SET' }] },
      ],
    },
  });
const withEnv = (env: Record<string, string>, shipwright = {}) => ({
  ...gitSpec,
  build: { ...gitSpec.build, env, ...shipwright },
});
const own = { shipwright: { strategy: { name: 'own' } } };

describe('variables of a build that its strategy has too', () => {
  it('are named in the condition, and no run is made that would fail for them', async () => {
    const world = await createWorld(cluster);
    await install(world);
    await world.create(withEnv({ AWS_SECRET_KEY: 'x', DOCKER_CONFIG: '/x', FUNC_NAME: 'F' }, own));
    await world.reconcile();
    expect(await world.condition('Built')).toMatchObject({
      status: 'False',
      reason: 'BuildStartFailed',
      message: expect.stringMatching(/AWS_SECRET_KEY of spec.build.env is set by a step.*; the variable DOCKER_CONFIG/),
    });
    expect(await world.all(kinds.build)).toEqual([]);
    expect(await world.all(kinds.buildRun)).toEqual([]);

    await world.editSpec({ build: { env: { AWS_SECRET_KEY: null, DOCKER_CONFIG: null } } });
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ state: 'Building', sequence: 2 });
  });

  it('are no matter where the strategy is not there, or there are none', async () => {
    for (const spec of [withEnv({ HOME: '/x' }), withEnv({ HOME: '/x' }, own), withEnv({}, own)]) {
      const world = await createWorld(cluster);
      await world.create(spec);
      await world.reconcile();
      expect((await world.read()).status?.build).toMatchObject({ state: 'Building', sequence: 1 });
    }
  });

  it('cost a build without variables no request', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec);
    await world.reconcile();
    expect(world.requests.filter(request => request.includes('strategies'))).toEqual([]);
  });
});

it('the condition says that Shipwright v1beta1 has no place for the credentials of the builder image', async () => {
  const world = await createWorld(cluster);
  await world.create({ ...gitSpec, build: { ...gitSpec.build, builderCredentials: { name: 'pull' } } });
  await world.reconcile();
  const message = expect.stringContaining('builderCredentials is not used: Shipwright v1beta1 has no place for it');
  expect(await world.condition('Built')).toMatchObject({ status: 'Unknown', reason: 'Building', message });
  await world.shipwright.succeed(await world.shipwright.newest(), { digest: `sha256:${'1'.repeat(64)}` });
  await world.reconcile();
  expect(await world.condition('Built')).toMatchObject({ status: 'True', reason: 'Built', message });
});
