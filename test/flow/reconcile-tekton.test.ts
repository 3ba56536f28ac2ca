// A Function is built on Tekton, played by hand: by annotation, or because the cluster has nothing else.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import type { TestCluster } from '../servers/api-server.ts';
import { startReconcileCluster } from './cluster.ts';
import { createWorld, digest, gitSpec, shaA, shaB, type World, watching } from './world.ts';

const engine = { 'openfunction.io/build-engine': 'tekton' };

describe('a build on Tekton', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startReconcileCluster();
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  it('is one PipelineRun, pinned to what was observed, and its results lead to a Serving', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, { ...watching('type: source'), ...engine });
    await world.observe(shaA);
    await world.reconcile();
    const [run] = await world.all(kinds.pipelineRun);
    expect(run?.['spec']).toMatchObject({ params: expect.arrayContaining([{ name: 'git-revision', value: shaA }]) });
    expect(await world.all(kinds.buildRun)).toEqual([]);
    const [builder] = await world.all(kinds.builder);
    expect(builder?.['status']).toMatchObject({ resourceRef: { 'tekton.dev/pipelineRun': run?.metadata.name } });

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

  it('is cancelled for a newer commit with Tekton’s own word', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, { ...watching('type: source'), ...engine });
    await world.observe(shaA);
    await world.reconcile();
    const [run] = await world.all(kinds.pipelineRun);
    await world.observe(shaB);
    await world.reconcile();
    const [stopped] = await world.all(kinds.pipelineRun);
    expect(stopped?.['spec']).toMatchObject({ status: 'Cancelled' });
    expect(await world.condition('Built')).toMatchObject({ status: 'Unknown', reason: 'Cancelling' });
    await end(world, run, { status: 'False', reason: 'Cancelled' });
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ state: 'Building', sequence: 2, revision: shaB });
    expect(await world.all(kinds.pipelineRun)).toHaveLength(2);
  });

  it('stays where it is when the annotation names another engine meanwhile', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, { ...watching('type: source'), ...engine });
    await world.observe(shaA);
    await world.reconcile();
    await world.annotate({ 'openfunction.io/build-engine': 'shipwright' });
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ state: 'Building', sequence: 1 });
    const [run] = await world.all(kinds.pipelineRun);
    await end(world, run, { status: 'True', reason: 'Completed' });
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ state: 'Succeeded', sequence: 1 });
    await world.observe(shaB);
    await world.reconcile();
    expect(await world.all(kinds.buildRun)).toHaveLength(1);
    expect(await world.all(kinds.pipelineRun)).toHaveLength(1);
  });

  it('that failed since a pod was evicted is tried again: its own TaskRun that failed is read by its name', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, { ...watching('type: source'), ...engine });
    await world.observe(shaA);
    await world.reconcile();
    const run = await newest(world);
    const name = `${run?.metadata.name}-build`;
    const { apiVersion, kind } = kinds.taskRun;
    const taskRun = { kind: kinds.taskRun, namespace: world.namespace, name };
    const condition = {
      type: 'Succeeded',
      status: 'False',
      reason: 'PodEvicted',
      message: 'The node was low on memory',
    };
    const spec = { taskSpec: { steps: [{ name: 'a', image: 'reg.example/a' }] } };
    const owner = { name: run?.metadata.name ?? '', uid: run?.metadata.uid ?? '' };
    const ownerReferences = [{ apiVersion, kind: kinds.pipelineRun.kind, ...owner }];
    const metadata = { name, namespace: world.namespace, ownerReferences };
    await world.kube.create(kinds.taskRun, { apiVersion, kind, metadata, spec });
    const stranger = { name: 'a-stranger', namespace: world.namespace };
    await world.kube.create(kinds.taskRun, { apiVersion, kind, metadata: stranger, spec });
    const late = { type: 'Succeeded', status: 'False', reason: 'TaskRunTimeout', message: 'no business of this run' };
    const strangerRef = { ...taskRun, name: stranger.name };
    await world.kube.patch(strangerRef, { status: { conditions: [late], podName: 'p' } }, { subresource: 'status' });
    await world.kube.patch(
      taskRun,
      { status: { conditions: [condition], podName: `${name}-pod` } },
      { subresource: 'status' },
    );
    const childReferences = [stranger.name, name].map(of => ({
      apiVersion,
      kind,
      name: of,
      pipelineTaskName: 'build',
    }));
    const ref = { kind: kinds.pipelineRun, namespace: world.namespace, name: run?.metadata.name ?? '' };
    await world.kube.patch(ref, { status: { childReferences } }, { subresource: 'status' });
    await end(world, run, { status: 'False', reason: 'Failed' });
    world.requests.length = 0;
    await world.reconcile();
    const asked = world.requests.filter(request => request.includes('taskruns'));
    expect(asked.toSorted()).toEqual(['get taskruns/a-stranger', `get taskruns/${name}`]);
    expect((await world.read()).status?.build).toMatchObject({
      state: 'Failed',
      reason: 'PodEvicted',
      message: `it ended: ${name}: The node was low on memory`,
    });
    expect(await world.condition('Built')).toMatchObject({ status: 'False', reason: 'RetryingBuild' });
  });

  it('that failed for a cause that passes is tried again after a while, three times, each time later', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, { ...watching('type: source'), ...engine });
    await world.observe(shaA);
    await world.reconcile();
    for (const [retries, afterMs] of [15_000, 30_000, 60_000].entries()) {
      await end(world, await newest(world), { status: 'False', reason: 'CreateRunFailed' });
      const until = await world.reconcile();
      expect((await world.read()).status?.build).toMatchObject({ state: 'Failed', sequence: retries + 1 });
      expect(await world.condition('Built')).toMatchObject({ status: 'False', reason: 'RetryingBuild' });
      expect((until ?? 0) - world.clock.now()).toBeGreaterThan(afterMs - 1_000);
      expect((until ?? 0) - world.clock.now()).toBeLessThanOrEqual(afterMs);
      world.clock.advance(afterMs);
      await world.reconcile();
      const build = {
        state: 'Building',
        sequence: retries + 2,
        revision: shaA,
        cause: 'Retried',
        retries: retries + 1,
      };
      expect((await world.read()).status?.build).toMatchObject(build);
    }
    await end(world, await newest(world), { status: 'False', reason: 'CreateRunFailed' });
    await world.reconcile();
    world.clock.advance(3_600_000);
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ state: 'Failed', sequence: 4 });
    expect(await world.condition('Built')).toMatchObject({ status: 'False', reason: 'BuildFailed' });
  });

  it('that failed by itself is not tried again', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, { ...watching('type: source'), ...engine });
    await world.observe(shaA);
    await world.reconcile();
    await end(world, await newest(world), { status: 'False', reason: 'Failed' });
    await world.reconcile();
    world.clock.advance(3_600_000);
    await world.observe(shaA);
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ state: 'Failed', sequence: 1 });
  });

  it('that cannot be asked for fails with the reason, and an edit mends it', async () => {
    const world = await createWorld(cluster);
    const build = { ...gitSpec.build, shipwright: { strategy: { name: 'mine' } } };
    await world.create({ ...gitSpec, build }, engine);
    await world.reconcile();
    const message = expect.stringContaining('the strategy mine is not known to Tekton builds');
    expect((await world.read()).status?.build).toMatchObject({
      state: 'Failed',
      reason: 'BuildStartFailed',
      message,
    });
    expect(await world.condition('Built')).toMatchObject({ status: 'False', reason: 'BuildStartFailed', message });
    expect(await world.all(kinds.pipelineRun)).toEqual([]);
    await world.editSpec({ build: { shipwright: { strategy: { name: 'ko' } } } });
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ state: 'Building', sequence: 2 });
    expect(world.faults).toEqual([]);
  });
});

describe('a build on Shipwright', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startReconcileCluster();
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  it('that is not registered fails with the Build’s own reason, and its run is told to stop', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec);
    await world.reconcile();
    const [build] = await world.all(kinds.build);
    const status = { registered: 'False', reason: 'SpecOutputSecretRefNotFound', message: 'Secret push is not there' };
    const ref = { kind: kinds.build, namespace: world.namespace, name: build?.metadata.name ?? '' };
    await world.kube.patch(ref, { status }, { subresource: 'status' });
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({
      state: 'Failed',
      reason: 'BuildRegistrationFailed',
      message: expect.stringContaining('SpecOutputSecretRefNotFound: Secret push is not there'),
    });
    const [run] = await world.all(kinds.buildRun);
    expect(run?.['spec']).toMatchObject({ state: 'BuildRunCanceled' });
  });
});

/** The run of the highest sequence. */
async function newest(world: World): Promise<KubeObject | undefined> {
  const sequenceOf = ({ metadata }: KubeObject) => Number(metadata.labels?.['openfunction.io/sequence']);
  return (await world.all(kinds.pipelineRun)).toSorted((a, b) => sequenceOf(a) - sequenceOf(b)).at(-1);
}

async function end(world: World, run: KubeObject | undefined, how: { status: string; reason: string }): Promise<void> {
  const now = new Date(world.clock.now()).toISOString();
  const condition = { type: 'Succeeded', message: 'it ended', lastTransitionTime: now, ...how };
  const results = [
    { name: 'CHAINS-GIT_COMMIT', value: shaA },
    { name: 'commit-author', value: 'A. Author' },
    { name: 'IMAGE_DIGEST', value: digest(1) },
    { name: 'image-size', value: '1000' },
  ];
  const status = { conditions: [condition], completionTime: now, ...(how.status === 'True' ? { results } : {}) };
  const ref = { kind: kinds.pipelineRun, namespace: world.namespace, name: run?.metadata.name ?? '' };
  await world.kube.patch(ref, { status }, { subresource: 'status' });
}
