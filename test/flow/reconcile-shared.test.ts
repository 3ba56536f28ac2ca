// Functions of one namespace that would build the very same: one of them has a run, the others copy what comes of it.
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import { hasPublished, published } from '../pipelines/manifests.ts';
import { readDefinitions, type TestCluster } from '../servers/api-server.ts';
import { startReconcileCluster } from './cluster.ts';
import {
  begin,
  builderOf,
  buildersOf,
  buildOf,
  createSharing,
  isCancelled,
  liveRuns,
  onlyRun,
  succeed,
  twoSharers,
} from './sharing.ts';
import { digest, gitSpec, shaA, watching } from './world.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startReconcileCluster();
  if (!hasPublished || cluster.isReal) return;
  const definitions = await readDefinitions(join(published, 'tekton-pipeline'));
  await cluster.install(definitions.filter(({ metadata }) => metadata.name === 'pipelineruns.tekton.dev'));
});
afterAll(() => cluster[Symbol.asyncDispose]());

const engines = hasPublished ? (['shipwright', 'tekton'] as const) : (['shipwright'] as const);

describe('Functions of one namespace with equal inputs, output image and revision', () => {
  it.each(engines)('share one run of %s: each has its own Builder, and the others copy its result', async engine => {
    const sharing = await createSharing(cluster, ['a', 'b', 'c'], { tekton: hasPublished });
    const worlds = await begin(sharing, { 'openfunction.io/build-engine': engine });
    const [a, ...followers] = worlds;
    const run = await onlyRun(sharing);
    const first = a && (await buildOf(a));
    for (const world of followers) {
      const build = await buildOf(world);
      expect(build).toMatchObject({ state: 'Building', sequence: 1, revision: shaA, inputHash: first?.inputHash });
      expect(build.follows).toMatchObject({ function: 'a', builder: first?.resourceRef });
      expect(build.resourceRef).not.toBe(first?.resourceRef);
      const shown = expect.stringContaining(`by the run of ${first?.resourceRef}, of Function a`);
      expect(await world.condition('Built')).toMatchObject({ status: 'Unknown', reason: 'Building', message: shown });
      const status = { state: 'Building', phase: 'Build' };
      expect((await builderOf(world))?.['status']).toMatchObject(status);
      expect(Object.values(Object((await builderOf(world))?.['status'])['resourceRef'])).toContain(run.metadata.name);
    }
    if (a) await succeed(a, run);
    for (const world of worlds) {
      await world.reconcile();
      const { build, revision, sources, serving } = (await world.read()).status ?? {};
      expect(build).toMatchObject({
        state: 'Succeeded',
        reason: 'Succeeded',
        buildDuration: expect.stringMatching(/^1m[01]s$/),
        revision: shaA,
      });
      expect(revision).toEqual({ imageDigest: digest(1) });
      expect(sources).toMatchObject([{ name: 'default', git: { commitSha: shaA, commitAuthor: 'A. Author' } }]);
      expect(serving).toMatchObject({ state: 'Created' });
      const output = { digest: digest(1), size: 1000 };
      expect((await builderOf(world))?.['status']).toMatchObject({ state: 'Succeeded', output });
      expect(world.faults).toEqual([]);
    }
    await onlyRun(sharing);
  });
});

it('has as many runs as there are different builds, whichever Functions ask for which', async () => {
  const kindsOf = fc.array(fc.constantFrom('1', '2', '3'), { minLength: 2, maxLength: 7 });
  await fc.assert(
    fc.asyncProperty(kindsOf, async asked => {
      const sharing = await createSharing(
        cluster,
        asked.map((_, at) => `f-${at}`),
      );
      for (const [at, world] of sharing.worlds.entries()) {
        const build = { ...gitSpec.build, env: { KIND: asked[at] ?? '' } };
        await world.create({ ...gitSpec, build }, watching());
        await world.observe(shaA);
        await world.reconcile();
      }
      const runs = await sharing.runs();
      expect(runs).toHaveLength(new Set(asked).size);
      const [any] = sharing.worlds;
      for (const run of runs) if (any) await succeed(any, run);
      for (const world of sharing.worlds) {
        await world.reconcile();
        expect(await buildOf(world)).toMatchObject({ state: 'Succeeded', sequence: 1 });
      }
      expect(await sharing.runs()).toHaveLength(runs.length);
    }),
    { numRuns: 6 },
  );
});

describe('the others', () => {
  it('start their own when the shared run fails: one of them does, and the rest share that', async () => {
    const sharing = await createSharing(cluster, ['a', 'b', 'c', 'd']);
    const [a, b, c, d] = await begin(sharing);
    if (!a || !b || !c || !d) throw new Error('there are four worlds');
    await a.shipwright.fail(await onlyRun(sharing), 'Failed', 'the step build failed');
    for (const world of sharing.worlds) await world.reconcile();

    expect(await buildOf(a)).toMatchObject({ state: 'Failed', sequence: 1 });
    const own = await buildOf(b);
    expect(own).toMatchObject({ state: 'Building', sequence: 2, cause: 'ShareLost', revision: shaA });
    expect(own.follows).toBeUndefined();
    for (const world of [c, d]) {
      expect(await buildOf(world)).toMatchObject({ sequence: 2, follows: { function: 'b', builder: own.resourceRef } });
    }
    const [left] = await buildersOf(c);
    expect(left?.['status']).toMatchObject({ state: 'Canceled', message: expect.stringContaining('Failed') });
    const [second] = await liveRuns(sharing);
    expect(second?.metadata.labels?.['openfunction.io/builder']).toBe(own.resourceRef);
    if (second) await succeed(b, second);
    for (const world of [b, c, d]) {
      await world.reconcile();
      expect((await world.read()).status).toMatchObject({
        build: { state: 'Succeeded' },
        revision: { imageDigest: digest(1) },
      });
    }
    expect(await sharing.runs()).toHaveLength(2);
    expect(await buildOf(a)).toMatchObject({ state: 'Failed', sequence: 1 });
  });

  it('all start their own when a second shared run failed: nobody waits for one after the other', async () => {
    const sharing = await createSharing(cluster, ['a', 'b', 'c', 'd', 'e']);
    const worlds = await begin(sharing);
    for (const _ of [1, 2]) {
      const [run] = await liveRuns(sharing);
      if (run) await worlds[0]?.shipwright.fail(run);
      for (const world of worlds) await world.reconcile();
    }
    expect(await liveRuns(sharing)).toHaveLength(3);
    for (const world of worlds.slice(2)) expect((await buildOf(world)).follows).toBeUndefined();
  });

  it('start their own when the shared run is cancelled by hand', async () => {
    const { sharing, first, other } = await twoSharers(cluster);
    const run = await onlyRun(sharing);
    await first.shipwright.fail(run, 'BuildRunCanceled', 'cancelled');
    await other.reconcile();
    expect(await buildOf(other)).toMatchObject({ state: 'Building', sequence: 2, cause: 'ShareLost' });
    expect((await buildOf(other)).follows).toBeUndefined();
    expect(await liveRuns(sharing)).toHaveLength(1);
  });

  it('start their own when the shared run is cancelled for an edit of its Function', async () => {
    const { sharing, first, other } = await twoSharers(cluster);
    const run = await onlyRun(sharing);
    await first.editSpec({ build: { env: { A: '1' } } });
    await first.reconcile();
    await other.reconcile();
    expect(isCancelled((await sharing.runs())[0])).toBe(true);
    expect(await buildOf(other)).toMatchObject({ state: 'Building', sequence: 1, follows: { function: 'first' } });

    await first.shipwright.fail(run, 'BuildRunCanceled', 'cancelled');
    await other.reconcile();
    await first.reconcile();
    expect(await buildOf(other)).toMatchObject({ state: 'Building', sequence: 2 });
    const live = await liveRuns(sharing);
    expect(live).toHaveLength(2);
    for (const each of live) await succeed(first, each);
    for (const world of sharing.worlds) {
      await world.reconcile();
      expect(await buildOf(world)).toMatchObject({ state: 'Succeeded', sequence: 2 });
    }
  });

  it('start their own when the shared run is deleted', async () => {
    const { sharing, first, other } = await twoSharers(cluster);
    const run = await onlyRun(sharing);
    const ref = { kind: kinds.buildRun, namespace: sharing.namespace, name: run.metadata.name };
    await first.kube.remove(ref);
    await other.reconcile();
    expect(await buildOf(other)).toMatchObject({ state: 'Building', sequence: 2, cause: 'ShareLost' });
    await first.reconcile();
    // The first finds that its run is gone, and that the other one builds the same by now.
    expect(await buildOf(first)).toMatchObject({ cause: 'RunVanished', follows: { function: 'other' } });
    await succeed(other, await onlyRun(sharing));
    for (const world of sharing.worlds) {
      await world.reconcile();
      expect(await buildOf(world)).toMatchObject({ state: 'Succeeded' });
    }
  });

  it('start their own when the Function of the shared run is deleted, and its run with it', async () => {
    const { sharing, first, other } = await twoSharers(cluster);
    const run = await onlyRun(sharing);
    await first.kube.remove({ kind: kinds.function, namespace: sharing.namespace, name: 'first' });
    await first.kube.remove({ kind: kinds.buildRun, namespace: sharing.namespace, name: run.metadata.name });
    await other.reconcile();
    expect(await buildOf(other)).toMatchObject({ state: 'Building', sequence: 2, cause: 'ShareLost' });
    await succeed(other, await onlyRun(sharing));
    await other.reconcile();
    expect(await buildOf(other)).toMatchObject({ state: 'Succeeded' });
  });

  it('copy the result though the Builder and the run of the first were pruned before they looked', async () => {
    const { sharing, first, other } = await twoSharers(cluster);
    const run = await onlyRun(sharing);
    await succeed(first, run);
    await first.reconcile();
    await first.kube.remove({
      kind: kinds.builder,
      namespace: sharing.namespace,
      name: (await buildOf(first)).resourceRef ?? '',
    });
    await first.kube.remove({ kind: kinds.buildRun, namespace: sharing.namespace, name: run.metadata.name });
    await other.reconcile();
    const [theirs, ours] = await Promise.all([first.read(), other.read()]);
    expect(ours.status?.build).toMatchObject({
      state: 'Succeeded',
      sequence: 1,
      buildDuration: expect.stringMatching(/^1m[01]s$/),
    });
    expect(ours.status?.revision).toEqual(theirs.status?.revision);
    expect(ours.status?.sources).toEqual(theirs.status?.sources);
    expect((await builderOf(other))?.['status']).toMatchObject({ state: 'Succeeded', output: { digest: digest(1) } });
    expect(await sharing.runs()).toEqual([]);
  });

  it('do not wait for a run that never comes', async () => {
    const sharing = await createSharing(cluster, ['a', 'b']);
    const [a, b] = sharing.worlds;
    if (!a || !b) throw new Error('there are two worlds');
    await a.create(gitSpec, watching());
    await a.observe(shaA);
    // Its worker dies with the grant, before anything of the build is recorded, and nobody takes the Function up again.
    a.interrupt = (moment, request) => {
      if (moment === 'before' && request.startsWith('patch functions')) throw new Error('killed');
    };
    await a.reconcile().catch(() => {});
    await b.create(gitSpec, watching());
    await b.observe(shaA);
    await b.reconcile();
    expect(await buildOf(b)).toMatchObject({ state: 'Building', follows: { function: 'a' } });
    sharing.changeLeader();
    b.clock.advance(120_000);
    await b.reconcile();
    expect(await buildOf(b)).toMatchObject({ state: 'Building', sequence: 2, cause: 'ShareLost' });
    expect((await buildOf(b)).follows).toBeUndefined();
    await onlyRun(sharing);
    a.interrupt = () => {};
    await a.reconcile();
    expect(await buildOf(a)).toMatchObject({ state: 'Building', follows: { function: 'b' } });
    await onlyRun(sharing);
  });

  it('do not wait for a run that its Function, suspended, does not start', async () => {
    const sharing = await createSharing(cluster, ['a', 'b']);
    const [a, b] = sharing.worlds;
    if (!a || !b) throw new Error('there are two worlds');
    await a.create(gitSpec, watching());
    await a.observe(shaA);
    a.interrupt = (moment, request) => {
      if (moment === 'before' && request.startsWith('create builders')) throw new Error('killed');
    };
    await a.reconcile().catch(() => {});
    await a.annotate({ 'openfunction.io/suspend': 'true' });
    await b.create(gitSpec, watching());
    await b.observe(shaA);
    await b.reconcile();
    expect(await buildOf(b)).toMatchObject({ state: 'Building', cause: 'ShareLost' });
    await onlyRun(sharing);
  });
});
