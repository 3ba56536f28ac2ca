// A Function is built and its image served: what one reconcile after the other does, with Shipwright played by hand.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import type { TestCluster } from '../servers/api-server.ts';
import { startReconcileCluster } from './cluster.ts';
import { createWorld, digest, gitSpec, shaA, shaB, shaC, watching } from './world.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startReconcileCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

describe('the first build', () => {
  it('is pinned to what was observed, in five calls, and leads to a Serving with the digest', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, watching('type: source'));
    await world.observe(shaA);

    await world.reconcile();
    const until = world.requests.findIndex(request => request.startsWith('create buildruns'));
    expect(world.requests.slice(0, until + 1).map(request => request.replace(/\/.*?( |$)/, '$1').trim())).toEqual([
      'get functions',
      'patch functions status',
      'create builders',
      'create builds',
      'create buildruns',
    ]);
    const run = await world.shipwright.newest();
    const build = await world.shipwright.buildOf(run);
    expect(build['spec']).toMatchObject({ source: { git: { url: 'https://git.example/f.git', revision: shaA } } });
    expect((await world.read()).status).toMatchObject({
      sequence: 1,
      build: { state: 'Building', sequence: 1, revision: shaA, cause: 'First' },
      watch: { observed: { id: shaA }, type: 'source' },
    });

    await world.shipwright.succeed(run, { digest: digest(1), commit: shaA });
    await world.reconcile();
    const { status } = await world.read();
    expect(status).toMatchObject({
      build: { state: 'Succeeded', reason: 'Succeeded', message: 'Succeeded' },
      revision: { imageDigest: digest(1) },
      sources: [{ name: 'default', git: { commitSha: shaA, commitAuthor: 'A. Author' } }],
      serving: { state: 'Created', sequence: 2, cause: 'First' },
    });
    const [serving] = await world.all(kinds.serving);
    expect(serving?.metadata.name).toBe(status?.serving?.resourceRef);
    expect(serving?.['spec']).toMatchObject({ image: `reg.example/f:v1@${digest(1)}`, version: 'latest' });
    const [builder] = await world.all(kinds.builder);
    expect(builder?.['status']).toMatchObject({
      phase: 'Build',
      state: 'Succeeded',
      output: { digest: digest(1), size: 1000 },
    });
    expect(await world.condition('Built')).toMatchObject({ status: 'True', reason: 'Built' });
    expect(await world.condition('Served')).toMatchObject({ status: 'Unknown', reason: 'NoRuntime' });
  });

  it('needs at most twelve writes, and none when nothing changed', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, watching());
    await world.observe(shaA);
    await world.reconcile();
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(1), commit: shaA });
    await world.reconcile();
    expect(world.requests.filter(request => !request.startsWith('get')).length).toBeLessThanOrEqual(12);

    world.requests.length = 0;
    await world.observe(shaA, { at: world.clock.now() + 5000, sightings: 2 });
    await world.reconcile();
    expect(world.requests.filter(request => !request.startsWith('get'))).toEqual([]);
  });

  it('of an unwatched Function is built as written, and takes the reported commit as its baseline', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec);
    await world.reconcile();
    const run = await world.shipwright.newest();
    expect((await world.shipwright.buildOf(run))['spec']).toMatchObject({ source: { git: { revision: 'main' } } });
    await world.shipwright.succeed(run, { digest: digest(1), commit: shaA });
    await world.reconcile();
    await world.annotate(watching());
    await world.observe(shaA);
    await world.reconcile();
    expect(await world.shipwright.runs()).toHaveLength(1);

    await world.observe(shaB);
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ revision: shaB, cause: 'NewRevision' });
  });

  it('waits thirty seconds for the first observation, then goes as written', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, watching());
    const until = await world.reconcile();
    expect(until).toBeGreaterThan(world.clock.now());
    expect(await world.condition('Built')).toMatchObject({ status: 'Unknown', reason: 'AwaitingFirstObservation' });
    expect(await world.shipwright.runs()).toHaveLength(0);

    world.clock.advance(31_000);
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ state: 'Building' });
    await world.observe(shaB);
    await world.reconcile();
    expect(await world.shipwright.runs()).toHaveLength(1);
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(1), commit: shaA });
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ revision: shaB, sequence: 2, cause: 'NewRevision' });
  });
});

describe('a failed build', () => {
  it('is not repeated by polling; clearing the status, a request and a new revision build again', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, watching());
    await world.observe(shaA);
    await world.reconcile();
    await world.shipwright.fail(await world.shipwright.newest(), 'Failed', 'step "build" exited 1\nline two');
    await world.reconcile();
    expect(await world.condition('Built')).toMatchObject({ status: 'False', reason: 'BuildFailed' });
    expect(await world.condition('Stalled')).toMatchObject({ status: 'True', reason: 'BuildFailed' });
    expect(await world.all(kinds.serving)).toEqual([]);
    await world.reconcile();
    expect(await world.shipwright.runs()).toHaveLength(1);

    await world.writeStatus({ build: null });
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ cause: 'Cleared', sequence: 2, revision: shaA });
    await world.shipwright.fail(await world.shipwright.newest());
    await world.reconcile();

    await world.annotate({ 'openfunction.io/rebuild-requested': 'n1' });
    await world.reconcile();
    const { status } = await world.read();
    expect(status).toMatchObject({ lastHandledRebuild: 'n1', build: { cause: 'RebuildRequested', sequence: 3 } });
    await world.shipwright.fail(await world.shipwright.newest());
    await world.reconcile();
    await world.reconcile();
    expect(await world.shipwright.runs()).toHaveLength(3);

    await world.observe(shaB);
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ cause: 'NewRevision', revision: shaB });
  });

  it.each([true, false])('stays cancelled when its run is deleted after the cancel (seen before: %s)', async seen => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, watching());
    await world.observe(shaA);
    await world.reconcile();
    const { resourceRef: name = '' } = (await world.read()).status?.build ?? {};
    const { namespace } = world;
    await world.kube.patch({ kind: kinds.builder, namespace, name }, { spec: { state: 'Cancelled' } });
    if (seen) await world.reconcile();
    const run = await world.shipwright.newest();
    await world.kube.remove({ kind: kinds.buildRun, namespace, name: run.metadata.name });
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ state: 'Canceled', sequence: 1 });
    expect(await world.shipwright.runs()).toEqual([]);
  });

  it('that is asked for while its Function is suspended is said to be stalled where nothing serves yet', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, watching());
    await world.observe(shaA);
    await world.reconcile();
    await world.annotate({ 'openfunction.io/suspend': 'true' });
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(1), commit: shaA });
    await world.reconcile();
    await world.annotate({ 'openfunction.io/rebuild-requested': 'again' });
    await world.reconcile();
    expect(await world.condition('Built')).toMatchObject({ status: 'True', reason: 'Suspended' });
    expect(await world.condition('Stalled')).toMatchObject({ status: 'True', reason: 'AwaitingBuild' });
  });

  it('is tried again when its Builder is deleted by hand', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec);
    await world.reconcile();
    await world.shipwright.fail(await world.shipwright.newest());
    await world.reconcile();
    const name = (await world.read()).status?.build?.resourceRef ?? '';
    await world.kube.remove({ kind: kinds.builder, namespace: world.namespace, name });
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ cause: 'BuilderDeleted', sequence: 2 });
  });
});

describe('pushes while a build runs', () => {
  it('cancel it twice; the third is let finish', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, watching());
    await world.observe(shaA);
    await world.reconcile();
    for (const id of [shaB, shaC]) {
      const run = await world.shipwright.newest();
      await world.observe(id);
      await world.reconcile();
      expect(await world.condition('Built')).toMatchObject({ reason: 'Cancelling' });
      const [asked] = (await world.shipwright.runs()).filter(other => other.metadata.name === run.metadata.name);
      expect(asked?.['spec']).toMatchObject({ state: 'BuildRunCanceled' });
      await world.shipwright.fail(run, 'BuildRunCanceled', 'cancelled');
      await world.reconcile();
      expect((await world.read()).status?.build).toMatchObject({ revision: id, state: 'Building' });
    }
    expect((await world.read()).status?.build?.cancels).toBe(2);
    await world.observe('d'.repeat(40));
    await world.reconcile();
    expect(await world.condition('Built')).toMatchObject({ reason: 'LettingFinish' });
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(3), commit: shaC });
    await world.reconcile();
    const { status } = await world.read();
    expect(status?.build).toMatchObject({ revision: 'd'.repeat(40), cause: 'NewRevision' });
    expect(status?.revision?.imageDigest).toBe(digest(3));
  });

  it('and back again build the first revision once more, since its run was cancelled', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, watching());
    await world.observe(shaA);
    await world.reconcile();
    await world.observe(shaB);
    await world.reconcile();
    await world.observe(shaA);
    await world.reconcile();
    await world.shipwright.fail(await world.shipwright.newest(), 'BuildRunCanceled');
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ revision: shaA, cause: 'Superseded', sequence: 2 });
  });

  it('delete a run that does not stop within two minutes', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, watching());
    await world.observe(shaA);
    await world.reconcile();
    await world.observe(shaB);
    await world.reconcile();
    world.clock.advance(121_000);
    await world.reconcile();
    const runs = await world.shipwright.runs();
    expect(runs.map(run => run.metadata.labels?.['openfunction.io/sequence'])).toEqual(['2']);
    expect((await world.read()).status?.build).toMatchObject({ revision: shaB, state: 'Building' });
  });
});

describe('a run that vanishes', () => {
  it('is started again three times, then the build has failed', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec);
    await world.reconcile();
    for (let time = 1; time <= 4; time += 1) {
      const { name } = (await world.shipwright.newest()).metadata;
      await world.kube.remove({ kind: kinds.buildRun, namespace: world.namespace, name });
      await world.reconcile();
    }
    expect((await world.read()).status?.build).toMatchObject({ state: 'Failed', reason: 'RunVanished', sequence: 4 });
    expect(await world.condition('Built')).toMatchObject({ status: 'False', reason: 'RunVanished' });
  });
});

describe('people', () => {
  it('suspend, hold and resume', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, { ...watching(), 'openfunction.io/suspend': 'true' });
    await world.observe(shaA);
    await world.reconcile();
    expect(await world.condition('Built')).toMatchObject({ reason: 'Suspended' });
    expect(await world.shipwright.runs()).toHaveLength(0);

    await world.annotate({ 'openfunction.io/suspend': null });
    await world.reconcile();
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(1), commit: shaA });
    await world.reconcile();
    await world.annotate({ 'openfunction.io/hold': 'freeze' });
    await world.observe(shaB);
    await world.reconcile();
    expect(await world.condition('Built')).toMatchObject({ status: 'True', reason: 'Held' });
    expect(await world.shipwright.runs()).toHaveLength(1);
    await world.annotate({ 'openfunction.io/hold': null });
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ revision: shaB });
  });

  it('cancel a build through its Builder, and it is not tried again', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, watching());
    await world.observe(shaA);
    await world.reconcile();
    const name = (await world.read()).status?.build?.resourceRef ?? '';
    await world.kube.patch({ kind: kinds.builder, namespace: world.namespace, name }, { spec: { state: 'Cancelled' } });
    await world.reconcile();
    const run = await world.shipwright.newest();
    expect(run['spec']).toMatchObject({ state: 'BuildRunCanceled' });
    await world.shipwright.fail(run, 'BuildRunCanceled', 'the BuildRun is cancelled');
    await world.reconcile();
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ state: 'Canceled', sequence: 1 });
    expect(await world.condition('Built')).toMatchObject({ status: 'False', reason: 'BuildCanceled' });
  });

  it('edit the spec: the running build is cancelled, history limits alone rebuild nothing', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec);
    await world.reconcile();
    await world.editSpec({ build: { failedBuildsHistoryLimit: 3, timeout: '30m' } });
    await world.reconcile();
    expect(await world.condition('Built')).toMatchObject({ reason: 'Building' });
    await world.editSpec({ build: { env: { A: '1' } } });
    await world.reconcile();
    expect(await world.condition('Built')).toMatchObject({ reason: 'Cancelling' });
    await world.shipwright.fail(await world.shipwright.newest(), 'BuildRunCanceled');
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ cause: 'SpecChanged', sequence: 2, state: 'Building' });
  });
});

describe('limits', () => {
  it('of time: the run is cancelled and the build has timed out', async () => {
    const world = await createWorld(cluster);
    await world.create({ ...gitSpec, build: { ...gitSpec.build, timeout: '10m' } });
    const until = await world.reconcile();
    expect(until).toBeDefined();
    world.clock.advance(10 * 60_000 + 5000);
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ state: 'Timeout', buildDuration: '10m0s' });
    expect((await world.shipwright.newest())['spec']).toMatchObject({ state: 'BuildRunCanceled' });
    expect(await world.condition('Built')).toMatchObject({ status: 'False', reason: 'BuildTimeout' });
  });

  it('of slots: the intent waits and is acted upon when a slot is free', async () => {
    const world = await createWorld(cluster);
    world.slots = false;
    await world.create(gitSpec);
    await world.reconcile();
    expect(await world.condition('Built')).toMatchObject({ status: 'Unknown', reason: 'BuildSlots' });
    expect((await world.read()).status?.build).toMatchObject({ state: 'Created', sequence: 1 });
    expect(await world.all(kinds.builder)).toEqual([]);
    world.slots = true;
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ state: 'Building', sequence: 1 });
  });
});
