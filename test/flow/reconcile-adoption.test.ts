// What OpenFunction's own controllers left behind is taken over as it is: nothing is built or rolled for it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import type { TestCluster } from '../servers/api-server.ts';
import { startReconcileCluster } from './cluster.ts';
import { createWorld, digest, gitSpec, shaA, shaB, watching } from './world.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startReconcileCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

describe('what OpenFunction left', () => {
  const adopted = {
    build: {
      state: 'Succeeded',
      reason: 'Succeeded',
      message: 'Succeeded',
      resourceRef: 'builder-abcde',
      resourceHash: '123',
    },
    sources: [{ name: 'default', git: { commitSha: shaA } }],
    revision: { imageDigest: digest(1) },
  };

  it('is adopted: nothing is built, and the next commit is', async () => {
    const world = await createWorld(cluster);
    await world.create({ ...gitSpec, serving: null }, watching());
    await world.writeStatus(adopted);
    await world.observe(shaA);
    await world.reconcile();
    expect(await world.shipwright.runs()).toHaveLength(0);
    const inputHash = expect.stringMatching(/^v1:/);
    expect((await world.read()).status?.build).toEqual({ ...adopted.build, inputHash });
    await world.observe(shaB);
    await world.reconcile();
    const { status } = await world.read();
    expect(status?.build).toMatchObject({ revision: shaB, cause: 'NewRevision', sequence: 1 });
    expect(status?.build?.resourceHash).toBeUndefined();
  });

  it('is taken to be of the first head that is seen where it says of none, and the next one is built', async () => {
    const world = await createWorld(cluster);
    await world.create({ ...gitSpec, serving: null }, watching());
    const failed = { ...adopted.build, state: 'Failed', reason: 'Failed', message: 'no' };
    await world.writeStatus({ build: failed });
    const { uid } = (await world.read()).metadata;
    const { apiVersion, kind } = kinds.builder;
    const owner = { apiVersion, kind: 'Function', name: 'f', uid };
    const metadata = { name: 'builder-abcde', namespace: world.namespace, ownerReferences: [owner] };
    await world.kube.create(kinds.builder, {
      apiVersion,
      kind,
      metadata,
      spec: { ...gitSpec.build, image: gitSpec.image },
    });
    await world.reconcile();
    await world.observe(shaA);
    await world.reconcile();
    expect((await world.read()).status).toMatchObject({ build: failed, watch: { adopted: shaA } });
    await world.observe(shaB);
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ revision: shaB, cause: 'NewRevision', sequence: 1 });
    await world.reconcile();
    expect((await world.read()).status?.watch?.adopted).toBeUndefined();
  });

  it('is built when the spec was edited since', async () => {
    const world = await createWorld(cluster);
    await world.create({ ...gitSpec, serving: null }, watching());
    await world.writeStatus(adopted);
    await world.observe(shaA);
    await world.reconcile();
    await world.editSpec({ build: { env: { A: '1' } } });
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ cause: 'SpecChanged', revision: shaA });
  });
});

describe('a Function that OpenFunction runs', () => {
  const running = {
    build: { state: 'Succeeded', resourceRef: 'builder-abcde', resourceHash: '123' },
    serving: { state: 'Running', resourceRef: 'serving-abcde', resourceHash: '456', service: 'serving-abcde-ksvc' },
    revision: { imageDigest: digest(1) },
    sources: [{ name: 'default', git: { commitSha: shaA } }],
  };

  async function adopt(annotations: Record<string, string> = {}) {
    const world = await createWorld(cluster);
    const fn = await world.create(gitSpec, annotations);
    const { apiVersion, kind } = kinds.serving;
    const owner = { apiVersion: fn.apiVersion, kind: 'Function', name: 'f', uid: fn.metadata.uid, controller: true };
    const metadata = { name: 'serving-abcde', namespace: world.namespace, ownerReferences: [owner] };
    const spec = { image: `reg.example/f:v1@${digest(1)}` };
    await world.kube.create(kinds.serving, { apiVersion, kind, metadata, spec });
    await world.writeStatus(running);
    return world;
  }

  it('stays ready and as it is', async () => {
    const world = await adopt(watching());
    await world.observe(shaA);
    await world.reconcile();
    const { status } = await world.read();
    expect(status).toMatchObject(running);
    expect(status?.sequence).toBeUndefined();
    expect(await world.condition('Ready')).toMatchObject({ status: 'True', reason: 'Serving' });
    expect(await world.all(kinds.builder)).toEqual([]);
  });

  it('that is edited later is built, served or left alone, as the edit asks', async () => {
    const world = await adopt();
    await world.reconcile();
    expect((await world.read()).status).toMatchObject(running);
    await world.editSpec({ build: { timeout: '5m', failedBuildsHistoryLimit: 3 } });
    await world.reconcile();
    expect((await world.read()).status).toMatchObject(running);
    await world.editSpec({ serving: { params: { A: '1' } } });
    await world.reconcile();
    const { build, serving } = (await world.read()).status ?? {};
    expect({ build, serving }).toMatchObject({ build: running.build, serving: { cause: 'SpecChanged', sequence: 1 } });
    await world.editSpec({ build: { env: { A: '1' } } });
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ cause: 'SpecChanged', sequence: 2 });
  });

  it('serves anew when OpenFunction’s hash is taken away, though ours stands there', async () => {
    const world = await adopt();
    await world.reconcile();
    await world.writeStatus({ serving: { resourceHash: null } });
    await world.reconcile();
    expect((await world.read()).status?.serving).toMatchObject({ cause: 'Cleared', sequence: 1 });
  });

  it('serves anew when somebody writes another digest, as OpenFunction would', async () => {
    const world = await adopt();
    await world.reconcile();
    await world.writeStatus({ revision: { imageDigest: digest(2) } });
    await world.reconcile();
    const serving = (await world.all(kinds.serving)).find(({ metadata }) => metadata.name !== 'serving-abcde');
    expect(serving).toMatchObject({ spec: { image: `reg.example/f:v1@${digest(2)}` } });
    expect((await world.read()).status).toMatchObject({
      build: running.build,
      serving: { cause: 'SpecChanged', sequence: 1 },
    });
  });

  it('goes on serving, and says so, where its spec is refused here', async () => {
    const world = await adopt();
    await world.editSpec({ serving: { outputs: [{}] } });
    await world.reconcile();
    expect(await world.condition('Stalled')).toMatchObject({ status: 'True', reason: 'InvalidSpec' });
    expect(await world.condition('Ready')).toMatchObject({ status: 'True', reason: 'Serving' });
  });

  it('is no news, only its watch is', async () => {
    const world = await adopt(watching());
    await world.observe(shaA);
    await world.reconcile();
    expect(world.events.map(event => event.action)).toEqual(['Watch']);
  });

  it('that was edited keeps the edit in mind while something holds it back', async () => {
    const world = await adopt({ 'openfunction.io/suspend': 'true' });
    await world.reconcile();
    await world.editSpec({ build: { env: { A: '1' } } });
    await world.reconcile();
    await world.reconcile();
    expect(await world.condition('Built')).toMatchObject({ status: 'True', reason: 'Suspended' });
    await world.annotate({ 'openfunction.io/suspend': null });
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ cause: 'SpecChanged', sequence: 1 });
  });

  it('whose build it was just running is followed to its end', async () => {
    const world = await adopt();
    const { uid } = (await world.read()).metadata;
    const { apiVersion, kind } = kinds.builder;
    const owner = { apiVersion, kind: 'Function', name: 'f', uid };
    const metadata = { name: 'builder-abcde', namespace: world.namespace, ownerReferences: [owner] };
    const spec = { ...gitSpec.build, image: gitSpec.image };
    const builder = await world.kube.create(kinds.builder, { apiVersion, kind, metadata, spec });
    const builderOwner = { apiVersion, kind, name: 'builder-abcde', uid: builder.metadata.uid ?? '' };
    const run = await world.kube.create(kinds.buildRun, {
      apiVersion: kinds.buildRun.apiVersion,
      kind: kinds.buildRun.kind,
      metadata: { name: 'builder-abcde-buildrun-x', namespace: world.namespace, ownerReferences: [builderOwner] },
      spec: { build: { name: 'builder-abcde-build-x' } },
    });
    const resourceRef = { 'shipwright.io/build': 'builder-abcde-build-x', 'shipwright.io/buildRun': run.metadata.name };
    const status = { phase: 'Build', state: 'Building', resourceRef };
    const ref = { kind: kinds.builder, namespace: world.namespace, name: 'builder-abcde' };
    await world.kube.patch(ref, { status }, { subresource: 'status' });
    await world.writeStatus({ build: { state: 'Building' } });
    expect(await world.reconcile()).toBe(world.clock.now() + 15_000);
    await world.shipwright.succeed(run, { digest: digest(2), commit: shaB });
    await world.reconcile();
    expect((await world.read()).status).toMatchObject({
      build: { state: 'Succeeded', resourceRef: 'builder-abcde', resourceHash: '123', revision: shaB },
      revision: { imageDigest: digest(2) },
      serving: { state: 'Created', cause: 'Built' },
    });
  });
});

describe('a Function that OpenFunction came to when it ended', () => {
  it('is built with the Builder that it made, and no other', async () => {
    const world = await createWorld(cluster);
    const { uid } = (await world.create({ ...gitSpec, serving: null })).metadata;
    const { apiVersion, kind } = kinds.builder;
    const owner = { apiVersion, kind: 'Function', name: 'f', uid };
    const metadata = { name: 'builder-abcde', namespace: world.namespace, ownerReferences: [owner] };
    await world.kube.create(kinds.builder, {
      apiVersion,
      kind,
      metadata,
      spec: { ...gitSpec.build, image: gitSpec.image },
    });
    await world.writeStatus({ build: { state: 'Created', resourceRef: 'builder-abcde', resourceHash: '123' } });
    await world.reconcile();
    await world.reconcile();
    expect(await world.all(kinds.builder)).toHaveLength(1);
    const run = await world.shipwright.newest();
    expect(run.metadata.name).toBe('builder-abcde-buildrun');
    await world.shipwright.succeed(run, { digest: digest(1), commit: shaA });
    await world.reconcile();
    const build = { state: 'Succeeded', resourceRef: 'builder-abcde', resourceHash: '123', revision: shaA };
    expect((await world.read()).status).toMatchObject({ build, serving: { state: 'Skipped' } });
    expect(await world.shipwright.runs()).toHaveLength(1);
  });

  it('says nothing of serving while a build is to come, as OpenFunction does', async () => {
    const world = await createWorld(cluster);
    await world.create({ ...gitSpec, serving: null });
    await world.writeStatus({
      build: { state: 'Failed', reason: 'Failed', resourceRef: 'builder-abcde', resourceHash: '123' },
    });
    await world.reconcile();
    expect((await world.read()).status?.serving).toBeUndefined();
  });

  it('keeps the addresses that stayed when its spec.serving was removed', async () => {
    const world = await createWorld(cluster);
    await world.create({ ...gitSpec, serving: null });
    const addresses = [{ type: 'Internal', value: 'http://f.n.svc.cluster.local/' }];
    const build = { state: 'Succeeded', resourceRef: 'builder-abcde', resourceHash: '123' };
    await world.writeStatus({ build, serving: { state: 'Skipped', resourceHash: '456' }, addresses });
    await world.reconcile();
    expect((await world.read()).status).toMatchObject({
      serving: { state: 'Skipped', resourceHash: '456' },
      addresses,
    });
  });
});

describe('what another version of revflow left', () => {
  it('is adopted: a hash that cannot be compared rebuilds nothing', async () => {
    const world = await createWorld(cluster);
    await world.create({ ...gitSpec, serving: null });
    await world.reconcile();
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(1), commit: shaA });
    await world.reconcile();
    await world.writeStatus({ build: { inputHash: 'v0:abc' } });
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ sequence: 1, inputHash: 'v0:abc' });
    await world.editSpec({ build: { env: { A: '1' } } });
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ sequence: 2, cause: 'SpecChanged' });
  });
});
