// Core-build checklist 42 to 50: how a build ends, what of it reaches Builder and Function, and who may stop it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import { startReconcileCluster } from '../flow/cluster.ts';
import { createWorld, digest, gitSpec, shaA, type World } from '../flow/world.ts';
import type { TestCluster } from '../servers/api-server.ts';
import { startedOn } from './started.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startReconcileCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const started = (build: object = {}) => startedOn(cluster, build);

const buildOf = async (world: World) => (await world.read()).status?.build;

async function builderStatus(world: World): Promise<unknown> {
  const [builder] = await world.all(kinds.builder);
  return builder?.['status'];
}

describe('a run that ended', () => {
  it('checklist 42: well is Succeeded in state, reason and message, with digest, source and whole seconds', async () => {
    const world = await started();
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(1), commit: shaA });
    await world.reconcile();
    const end = {
      state: 'Succeeded',
      reason: 'Succeeded',
      message: 'Succeeded',
      buildDuration: expect.stringMatching(/^1m[01]s$/),
    };
    const sources = [{ name: 'default', git: { commitSha: shaA, commitAuthor: 'A. Author' } }];
    expect(await builderStatus(world)).toMatchObject({ ...end, output: { digest: digest(1), size: 1000 }, sources });
    expect((await world.read()).status).toMatchObject({ build: end, revision: { imageDigest: digest(1) }, sources });
  });

  it('checklist 43: badly is Failed with the reason and the message of the condition, and what serves is left alone', async () => {
    const world = await started();
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(1), commit: shaA });
    await world.reconcile();
    const { serving } = (await world.read()).status ?? {};
    await world.annotate({ 'openfunction.io/rebuild-requested': '1' });
    await world.reconcile();
    await world.shipwright.fail(await world.shipwright.newest(), 'Failed', '"step-create" exited with code 51');
    await world.reconcile();
    const { status } = await world.read();
    const end = { state: 'Failed', reason: 'Failed', message: '"step-create" exited with code 51' };
    expect(status).toMatchObject({ build: end, serving, revision: { imageDigest: digest(1) } });
    expect(await world.all(kinds.serving)).toHaveLength(1);
  });

  it.each([
    ['BuildRunTimeout', 'Timeout'],
    ['BuildRunCanceled', 'Canceled'],
  ])('checklist 44: with %s is %s', async (reason, state) => {
    const world = await started();
    await world.shipwright.fail(await world.shipwright.newest(), reason, 'the engine says so');
    await world.reconcile();
    expect(await buildOf(world)).toMatchObject({ state, reason, message: 'the engine says so' });
    expect(await builderStatus(world)).toMatchObject({ state, reason });
  });

  it.each([
    ['a condition that is Unknown', { conditions: 'Unknown', completionTime: '2026-01-01T00:00:00Z' }],
    ['a condition but no completionTime', { conditions: 'True', completionTime: undefined }],
  ])('checklist 45: with %s it goes on', async (_, { conditions, completionTime }) => {
    const world = await started();
    const { metadata } = await world.shipwright.newest();
    const succeeded = {
      type: 'Succeeded',
      status: conditions,
      reason: 'Running',
      message: 'm',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    const status = { conditions: [succeeded], ...(completionTime === undefined ? {} : { completionTime }) };
    const ref = { kind: kinds.buildRun, namespace: world.namespace, name: metadata.name };
    await world.kube.patch(ref, { status }, { subresource: 'status' });
    await world.reconcile();
    expect(await buildOf(world)).toMatchObject({ state: 'Building' });
  });

  it('checklist 46: because its Build is not registered is Failed with BuildRegistrationFailed, and its run is cancelled', async () => {
    const world = await started();
    const run = await world.shipwright.newest();
    const { metadata } = await world.shipwright.buildOf(run);
    const status = { registered: 'False', reason: 'RemoteRepositoryUnreachable', message: 'no such host' };
    const ref = { kind: kinds.build, namespace: world.namespace, name: metadata.name };
    await world.kube.patch(ref, { status }, { subresource: 'status' });
    await world.reconcile();
    expect(await buildOf(world)).toMatchObject({ state: 'Failed', reason: 'BuildRegistrationFailed' });
    expect((await buildOf(world))?.message).toContain('RemoteRepositoryUnreachable');
    expect((await world.shipwright.newest())['spec']).toMatchObject({ state: 'BuildRunCanceled' });
  });
});

describe('a build that nothing ended', () => {
  it('checklist 47: in time is Timeout in state, reason and message, took as long as allowed, and its run is cancelled', async () => {
    const world = await started({ timeout: '10m' });
    world.clock.advance(9 * 60_000);
    await world.reconcile();
    expect(await buildOf(world)).toMatchObject({ state: 'Building' });
    world.clock.advance(60_000 + 5000);
    await world.reconcile();
    const end = { state: 'Timeout', reason: 'Timeout', message: 'Timeout', buildDuration: '10m0s' };
    expect(await buildOf(world)).toMatchObject(end);
    expect(await builderStatus(world)).toMatchObject({ phase: 'Build', ...end });
    expect((await world.shipwright.newest())['spec']).toMatchObject({ state: 'BuildRunCanceled' });
  });

  it('checklist 47: and never started is Timeout too, on Builder and Function', async () => {
    const world = await createWorld(cluster);
    let refuse = true;
    world.interrupt = (moment, request) => {
      if (refuse && moment === 'before' && request.startsWith('create buildruns')) throw new Error('killed');
    };
    await world.create({ ...gitSpec, build: { ...gitSpec.build, timeout: '10m' } });
    await world.reconcile();
    refuse = false;
    world.faults.length = 0;
    world.clock.advance(10 * 60_000 + 5000);
    await world.reconcile();
    expect(await buildOf(world)).toMatchObject({ state: 'Timeout', sequence: 1 });
    expect(await builderStatus(world)).toMatchObject({ phase: 'Build', state: 'Timeout' });
    expect(await world.shipwright.runs()).toEqual([]);
  });

  it('checklist 47: in time is Timeout on Tekton too', async () => {
    const world = await createWorld(cluster);
    const annotations = { 'openfunction.io/build-engine': 'tekton' };
    await world.create({ ...gitSpec, build: { ...gitSpec.build, timeout: '10m' } }, annotations);
    await world.reconcile();
    world.clock.advance(10 * 60_000 + 5000);
    await world.reconcile();
    expect(await buildOf(world)).toMatchObject({ state: 'Timeout', reason: 'Timeout', buildDuration: '10m0s' });
    const [run] = await world.all(kinds.pipelineRun);
    expect(run?.['spec']).toMatchObject({ status: 'Cancelled', timeouts: { pipeline: '10m' } });
  });

  it('checklist 48: is stopped through its Builder on Tekton too', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, { 'openfunction.io/build-engine': 'tekton' });
    await world.reconcile();
    const [builder] = await world.all(kinds.builder);
    const ref = { kind: kinds.builder, namespace: world.namespace, name: builder?.metadata.name ?? '' };
    await world.kube.patch(ref, { spec: { state: 'Cancelled' } });
    await world.reconcile();
    const [run] = await world.all(kinds.pipelineRun);
    expect(run?.['spec']).toMatchObject({ status: 'Cancelled' });
  });

  it('checklist 48: is stopped through its Builder: spec.state Cancelled cancels the BuildRun, once', async () => {
    const world = await started();
    const [builder] = await world.all(kinds.builder);
    const ref = { kind: kinds.builder, namespace: world.namespace, name: builder?.metadata.name ?? '' };
    await world.kube.patch(ref, { spec: { state: 'Cancelled' } });
    await world.reconcile();
    expect((await world.shipwright.newest())['spec']).toMatchObject({ state: 'BuildRunCanceled' });
    world.requests.length = 0;
    await world.reconcile();
    expect(world.requests.filter(request => request.startsWith('patch buildruns'))).toEqual([]);
  });

  it('checklist 49: that a user cancelled is Canceled on the Function and not built again by itself', async () => {
    const world = await started();
    const [builder] = await world.all(kinds.builder);
    const ref = { kind: kinds.builder, namespace: world.namespace, name: builder?.metadata.name ?? '' };
    await world.kube.patch(ref, { spec: { state: 'Cancelled' } });
    await world.reconcile();
    await world.shipwright.fail(await world.shipwright.newest(), 'BuildRunCanceled', 'the BuildRun is cancelled');
    await world.reconcile();
    world.clock.advance(3_600_000);
    await world.reconcile();
    expect(await buildOf(world)).toMatchObject({ state: 'Canceled', reason: 'BuildRunCanceled', sequence: 1 });
    expect(await world.all(kinds.builder)).toHaveLength(1);
  });
});

describe('without spec.build', () => {
  it('checklist 50: the state is Skipped, there is no Builder, and serving goes on', async () => {
    const world = await createWorld(cluster);
    await world.create({ image: 'reg.example/f:v1', serving: {} }, { 'openfunction.io/rebuild-requested': '1' });
    await world.reconcile();
    const { status } = await world.read();
    expect(status).toMatchObject({
      build: { state: 'Skipped' },
      serving: { state: 'Created' },
      lastHandledRebuild: '1',
    });
    expect(await world.all(kinds.builder)).toEqual([]);
    expect(await world.all(kinds.serving)).toHaveLength(1);
  });

  it('checklist 50: which was taken away, a run that goes on is stopped, and its result is nobody’s', async () => {
    const world = await started();
    await world.editSpec({ build: null });
    await world.reconcile();
    expect((await world.shipwright.newest())['spec']).toMatchObject({ state: 'BuildRunCanceled' });
    expect(await builderStatus(world)).toMatchObject({ state: 'Canceled' });
    expect((await world.read()).status).toMatchObject({ build: { state: 'Skipped' }, serving: { state: 'Created' } });
  });
});
