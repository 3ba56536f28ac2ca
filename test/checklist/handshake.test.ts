// Core-build checklist 79 to 87: what an outside actor asks for through the status, and what the watching of a revision does.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import { planWatch } from '../../src/watch/plan.ts';
import { startReconcileCluster } from '../flow/cluster.ts';
import { createWorld, digest, gitSpec, shaA, shaB, type World, watching } from '../flow/world.ts';
import type { TestCluster } from '../servers/api-server.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startReconcileCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

/** Built once, and its Serving made. */
async function built(annotations: Record<string, string> = {}): Promise<World> {
  const world = await createWorld(cluster);
  await world.create(gitSpec, annotations);
  if (Object.keys(annotations).length > 0) await world.observe(shaA);
  await world.reconcile();
  await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(1), commit: shaA });
  await world.reconcile();
  return world;
}

const status = async (world: World) => (await world.read()).status;

describe('a command through the status', () => {
  it('checklist 79: status.build null builds again, and the old Serving goes on meanwhile', async () => {
    const world = await built();
    const { serving } = (await status(world)) ?? {};
    await world.writeStatus({ build: null });
    await world.reconcile();
    expect(await status(world)).toMatchObject({ build: { state: 'Building', cause: 'Cleared' }, serving });
    expect(await world.all(kinds.serving)).toHaveLength(1);
  });

  it('checklist 79: status.build null while a build runs cancels that one first', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec);
    await world.reconcile();
    const first = await world.shipwright.newest();
    await world.writeStatus({ build: null });
    await world.reconcile();
    expect(await world.shipwright.runs()).toHaveLength(1);
    expect((await world.shipwright.newest())['spec']).toMatchObject({ state: 'BuildRunCanceled' });
    expect(await world.condition('Built')).toMatchObject({ reason: 'Cancelling' });
    await world.shipwright.fail(first, 'BuildRunCanceled');
    await world.reconcile();
    expect((await status(world))?.build).toMatchObject({ state: 'Building', cause: 'Cleared', sequence: 2 });
    const states = (await world.all(kinds.builder)).map(builder => Object(builder['status']).state);
    expect(states.map(String).toSorted()).toEqual(['Building', 'Canceled']);
  });

  it('checklist 79: a run that does not stop for it is deleted after two minutes', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec);
    await world.reconcile();
    await world.writeStatus({ build: null });
    await world.reconcile();
    world.clock.advance(120_000);
    await world.reconcile();
    expect((await status(world))?.build).toMatchObject({ state: 'Building', cause: 'Cleared', sequence: 2 });
    expect(await world.shipwright.runs()).toHaveLength(1);
  });

  it('checklist 79: one that was cleared before its run was there, or as it ended, leaves no open Builder', async () => {
    const early = await createWorld(cluster);
    early.interrupt = (moment, request) => {
      if (moment === 'before' && request.startsWith('create buildruns')) throw new Error('killed');
    };
    await early.create(gitSpec);
    await early.reconcile();
    const late = await createWorld(cluster);
    await late.create(gitSpec);
    await late.reconcile();
    await late.shipwright.fail(await late.shipwright.newest(), 'Failed', 'it does not build');
    for (const world of [early, late]) {
      world.interrupt = () => {};
      await world.writeStatus({ build: null });
      await world.reconcile();
      expect((await status(world))?.build).toMatchObject({ state: 'Building', cause: 'Cleared', sequence: 2 });
    }
    const states = async (world: World) =>
      (await world.all(kinds.builder)).map(builder => String(Object(builder['status']).state)).toSorted();
    expect(await states(early)).toEqual(['Building', 'Canceled']);
    expect(await states(late)).toEqual(['Building', 'Failed']);
  });

  it('checklist 80: a good build replaces sources and revision by what was really built, a failed one leaves them', async () => {
    const world = await built();
    await world.writeStatus({ build: null, sources: [{ name: 'default', git: { commitSha: shaB } }] });
    await world.reconcile();
    await world.shipwright.fail(await world.shipwright.newest());
    await world.reconcile();
    const told = { sources: [{ name: 'default', git: { commitSha: shaB } }], revision: { imageDigest: digest(1) } };
    expect(await status(world)).toMatchObject({ build: { state: 'Failed' }, ...told });
    await world.writeStatus({ build: null });
    await world.reconcile();
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(2), commit: shaA });
    await world.reconcile();
    const real = { sources: [{ name: 'default', git: { commitSha: shaA } }], revision: { imageDigest: digest(2) } };
    expect(await status(world)).toMatchObject({ build: { state: 'Succeeded' }, ...real });
  });

  it.each(['state', 'resourceHash'])(
    'checklist 81: a blank serving.%s serves again and builds nothing',
    async field => {
      const world = await built();
      const before = (await status(world))?.serving?.resourceRef;
      await world.writeStatus({ serving: { [field]: '' } });
      await world.reconcile();
      const after = await status(world);
      expect(after?.serving).toMatchObject({ state: 'Created', cause: 'Cleared' });
      expect(after?.serving?.resourceRef).not.toBe(before);
      expect(after?.build).toMatchObject({ state: 'Succeeded', sequence: 1 });
    },
  );

  it('checklist 82: another revision.imageDigest alone serves that digest', async () => {
    const world = await built();
    await world.writeStatus({ revision: { imageDigest: digest(7) } });
    await world.reconcile();
    const name = (await status(world))?.serving?.resourceRef;
    const serving = (await world.all(kinds.serving)).find(each => each.metadata.name === name);
    expect(serving?.['spec']).toMatchObject({ image: `reg.example/f:v1@${digest(7)}` });
    expect((await status(world))?.build).toMatchObject({ sequence: 1 });
  });

  it('checklist 83: other sources alone do nothing', async () => {
    const world = await built();
    const before = await status(world);
    await world.writeStatus({ sources: [{ name: 'default', git: { commitSha: shaB } }] });
    await world.reconcile();
    expect(await status(world)).toEqual({ ...before, sources: [{ name: 'default', git: { commitSha: shaB } }] });
  });

  it.each(['resourceHash', 'inputHash', 'resourceRef'])('checklist 84: a blank build.%s builds again', async field => {
    const world = await built();
    await world.writeStatus({
      build: { [field]: '', ...(field === 'resourceRef' ? { sequence: null, inputHash: null } : {}) },
    });
    await world.reconcile();
    expect((await status(world))?.build).toMatchObject({ state: 'Building', cause: 'Cleared' });
  });

  it.each(['resourceHash', 'resourceRef'])(
    'checklist 84: a blank build.%s while one runs cancels that first',
    async field => {
      const world = await createWorld(cluster);
      await world.create(gitSpec);
      await world.reconcile();
      await world.writeStatus({ build: { [field]: '' } });
      await world.reconcile();
      expect((await world.shipwright.newest())['spec']).toMatchObject({ state: 'BuildRunCanceled' });
      await world.shipwright.fail(await world.shipwright.newest(), 'BuildRunCanceled');
      await world.reconcile();
      expect((await status(world))?.build).toMatchObject({ state: 'Building', cause: 'Cleared', sequence: 2 });
    },
  );
});

describe('a watched revision', () => {
  it('checklist 85: of type source builds when the head is another one, also after a first build that failed', async () => {
    const world = await built(watching('type: source'));
    await world.observe(shaA);
    await world.reconcile();
    expect((await status(world))?.build).toMatchObject({ sequence: 1 });
    await world.observe(shaB);
    await world.reconcile();
    expect((await status(world))?.build).toMatchObject({ cause: 'NewRevision', revision: shaB });

    const failed = await createWorld(cluster);
    await failed.create(gitSpec, watching('type: source'));
    await failed.observe(shaA);
    await failed.reconcile();
    await failed.shipwright.fail(await failed.shipwright.newest());
    await failed.reconcile();
    await failed.observe(shaB);
    await failed.reconcile();
    expect((await status(failed))?.build).toMatchObject({ cause: 'NewRevision', revision: shaB });
  });

  it('checklist 85: of type source is none where the revision is a full commit; seven hex digits may be a branch, and are watched', async () => {
    const world = await createWorld(cluster);
    const spec = (revision: string) => ({
      ...gitSpec,
      build: { ...gitSpec.build, srcRepo: { ...gitSpec.build.srcRepo, revision } },
    });
    const fn = await world.create(spec(shaA), watching('type: source'));
    expect(planWatch(fn)).toMatchObject({ kind: 'unwatched', reason: 'PinnedRevision' });
    await world.editSpec(spec('1234567'));
    expect(planWatch(await world.read())).toMatchObject({ kind: 'watched' });
  });

  it('checklist 86: of type image serves another digest and builds nothing', async () => {
    const world = await createWorld(cluster);
    await world.create({ image: 'reg.example/f:v1', serving: {} }, watching('type: image'));
    await world.observe(digest(1));
    await world.reconcile();
    await world.observe(digest(2));
    await world.reconcile();
    const servings = (await world.all(kinds.serving)).map(serving => Object(serving['spec']).image);
    expect(servings.map(String).toSorted()).toEqual([1, 2].map(end => `reg.example/f:v1@${digest(end)}`));
    expect(await world.all(kinds.builder)).toEqual([]);
  });

  it.each(['disable', 'true', 'Enable', ''])(
    'checklist 87: is not looked at with revision-controller: "%s"',
    async value => {
      const world = await built(watching('type: source'));
      await world.annotate({ 'openfunction.io/revision-controller': value });
      expect(planWatch(await world.read())).toMatchObject({ kind: 'unwatched' });
      await world.reconcile();
      expect(await world.condition('Watching')).toMatchObject({ reason: 'Disabled' });
    },
  );
});
