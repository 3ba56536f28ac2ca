// A Function is built on a Shipwright that serves v1alpha1 alone, played by hand.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import type { Kind, KubeObject } from '../../src/platform/kube/kube.ts';
import { hasPublished, published } from '../pipelines/manifests.ts';
import { isRealCluster, readDefinitions, startTestCluster, type TestCluster } from '../servers/api-server.ts';
import { onlyV1alpha1 } from './v1alpha1.ts';
import { createWorld, digest, gitSpec, shaA, shaB, type World, watching } from './world.ts';

const why = isRealCluster ? 'a real one serves both versions' : 'its definition is not at hand';

describe.skipIf(!hasPublished || isRealCluster)(
  `a build where Shipwright v1alpha1 alone is served${hasPublished && !isRealCluster ? '' : ` (skipped: ${why})`}`,
  () => {
    let cluster: TestCluster;
    beforeAll(async () => {
      cluster = await startTestCluster();
      const definitions = await readDefinitions(join(published, 'shipwright-build'));
      await cluster.install(definitions.map(onlyV1alpha1));
    });
    afterAll(() => cluster[Symbol.asyncDispose]());

    it('is a Build and a BuildRun of v1alpha1, pinned, with the credentials of the builder, and leads to a Serving', async () => {
      const world = await createWorld(cluster);
      const build = { ...gitSpec.build, builderCredentials: { name: 'pull' }, dockerfile: 'docker/Dockerfile' };
      await world.create({ ...gitSpec, build }, watching('type: source'));
      await world.observe(shaA);
      await world.reconcile();
      const [made] = await world.all(kinds.buildV1alpha1);
      expect(made?.['spec']).toMatchObject({
        source: { url: 'https://git.example/f.git', revision: shaA },
        builder: { image: 'reg.example/builder:1', credentials: { name: 'pull' } },
        dockerfile: 'docker/Dockerfile',
      });
      const [run] = await world.all(kinds.buildRunV1alpha1);
      expect(run?.['spec']).toEqual({ buildRef: { name: made?.metadata.name }, serviceAccount: { generate: true } });

      await end(world, run, { status: 'True', reason: 'Succeeded' });
      await world.reconcile();
      expect((await world.read()).status).toMatchObject({
        build: { state: 'Succeeded' },
        revision: { imageDigest: digest(1) },
        sources: [{ name: 'default', git: { commitSha: shaA, commitAuthor: 'A. Author' } }],
        serving: { state: 'Created' },
      });
      expect(world.faults).toEqual([]);
    });

    it('is cancelled for a newer commit, and that one is built', async () => {
      const world = await createWorld(cluster);
      await world.create(gitSpec, watching('type: source'));
      await world.observe(shaA);
      await world.reconcile();
      const [run] = await world.all(kinds.buildRunV1alpha1);
      await world.observe(shaB);
      await world.reconcile();
      const [stopped] = await world.all(kinds.buildRunV1alpha1);
      expect(stopped?.['spec']).toMatchObject({ state: 'BuildRunCanceled' });
      await end(world, run, { status: 'False', reason: 'BuildRunCanceled' });
      await world.reconcile();
      expect((await world.read()).status?.build).toMatchObject({ state: 'Building', sequence: 2, revision: shaB });
    });

    it('that is not registered fails with the Build’s own reason', async () => {
      const world = await createWorld(cluster);
      await world.create(gitSpec, { 'openfunction.io/build-engine': 'shipwright' });
      await world.reconcile();
      const [build] = await world.all(kinds.buildV1alpha1);
      const status = { registered: 'False', reason: 'ClusterBuildStrategyNotFound', message: 'no openfunction' };
      await write(world, kinds.buildV1alpha1, build, status);
      await world.reconcile();
      expect((await world.read()).status?.build).toMatchObject({ state: 'Failed', reason: 'BuildRegistrationFailed' });
    });

    it('stays where it is when the annotation names another engine meanwhile', async () => {
      const world = await createWorld(cluster);
      await world.create(gitSpec);
      await world.reconcile();
      await world.annotate({ 'openfunction.io/build-engine': 'tekton' });
      await world.reconcile();
      expect((await world.read()).status?.build).toMatchObject({ state: 'Building', sequence: 1 });
      const [run] = await world.all(kinds.buildRunV1alpha1);
      await end(world, run, { status: 'True', reason: 'Succeeded' });
      await world.reconcile();
      expect((await world.read()).status?.build).toMatchObject({ state: 'Succeeded', sequence: 1 });
    });
  },
);

async function write(world: World, kind: Kind, object: KubeObject | undefined, status: object): Promise<void> {
  const ref = { kind, namespace: world.namespace, name: object?.metadata.name ?? '' };
  await world.kube.patch(ref, { status }, { subresource: 'status' });
}

async function end(world: World, run: KubeObject | undefined, how: { status: string; reason: string }): Promise<void> {
  const now = new Date(world.clock.now()).toISOString();
  const good = {
    output: { digest: digest(1), size: 1000 },
    sources: [{ name: 'default', git: { commitSha: shaA, commitAuthor: 'A. Author' } }],
  };
  await write(world, kinds.buildRunV1alpha1, run, {
    conditions: [{ type: 'Succeeded', message: 'it ended', lastTransitionTime: now, ...how }],
    startTime: now,
    completionTime: now,
    ...(how.status === 'True' ? good : {}),
  });
}
