// Beside an installed OpenFunction: only its own handshake is written, one annotation, and Events.

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KubeError } from '../../src/platform/kube/kube.ts';
import { readDefinitions, type TestCluster } from '../servers/api-server.ts';
import { startReconcileCluster } from './cluster.ts';
import { createWorld, digest, gitSpec, shaA, shaB, shaC, type World, watching } from './world.ts';

const theirs = join(import.meta.dirname, '../../../shared/crds/openfunction');
const definitions = await readDefinitions(theirs);

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startReconcileCluster();
  // Without their webhooks there is nothing that converts.
  const alone = definitions.map(definition => ({
    ...definition,
    spec: { ...Object(definition['spec']), conversion: undefined },
  }));
  await cluster.install(alone);
});
afterAll(async () => {
  if (cluster.isReal) await cluster.install(await readDefinitions(join(import.meta.dirname, '../../deploy/crd')));
  await cluster[Symbol.asyncDispose]();
});

const companion = () => createWorld(cluster, { mode: 'companion' });
const running = {
  build: { state: 'Succeeded', resourceRef: 'builder-x', resourceHash: '1' },
  serving: { state: 'Running', resourceRef: 'serving-x', resourceHash: '2' },
};

describe('companion mode', () => {
  it.skipIf(definitions.length > 0)('is tried on our own definitions, since OpenFunction’s are not at hand', () => {
    expect(theirs).toBeTypeOf('string');
  });

  it('tells a new commit as the revision-controller does', async () => {
    const world = await companion();
    await world.create(gitSpec, watching());
    const sources = [{ name: 'default', git: { commitSha: shaA, commitAuthor: 'A' } }];
    await world.writeStatus({ ...running, sources });
    await world.observe(shaA);
    await world.reconcile();
    expect((await world.read()).status).toEqual({ ...running, sources });
    await world.observe(shaB);
    await world.reconcile();
    const { status } = await world.read();
    expect(status).toEqual({ serving: running.serving, sources: [{ name: 'default', git: { commitSha: shaB } }] });
  });

  it('tells a new bundle', async () => {
    const world = await companion();
    const build = { builder: 'b', srcRepo: { bundleContainer: { image: 'reg.example/src:main' } } };
    await world.create({ ...gitSpec, build }, watching('type: source-image'));
    await world.writeStatus({ ...running, sources: [{ name: 'default', bundle: { digest: digest(1) } }] });
    await world.observe(digest(2));
    await world.reconcile();
    const { status } = await world.read();
    expect(status).toEqual({ serving: running.serving, sources: [{ name: 'default', bundle: { digest: digest(2) } }] });
  });

  it('tells a new image', async () => {
    const world = await companion();
    await world.create({ image: 'reg.example/f:v1', serving: {} }, watching('type: image'));
    await world.writeStatus({ ...running, revision: { imageDigest: digest(1) } });
    await world.observe(digest(2));
    await world.reconcile();
    expect((await world.read()).status).toEqual({
      build: running.build,
      serving: { ...running.serving, state: '', resourceHash: '' },
      revision: { imageDigest: digest(2) },
    });
  });

  it('takes what it finds for what there is, and tells what follows, whatever became of the first build', async () => {
    const world = await companion();
    await world.create(gitSpec, watching());
    await world.observe(shaA);
    await world.reconcile();
    expect((await world.read()).status).toBeUndefined();
    await world.writeStatus({ build: { state: 'Failed', resourceRef: 'builder-x', resourceHash: '1' } });
    await world.reconcile();
    expect((await world.read()).status?.build?.state).toBe('Failed');
    await world.observe(shaB);
    await world.reconcile();
    expect((await world.read()).status).toEqual({ sources: [{ name: 'default', git: { commitSha: shaB } }] });
  });

  it('writes nothing else, and nothing at all while nothing changes', async () => {
    const world = await companion();
    await world.create(gitSpec, watching());
    await world.writeStatus({ sources: [{ name: 'default', git: { commitSha: shaA } }] });
    await world.observe(shaA);
    await world.reconcile();
    world.requests.length = 0;
    await world.observe(shaA, { at: world.clock.now() + 1, sightings: 2 });
    await world.reconcile();
    expect(world.requests).toEqual(['get functions/f']);
    await world.observe(shaC);
    await world.reconcile();
    expect(world.requests.slice(1)).toEqual(['get functions/f', 'patch functions/f status', 'patch functions/f']);
    const { annotations } = (await world.read()).metadata;
    expect(Object.keys(annotations ?? {}).filter(key => key.endsWith('revflow-state'))).toHaveLength(1);
  });

  it('says in an Event what it cannot watch, once', async () => {
    const world = await companion();
    await world.create(gitSpec, watching('repo-type: sourceforge'));
    await world.reconcile();
    await world.reconcile();
    expect(world.events.map(event => event.reason)).toEqual(['BadParams']);
    expect((await world.read()).status).toBeUndefined();
  });

  const statusOf = (commitSha: string) => ({ ...running, sources: [{ name: 'default', git: { commitSha } }] });
  const told = async (world: World) => {
    const patches = world.requests.filter(request => request.endsWith(' status')).length;
    world.requests.length = 0;
    return patches;
  };

  it('takes what OpenFunction built beyond what it was told for what there is, when the next poll sees it too', async () => {
    const world = await companion();
    await world.create(gitSpec, watching());
    await world.writeStatus(statusOf(shaA));
    await world.observe(shaA);
    await world.reconcile();
    await world.observe(shaB);
    await world.reconcile();
    expect(await told(world)).toBe(1);
    // The branch moved on between poll and clone, and the last poll is older than the build.
    await world.writeStatus(statusOf(shaC));
    await world.reconcile();
    expect(await told(world)).toBe(0);
    world.clock.advance(1_000);
    await world.observe(shaC);
    await world.reconcile();
    expect(await told(world)).toBe(0);
    expect((await world.read()).status).toEqual(statusOf(shaC));
  });

  it('tells once more when OpenFunction built another commit than what polls go on to see, and then lets it be', async () => {
    const world = await companion();
    await world.create(gitSpec, watching());
    await world.writeStatus(statusOf(shaA));
    await world.observe(shaB);
    await world.reconcile();
    await world.writeStatus(statusOf(shaC));
    await world.reconcile();
    expect(await told(world)).toBe(1);
    for (const times of [1, 0, 0]) {
      world.clock.advance(1_000);
      await world.observe(shaB, { sightings: 2 });
      await world.reconcile();
      expect(await told(world)).toBe(times);
      await world.writeStatus(statusOf(shaC));
      await world.reconcile();
    }
  });

  it('leaves the build of an edited source to OpenFunction', async () => {
    const world = await companion();
    await world.create(gitSpec, watching());
    await world.writeStatus(statusOf(shaA));
    await world.observe(shaA);
    await world.reconcile();
    await world.editSpec({ build: { srcRepo: { revision: 'next' } } });
    await world.observe(shaB);
    await world.reconcile();
    expect(await told(world)).toBe(0);
    // It built what was there before the last push.
    await world.writeStatus(statusOf(shaC));
    await world.reconcile();
    world.clock.advance(1_000);
    await world.observe(shaB);
    await world.reconcile();
    expect(await told(world)).toBe(1);
  });

  it('asks for nothing while it is suspended or held, and for the newest afterwards', async () => {
    for (const [key, value] of [
      ['suspend', 'true'],
      ['hold', 'release week'],
    ] as const) {
      const world = await companion();
      await world.create(gitSpec, { ...watching(), [`openfunction.io/${key}`]: value });
      await world.writeStatus(statusOf(shaA));
      await world.observe(shaB);
      await world.reconcile();
      await world.observe(shaC);
      await world.reconcile();
      expect((await world.read()).status).toEqual(statusOf(shaA));
      await world.annotate({ [`openfunction.io/${key}`]: null });
      await world.reconcile();
      expect((await world.read()).status?.sources).toEqual([{ name: 'default', git: { commitSha: shaC } }]);
    }
  });

  it('believes in a rollback when it is seen twice, even if the way there was never written down', async () => {
    const world = await companion();
    await world.create(gitSpec, watching());
    await world.writeStatus(statusOf(shaA));
    await world.observe(shaA);
    await world.reconcile();
    await world.observe(shaB);
    // Killed between the handshake and the annotation.
    world.interrupt = (moment, request) => {
      if (moment === 'before' && request === 'patch functions/f')
        throw new KubeError({ status: 0, reason: 'Aborted' }, 'killed');
    };
    await expect(world.reconcile()).rejects.toThrow('killed');
    world.interrupt = () => {};
    await world.reconcile();
    expect(await told(world)).toBe(1);
    await world.observe(shaA);
    await world.reconcile();
    expect(await told(world)).toBe(0);
    await world.observe(shaA, { sightings: 2 });
    await world.reconcile();
    expect(await told(world)).toBe(1);
  });

  it('says nothing of what was not looked at yet', async () => {
    const world = await companion();
    await world.create(gitSpec, watching());
    await world.reconcile();
    expect(world.requests).toEqual(['get functions/f']);
    expect(world.events).toEqual([]);
  });
});
