// `openfunction.io/build-hooks`, by hand: which engine takes the build, what a failed hook means, and that no build goes without them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import type { TestCluster } from '../servers/api-server.ts';
import { startReconcileCluster } from './cluster.ts';
import { createWorld, digest, gitSpec, shaA, shaB, type World, type WorldOptions, watching } from './world.ts';

const key = 'openfunction.io/build-hooks';
const engineKey = 'openfunction.io/build-engine';
const hooked = { [key]: 'before: [unit]\nafter: [scan, sign]' };

describe('a build with hooks', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startReconcileCluster();
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  const status = async (world: World) => (await world.read()).status;
  const runs = async (world: World) => {
    const [onTekton, onShipwright] = await Promise.all([world.all(kinds.pipelineRun), world.all(kinds.buildRun)]);
    return [onTekton.length, onShipwright.length];
  };
  const started = async (annotations: Record<string, string>, options?: WorldOptions) => {
    const world = await createWorld(cluster, options);
    await world.create(gitSpec, annotations);
    await world.reconcile();
    return world;
  };

  it('is taken by Tekton, though Shipwright is served too', async () => {
    const world = await started(hooked);
    expect(await runs(world)).toEqual([1, 0]);
    expect(await taskNames(world)).toEqual(['fetch', 'before-1', 'build', 'after-1', 'after-2']);
    expect(await runs(await started({}))).toEqual([0, 1]);
  });

  it('counts when all went well', async () => {
    const world = await started(hooked);
    await end(world, { status: 'True', reason: 'Succeeded' }, ['fetch', 'before-1', 'build', 'after-1', 'after-2']);
    await world.reconcile();
    expect(await status(world)).toMatchObject({ build: { state: 'Succeeded' }, revision: { imageDigest: digest(1) } });
  });

  it.each([
    ['after[0] (Task scan)', ['fetch', 'before-1', 'build', 'after-1']],
    ['before[0] (Task unit)', ['fetch', 'before-1']],
  ])('has failed when the hook %s did, serves nothing of it, and is not tried again', async (hook, begun) => {
    const world = await started(hooked);
    await end(world, { status: 'False', reason: 'Failed' }, begun);
    await world.reconcile();
    const message = expect.stringContaining(`the hook ${hook} failed: it ended`);
    const after = await status(world);
    expect(after?.build).toMatchObject({ state: 'Failed', reason: 'Failed', message });
    expect([after?.revision, after?.serving?.resourceRef]).toEqual([undefined, undefined]);
    expect(await world.condition('Built')).toMatchObject({ status: 'False', reason: 'BuildFailed', message });
    world.clock.advance(3_600_000);
    await world.reconcile();
    expect(await runs(world)).toEqual([1, 0]);
  });

  it('has failed by itself when its own Task did', async () => {
    const world = await started(hooked);
    await end(world, { status: 'False', reason: 'Failed' }, ['fetch', 'before-1', 'build']);
    await world.reconcile();
    expect((await world.condition('Built'))?.message).not.toContain('hook');
  });

  it('is not started where build-engine is shipwright, and is when that is mended', async () => {
    const world = await started({ ...hooked, [engineKey]: 'shipwright' });
    expect(await runs(world)).toEqual([0, 0]);
    expect(await world.condition('Built')).toMatchObject({
      status: 'Unknown',
      reason: 'HooksNeedTekton',
      message: expect.stringContaining('build-engine is shipwright, which runs no Tasks: name tekton'),
    });
    expect(await world.condition('Stalled')).toMatchObject({ status: 'True' });
    await world.annotate({ [engineKey]: null });
    await world.reconcile();
    expect(await runs(world)).toEqual([1, 0]);
  });

  it('waits where Tekton is not served, and is looked at again soon', async () => {
    const world = await createWorld(cluster, { backendServed: false });
    await world.create(gitSpec, hooked);
    const until = await world.reconcile();
    expect(await runs(world)).toEqual([0, 0]);
    expect(until).toBe(world.clock.now() + 60_000);
    expect(await world.condition('Built')).toMatchObject({
      reason: 'HooksNeedTekton',
      message: expect.stringContaining('does not serve pipelineruns.tekton.dev/v1: install tekton'),
    });
  });

  it('does not touch what was built before, while hooks cannot be read', async () => {
    const world = await started(watching('type: source'));
    await world.observe(shaA);
    await world.reconcile();
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(1), commit: shaA });
    await world.reconcile();
    const serving = (await status(world))?.serving?.resourceRef;
    await world.annotate({ [key]: 'after: [{name: scan, when: always}]' });
    await world.observe(shaB);
    await world.reconcile();
    const path = `metadata.annotations["${key}"].after[0].when is not known`;
    const built = { status: 'True', reason: 'BadHooks', message: expect.stringContaining(path) };
    expect(await world.condition('Built')).toMatchObject(built);
    expect((await world.condition('Built'))?.message).toContain('found "always"');
    expect(await runs(world)).toEqual([0, 1]);
    expect((await status(world))?.serving?.resourceRef).toBe(serving);
    await world.annotate({ [key]: 'after: [scan]' });
    await world.reconcile();
    expect(await runs(world)).toEqual([1, 1]);
  });

  it('is not started by a change of the hooks; the next one has them', async () => {
    const world = await started(watching('type: source'));
    await world.observe(shaA);
    await world.reconcile();
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(1), commit: shaA });
    await world.reconcile();
    await world.annotate(hooked);
    await world.reconcile();
    expect(await runs(world)).toEqual([0, 1]);
    await world.annotate({ 'openfunction.io/rebuild-requested': 'now' });
    await world.reconcile();
    expect(await runs(world)).toEqual([1, 1]);
    expect(await taskNames(world)).toContain('after-2');
  });

  it('that was recorded before there were hooks, and waited for a slot, begins anew with them', async () => {
    const world = await createWorld(cluster);
    world.slots = false;
    await world.create(gitSpec);
    await world.reconcile();
    expect((await status(world))?.build).toMatchObject({ sequence: 1, engine: 'shipwright' });
    await world.annotate(hooked);
    world.slots = true;
    await world.reconcile();
    expect(await runs(world)).toEqual([1, 0]);
    expect((await status(world))?.build).toMatchObject({ sequence: 2, engine: 'tekton', cause: 'First' });
  });

  it('that waits for a slot is not started by hooks that cannot run', async () => {
    const world = await createWorld(cluster);
    world.slots = false;
    await world.create(gitSpec);
    await world.reconcile();
    await world.annotate({ ...hooked, [engineKey]: 'shipwright' });
    world.slots = true;
    await world.reconcile();
    expect(await runs(world)).toEqual([0, 0]);
    expect(await world.condition('Built')).toMatchObject({ reason: 'HooksNeedTekton' });
  });
});

async function newest(world: World): Promise<KubeObject> {
  const run = (await world.all(kinds.pipelineRun)).at(-1);
  if (!run) throw new Error('there is no PipelineRun');
  return run;
}

async function taskNames(world: World): Promise<readonly string[]> {
  const { pipelineSpec } = (await newest(world))['spec'] as {
    readonly pipelineSpec: { readonly tasks: readonly { readonly name: string }[] };
  };
  return pipelineSpec.tasks.map(({ name }) => name);
}

/** Ends the run after these of its tasks were begun. */
async function end(world: World, how: { status: string; reason: string }, begun: readonly string[]): Promise<void> {
  const now = new Date(world.clock.now()).toISOString();
  const { name } = (await newest(world)).metadata;
  const childReferences = begun.map(task => ({
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    name: `${name}-${task}`,
    pipelineTaskName: task,
  }));
  const results = how.status === 'True' ? { results: [{ name: 'IMAGE_DIGEST', value: digest(1) }] } : {};
  const condition = { type: 'Succeeded', message: 'it ended', lastTransitionTime: now, ...how };
  const ended = { conditions: [condition], completionTime: now, childReferences, ...results };
  const ref = { kind: kinds.pipelineRun, namespace: world.namespace, name };
  await world.kube.patch(ref, { status: ended }, { subresource: 'status' });
}
