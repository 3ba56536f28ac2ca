// What may stand in the way: other writers, names that are taken, specs that cannot work, sources that fail, a cluster that refuses.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import { builderName } from '../../src/function/names.ts';
import { KubeError } from '../../src/platform/kube/kube.ts';
import type { TestCluster } from '../servers/api-server.ts';
import { startReconcileCluster } from './cluster.ts';
import { createWorld, digest, gitSpec, shaA, shaB, watching } from './world.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startReconcileCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

describe('names that are taken', () => {
  it('are passed over: the next sequence is used', async () => {
    const world = await createWorld(cluster);
    const fn = await world.create(gitSpec);
    const name = builderName(fn.metadata.uid, 1);
    const metadata = { name, namespace: world.namespace };
    const { apiVersion, kind } = kinds.builder;
    await world.kube.create(kinds.builder, { apiVersion, kind, metadata, spec: { ...gitSpec.build, image: 'x' } });
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ sequence: 2, state: 'Building' });
  });

  it('by the very same attempt are taken for done: a status from a backup catches up without building twice', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, watching());
    const old = (await world.read()).status ?? {};
    for (const [at, id] of [shaA, shaB].entries()) {
      await world.observe(id);
      await world.reconcile();
      await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(at), commit: id });
      await world.reconcile();
    }
    const now = (await world.read()).status ?? {};
    const forget = Object.fromEntries(Object.keys(now).map(key => [key, null]));
    await world.writeStatus({ ...forget, ...old });
    await world.reconcile();
    await world.reconcile();
    const { status } = await world.read();
    expect(status?.build).toMatchObject({ revision: shaB, state: 'Succeeded' });
    expect(await world.shipwright.runs()).toHaveLength(2);
    expect(status?.revision?.imageDigest).toBe(digest(1));
  });
});

describe('a run that was deleted', () => {
  it.each([
    ['an edit of the build', { build: { env: { A: '1' } } }, {}, 'SpecChanged'],
    ['a request to rebuild', {}, { 'openfunction.io/rebuild-requested': 'now' }, 'RebuildRequested'],
  ])('is not waited for where %s came at the same time', async (_, edit, annotations, cause) => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, watching());
    await world.observe(shaA);
    await world.reconcile();
    const { name } = (await world.shipwright.newest()).metadata;
    await world.kube.remove({ kind: kinds.buildRun, namespace: world.namespace, name });
    await world.editSpec(edit);
    await world.annotate(annotations);
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ state: 'Building', sequence: 2, cause });
    expect(await world.shipwright.runs()).toHaveLength(1);
  });
});

describe('a crash', () => {
  it('between the intent and its run is made up for under the same sequence', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, watching());
    await world.observe(shaA);
    world.slots = false;
    await world.reconcile();
    world.slots = true;
    await world.reconcile();
    await world.writeStatus({ build: { state: 'Created' } });
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ sequence: 1, state: 'Building' });
    expect(await world.shipwright.runs()).toHaveLength(1);
  });
});

describe('a Function that cannot work', () => {
  it('says which field and value, touches nothing else, and works when it is mended', async () => {
    const world = await createWorld(cluster);
    await world.create({ ...gitSpec, build: { ...gitSpec.build, timeout: 'soon' } });
    await world.reconcile();
    expect(await world.condition('Stalled')).toMatchObject({
      status: 'True',
      reason: 'InvalidSpec',
      message: expect.stringContaining('spec.build.timeout'),
    });
    expect(await world.condition('Ready')).toMatchObject({ status: 'False', reason: 'InvalidSpec' });
    expect(await world.all(kinds.builder)).toEqual([]);
    const events = world.events.length;
    await world.reconcile();
    expect(world.events).toHaveLength(events);
    await world.editSpec({ build: { timeout: '5m' } });
    await world.reconcile();
    expect(await world.condition('Stalled')).toBeUndefined();
    expect((await world.read()).status?.build?.state).toBe('Building');
  });

  it('with parameters that mean nothing is not watched, and what runs is left alone', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec);
    await world.reconcile();
    await world.annotate(watching('polling-interval: soon'));
    await world.reconcile();
    expect(await world.condition('Watching')).toMatchObject({
      status: 'False',
      reason: 'BadParams',
      message: expect.stringContaining('polling-interval'),
    });
    expect((await world.read()).status?.build).toMatchObject({ state: 'Building', sequence: 1 });
  });
});

describe('a source that fails', () => {
  it('is said once, and takes nothing away', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, watching());
    await world.observe(shaA);
    await world.reconcile();
    const failure = { reason: 'ServerError', message: 'git.example answered 503', since: world.clock.now(), count: 1 };
    await world.observe(shaA, { failure });
    await world.reconcile();
    expect(await world.condition('Watching')).toMatchObject({ status: 'False', reason: 'ServerError' });
    expect(await world.condition('Built')).toMatchObject({ reason: 'Building' });
    world.requests.length = 0;
    await world.observe(shaA, { failure: { ...failure, message: 'git.example answered 502' } });
    await world.reconcile();
    expect(world.requests.filter(request => !request.startsWith('get'))).toEqual([]);
    expect(world.events.map(event => event.reason).filter(reason => reason === 'ServerError')).toHaveLength(1);
  });

  it('and a lost observation changes nothing that was said', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, watching());
    await world.observe(shaA);
    await world.reconcile();
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(1), commit: shaA });
    await world.reconcile();
    await world.state.delete(`observation:${(await world.read()).status?.watch?.source}`);
    world.requests.length = 0;
    await world.reconcile();
    expect(world.requests.filter(request => !request.startsWith('get'))).toEqual([]);
  });

  it('whose Secret is missing says so', async () => {
    const world = await createWorld(cluster);
    const srcRepo = { ...gitSpec.build.srcRepo, credentials: { name: 'absent' } };
    await world.create({ ...gitSpec, build: { ...gitSpec.build, srcRepo } }, watching());
    await world.reconcile();
    expect(await world.condition('Watching')).toMatchObject({ status: 'False', reason: 'SecretNotFound' });
    expect(await world.condition('Built')).toMatchObject({ reason: 'AwaitingFirstObservation' });
  });

  it('that lost its branch keeps what runs', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, watching());
    await world.observe(shaA);
    await world.reconcile();
    await world.observe(undefined);
    await world.reconcile();
    expect(await world.condition('Watching')).toMatchObject({ status: 'False', reason: 'RefNotFound' });
    expect((await world.read()).status?.build).toMatchObject({ sequence: 1, state: 'Building' });
  });
});

describe('a Function that goes', () => {
  it('is left alone', async () => {
    const world = await createWorld(cluster);
    expect(await world.reconcile()).toBeUndefined();
    expect(world.requests).toEqual(['get functions/f']);
  });
});

describe('a run that cannot be created', () => {
  const refuseRuns = (answer: { readonly status: number; readonly reason: string }) => {
    return (moment: 'before' | 'after', request: string) => {
      if (moment === 'before' && request.startsWith('create buildruns')) throw new KubeError(answer, 'quota exceeded');
    };
  };

  it('for a reason that may heal is tried again, later each time, and then has failed', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec);
    world.interrupt = refuseRuns({ status: 403, reason: 'Forbidden' });
    const waits: number[] = [];
    for (let tries = 0; tries < 4; tries += 1) {
      const until = (await world.reconcile()) ?? 0;
      waits.push(until - world.clock.now());
      expect(await world.condition('Built')).toMatchObject({ status: 'Unknown', reason: 'BuildStartFailed' });
      world.clock.advance(until - world.clock.now());
    }
    expect(waits).toEqual([5000, 10_000, 20_000, 40_000]);
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ state: 'Failed', reason: 'BuildStartFailed' });
    expect(await world.condition('Built')).toMatchObject({ status: 'False', reason: 'BuildStartFailed' });
    const [builder] = await world.all(kinds.builder);
    expect(builder?.['status']).toMatchObject({ state: 'Failed', reason: 'BuildStartFailed' });
  });

  it('heals when the cluster takes it', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec);
    world.interrupt = refuseRuns({ status: 403, reason: 'Forbidden' });
    await world.reconcile();
    world.interrupt = () => {};
    await world.reconcile();
    const { build } = (await world.read()).status ?? {};
    expect(build).toMatchObject({ state: 'Building', sequence: 1 });
    expect(build?.failures).toBeUndefined();
  });

  it('at all has failed at once, and stays so until something changes', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec);
    world.interrupt = (moment, request) => {
      if (moment === 'before' && request.startsWith('create builders')) {
        throw new KubeError({ status: 422, reason: 'Invalid' }, 'spec.image: Invalid value');
      }
    };
    await world.reconcile();
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ state: 'Failed', sequence: 1, pruned: true });
    world.interrupt = () => {};
    await world.editSpec({ image: 'reg.example/f:v2' });
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ state: 'Building', sequence: 2 });
  });

  it('because nobody serves its kind waits for the engine', async () => {
    const world = await createWorld(cluster, { backendServed: false });
    await world.create(gitSpec);
    world.interrupt = refuseRuns({ status: 404, reason: 'NotFound' });
    await world.reconcile();
    expect(await world.condition('Built')).toMatchObject({ status: 'Unknown', reason: 'NoBackend' });
    world.interrupt = () => {};
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ state: 'Building', sequence: 1 });
  });
});

describe('a fault of our own', () => {
  it('is a condition, a log line and a metric, and nothing is lost', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec);
    world.interrupt = (moment, request) => {
      if (moment === 'before' && request.startsWith('create builds/'))
        throw new TypeError('undefined is not a function');
    };
    await world.reconcile();
    expect(await world.condition('Built')).toMatchObject({ reason: 'InternalError' });
    expect(world.faults).toHaveLength(1);
    world.interrupt = () => {};
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ state: 'Building', sequence: 1 });
  });

  it('an API server that is away is thrown on, and the next try succeeds', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec);
    world.interrupt = (moment, request) => {
      if (moment === 'before' && request.startsWith('create builds/')) {
        throw new KubeError({ status: 0, reason: 'Unreachable' }, 'no answer');
      }
    };
    await expect(world.reconcile()).rejects.toThrow('no answer');
    world.interrupt = () => {};
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ state: 'Building', sequence: 1 });
  });
});
