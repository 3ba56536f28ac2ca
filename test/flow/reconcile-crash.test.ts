// A worker that dies at any of its requests, before it is sent or after it is answered: nothing is lost, and nothing is built twice.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import { KubeError } from '../../src/platform/kube/kube.ts';
import { planBuildImages } from '../../src/watch/build-images.ts';
import { anonymous, sourceKey } from '../../src/watch/graph.ts';
import { stateKeys } from '../../src/watch/source.ts';
import type { TestCluster } from '../servers/api-server.ts';
import { startReconcileCluster } from './cluster.ts';
import { createWorld, digest, gitSpec, shaA, shaB, shaC, type World, watching } from './world.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startReconcileCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

interface Point {
  /** Counted from 1. */
  readonly request: number;
  readonly moment: 'before' | 'after';
}

/** Reconciles; a worker that dies is followed by another. */
async function live(world: World): Promise<void> {
  try {
    await world.reconcile();
  } catch (error) {
    if (!(error instanceof KubeError) || error.reason !== 'Killed') throw error;
    await world.reconcile();
  }
}

/** Two commits, and one that comes while the second is built: three revisions attempted, the last one served. */
async function playPushes(world: World): Promise<void> {
  await world.create(gitSpec, watching());
  await world.observe(shaA);
  await live(world);
  await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(1), commit: shaA });
  await live(world);
  await world.observe(shaB);
  await live(world);
  await world.observe(shaC);
  await live(world);
  const running = await world.shipwright.newest();
  await world.shipwright.fail(running, 'BuildRunCanceled', 'cancelled');
  await live(world);
  await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(3), commit: shaC });
  await live(world);
}

/** A build is cleared away while it runs: it is stopped, and the same commit built once more. */
async function playCleared(world: World): Promise<void> {
  await world.create(gitSpec, watching());
  await world.observe(shaC);
  await live(world);
  const running = await world.shipwright.newest();
  await world.writeStatus({ build: null });
  await live(world);
  await world.shipwright.fail(running, 'BuildRunCanceled', 'cancelled');
  await live(world);
  await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(3), commit: shaC });
  await live(world);
}

/** The builder moves, and moves again while that is built: the same commit three times. */
async function playMovedBuilder(world: World): Promise<void> {
  await world.create(gitSpec, { ...watching(), 'openfunction.io/rebuild-on': 'builder-image' });
  await world.observe(shaC);
  await observeBuilder(world, digest(7));
  await live(world);
  await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(1), commit: shaC });
  await live(world);
  await observeBuilder(world, digest(8));
  await live(world);
  await observeBuilder(world, digest(9));
  await live(world);
  const running = await world.shipwright.newest();
  await world.shipwright.fail(running, 'BuildRunCanceled', 'cancelled');
  await live(world);
  await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(3), commit: shaC });
  await live(world);
}

async function observeBuilder(world: World, id: string): Promise<void> {
  const [watch] = planBuildImages(await world.read()).watches;
  if (!watch) throw new Error('no image is watched');
  const { source, want, intervalMs } = watch;
  const observation = { at: world.clock.now(), heads: { [want]: { kind: 'found', id, sightings: 1 } }, intervalMs };
  await world.state.set(stateKeys.observation(sourceKey(source, anonymous)), JSON.stringify(observation), 3_600_000);
}

/** Kills at one request; undefined: at none. Gives the requests that were sent. */
async function killedAt(
  play: (world: World) => Promise<void>,
  point: Point | undefined,
): Promise<{ readonly world: World; readonly sent: readonly string[] }> {
  const world = await createWorld(cluster);
  const sent: string[] = [];
  let count = 0;
  let alive = true;
  world.interrupt = (moment, request) => {
    if (moment === 'before') count += 1;
    else sent.push(request);
    if (!alive || count !== point?.request || moment !== point.moment) return;
    alive = false;
    // What no step makes anything of: an API server that does not answer.
    throw new KubeError({ status: 0, reason: 'Killed' }, 'killed');
  };
  await play(world);
  return { world, sent };
}

async function outcome({ world }: { readonly world: World }) {
  const { status } = await world.read();
  const runs = await world.shipwright.runs();
  const revisions = await Promise.all(runs.map(async run => (await world.shipwright.buildOf(run))['spec']));
  const serving = (await world.all(kinds.serving)).find(
    ({ metadata }) => metadata.name === status?.serving?.resourceRef,
  );
  return {
    built: revisions.map(spec => JSON.stringify(spec).match(/"revision":"(.)/)?.[1]),
    state: status?.build?.state,
    revision: status?.build?.revision,
    digest: status?.revision?.imageDigest,
    image: Reflect.get(Object(serving?.['spec']), 'image'),
    openBuilders: (await world.all(kinds.builder)).filter(
      builder => !['Succeeded', 'Canceled'].includes(Reflect.get(Object(builder['status']), 'state')),
    ).length,
  };
}

const expected = {
  state: 'Succeeded',
  revision: shaC,
  digest: digest(3),
  image: `reg.example/f:v1@${digest(3)}`,
  openBuilders: 0,
};

describe('a worker that dies', () => {
  it.each([
    { what: 'pushes', play: playPushes, built: ['a', 'b', 'c'], requests: 20 },
    { what: 'a build that is cleared away while it runs', play: playCleared, built: ['c', 'c'], requests: 15 },
    { what: 'builds for a builder that moves', play: playMovedBuilder, built: ['c', 'c', 'c'], requests: 20 },
  ])(
    'at any request of $what leaves the same outcome as one that lives',
    async ({ play, built, requests }) => {
      const whole = await killedAt(play, undefined);
      expect(await outcome(whole)).toEqual({ ...expected, built });
      const moments = ['before', 'after'] as const;
      const points = whole.sent.flatMap((_, at) => moments.map(moment => ({ request: at + 1, moment })));

      const left = points.values();
      const lane = async () => {
        for (const point of left) {
          const name = `killed ${point.moment} request ${point.request}: ${whole.sent[point.request - 1]}`;
          expect({ name, ...(await outcome(await killedAt(play, point))) }).toEqual({ name, ...expected, built });
        }
      };
      // A real API server answers slowly, and much at once.
      await Promise.all([lane(), lane(), lane(), lane()]);
      expect(points.length).toBeGreaterThan(2 * requests);
    },
    180_000,
  );
});
