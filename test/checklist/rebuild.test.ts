// Core-build checklist 51 to 53 and 56: what builds again, what does not, and that only one build of a Function runs at a time.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildInputHash, wantedBuilder } from '../../src/build/plan.ts';
import { kinds } from '../../src/function/kinds.ts';
import { parseFunction } from '../../src/function/schema.ts';
import { startReconcileCluster } from '../flow/cluster.ts';
import { createWorld, digest, gitSpec, shaA, type World } from '../flow/world.ts';
import type { TestCluster } from '../servers/api-server.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startReconcileCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const full = {
  image: 'reg.example/f:v1',
  version: 'v1',
  imageCredentials: { name: 'push' },
  build: {
    ...gitSpec.build,
    builderCredentials: { name: 'pull' },
    dockerfile: 'Dockerfile',
    env: { A: '1', B: '2' },
    shipwright: { strategy: { name: 'mine' }, params: [{ name: 'p', value: '1' }] },
    srcRepo: { ...gitSpec.build.srcRepo, sourceSubPath: 'fn', credentials: { name: 'git' } },
  },
  serving: {},
};

/** Hash of what the build of this spec is made from. */
function hash(spec: object): string {
  const parsed = parseFunction({
    apiVersion: 'core.openfunction.io/v1beta2',
    kind: 'Function',
    metadata: { name: 'f', namespace: 'n', uid: 'u' },
    spec,
  });
  const wanted = 'ok' in parsed ? wantedBuilder(parsed.ok, undefined) : undefined;
  if (wanted === undefined) throw new Error('there is nothing to build');
  return buildInputHash(wanted);
}

const withBuild = (build: object) => ({ ...full, build: { ...full.build, ...build } });
const withSource = (srcRepo: object) => withBuild({ srcRepo: { ...full.build.srcRepo, ...srcRepo } });

describe('the hash of a build', () => {
  it.each<[string, object]>([
    ['srcRepo.url', withSource({ url: 'https://git.example/g.git' })],
    ['srcRepo.revision', withSource({ revision: 'v1' })],
    ['srcRepo.sourceSubPath', withSource({ sourceSubPath: 'other' })],
    ['srcRepo.credentials', withSource({ credentials: { name: 'other' } })],
    ['srcRepo.bundleContainer', withSource({ bundleContainer: { image: 'reg.example/s:1' } })],
    ['env', withBuild({ env: { A: '1', B: '3' } })],
    ['builder', withBuild({ builder: 'reg.example/builder:2' })],
    ['builderCredentials', withBuild({ builderCredentials: { name: 'other' } })],
    ['dockerfile', withBuild({ dockerfile: 'other' })],
    ['the strategy', withBuild({ shipwright: { ...full.build.shipwright, strategy: { name: 'other' } } })],
    [
      'the kind of strategy',
      withBuild({ shipwright: { ...full.build.shipwright, strategy: { name: 'mine', kind: 'ClusterBuildStrategy' } } }),
    ],
    ['params', withBuild({ shipwright: { ...full.build.shipwright, params: [{ name: 'p', value: '2' }] } })],
    ['image', { ...full, image: 'reg.example/f:v2' }],
    ['imageCredentials', { ...full, imageCredentials: { name: 'other' } }],
  ])('checklist 51: changes with %s', (_, spec) => {
    expect(hash(spec)).not.toBe(hash(full));
  });

  it.each<[string, object, object]>([
    ['timeout', withBuild({ timeout: '1h' }), full],
    ['shipwright.timeout', withBuild({ shipwright: { ...full.build.shipwright, timeout: '1h' } }), full],
    ['successfulBuildsHistoryLimit', withBuild({ successfulBuildsHistoryLimit: 3 }), full],
    ['failedBuildsHistoryLimit', withBuild({ failedBuildsHistoryLimit: 3 }), full],
    ['builderMaxAge', withBuild({ builderMaxAge: '24h' }), full],
    ['version', { ...full, version: 'v2' }, full],
    ['an empty revision for an absent one', withSource({ revision: '' }), withSource({ revision: undefined })],
    [
      'what stands where nothing stood',
      withBuild({ shipwright: { strategy: { name: 'openfunction', kind: 'ClusterBuildStrategy' } } }),
      withBuild({ shipwright: {} }),
    ],
    [
      'an url beside a bundle',
      withSource({ bundleContainer: { image: 'b' }, url: 'https://a.example' }),
      withSource({ bundleContainer: { image: 'b' }, url: undefined }),
    ],
  ])('checklist 51: does not change with %s', (_, spec, same) => {
    expect(hash(spec)).toBe(hash(same));
  });

  it('checklist 53: does not change with the order of the keys of env', () => {
    expect(hash(withBuild({ env: { B: '2', A: '1' } }))).toBe(hash(full));
  });
});

const incomplete = async (world: World) =>
  (await world.all(kinds.builder)).filter(builder =>
    ['', 'Building', undefined].includes(Object(builder['status']).state),
  );

describe('a Function that builds', () => {
  it('checklist 52: an edit while a Builder runs sets it Cancelled, and the next one comes only when it has ended', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec);
    await world.reconcile();
    const first = await world.shipwright.newest();
    for (const value of ['1', '2', '3']) {
      await world.editSpec({ build: { env: { A: value } } });
      await world.reconcile();
      const builders = await world.all(kinds.builder);
      expect(builders).toHaveLength(1);
      expect(builders[0]?.['spec']).toMatchObject({ state: 'Cancelled' });
    }
    await world.shipwright.fail(first, 'BuildRunCanceled');
    await world.reconcile();
    expect(await incomplete(world)).toHaveLength(1);
    const run = await world.shipwright.newest();
    expect((await world.shipwright.buildOf(run))['spec']).toMatchObject({ env: [{ name: 'A', value: '3' }] });
    expect((await world.read()).status?.build).toMatchObject({ state: 'Building', sequence: 2 });
  });

  it('checklist 56: builds nothing when a succeeded Builder is deleted', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec);
    await world.reconcile();
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(1), commit: shaA });
    await world.reconcile();
    await removeBuilder(world);
    expect((await world.read()).status?.build).toMatchObject({ state: 'Succeeded', sequence: 1 });
    expect(await world.all(kinds.builder)).toEqual([]);
  });

  it.each([
    ['running', false],
    ['failed', true],
  ])('checklist 56: builds again when a %s one is deleted', async (_, isFailed) => {
    const world = await createWorld(cluster);
    await world.create(gitSpec);
    await world.reconcile();
    if (isFailed) await world.shipwright.fail(await world.shipwright.newest());
    await world.reconcile();
    await removeBuilder(world);
    expect((await world.read()).status?.build).toMatchObject({
      state: 'Building',
      cause: 'BuilderDeleted',
      sequence: 2,
    });
    expect(await world.all(kinds.builder)).toHaveLength(1);
  });
});

async function removeBuilder(world: World): Promise<void> {
  const name = (await world.read()).status?.build?.resourceRef ?? '';
  await world.kube.remove({ kind: kinds.builder, namespace: world.namespace, name });
  await world.reconcile();
}
