// A worker that dies at any of its requests while Functions share a run: nothing is lost, nothing that was shared is built twice, and nobody
// waits for a run that does not exist.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import { KubeError, type KubeObject } from '../../src/platform/kube/kube.ts';
import type { TestCluster } from '../servers/api-server.ts';
import { playShipwright } from '../servers/play-shipwright.ts';
import { startReconcileCluster } from './cluster.ts';
import { createSharing, liveRuns, type Sharing, succeed } from './sharing.ts';
import { digest, gitSpec, shaA, type World, watching } from './world.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startReconcileCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

interface Point {
  /** Counted from 1, over the requests of all workers. */
  readonly request: number;
  readonly moment: 'before' | 'after';
  /** The leader dies with the worker, and what it had granted is forgotten. */
  readonly leads: boolean;
}

interface Played {
  readonly sharing: Sharing;
  readonly sent: readonly string[];
}

/** Every Function is looked at, and once more if a worker died; the one that it was at comes last then. */
async function look({ worlds }: Sharing): Promise<void> {
  const left = [...worlds];
  for (let world = left.shift(); world; world = left.shift()) {
    const dead = await world.reconcile().then(
      () => false,
      (error: unknown) => {
        if (error instanceof KubeError && error.reason === 'Killed') return true;
        throw error;
      },
    );
    if (dead) left.push(world);
  }
}

/** A commit that both Functions watch is built once for both. */
async function play(sharing: Sharing): Promise<void> {
  for (const world of sharing.worlds) {
    await world.create(gitSpec, watching());
    await world.observe(shaA);
  }
  await look(sharing);
  await look(sharing);
  for (const run of await liveRuns(sharing)) {
    const [world] = sharing.worlds;
    if (world) await succeed(world, run);
  }
  await look(sharing);
  await look(sharing);
}

async function killedAt(point: Point | undefined): Promise<Played> {
  const sharing = await createSharing(cluster, ['a', 'b']);
  const sent: string[] = [];
  let count = 0;
  for (const world of sharing.worlds) {
    world.interrupt = (moment, request) => {
      if (moment === 'before') count += 1;
      else sent.push(request);
      if (count !== point?.request || moment !== point.moment) return;
      count += 1_000_000;
      if (point.leads) sharing.changeLeader();
      throw new KubeError({ status: 0, reason: 'Killed' }, 'killed');
    };
  }
  await play(sharing);
  return { sharing, sent };
}

async function outcome({ sharing }: Played) {
  const each = await Promise.all(sharing.worlds.map(outcomeOf));
  const builders = await cluster.kube.list(kinds.builder, { namespace: sharing.namespace });
  const shipwright = playShipwright(cluster.kube, sharing.namespace);
  const builds = await Promise.all((await sharing.runs()).map(run => shipwright.buildOf(run)));
  return {
    each,
    built: builds.map(revisionOf).toSorted((a, b) => (a < b ? -1 : 1)),
    open: builders.filter(builder => Reflect.get(Object(builder['status']), 'state') !== 'Succeeded').map(stateOf),
  };
}

async function outcomeOf(world: World) {
  const { build, revision, serving } = (await world.read()).status ?? {};
  const found = await world.kube.get({
    kind: kinds.serving,
    namespace: world.namespace,
    name: serving?.resourceRef ?? '',
  });
  const image: unknown = Reflect.get(Object(found?.['spec']), 'image');
  return { state: build?.state, revision: build?.revision, digest: revision?.imageDigest, image, faults: world.faults };
}

const revisionOf = (build: KubeObject) => JSON.stringify(build['spec']).match(/"revision":"(.)/)?.[1] ?? '';
const stateOf = (builder: KubeObject) => `${builder.metadata.name} ${JSON.stringify(builder['status'])}`;

const one = {
  state: 'Succeeded',
  revision: shaA,
  digest: digest(1),
  image: `reg.example/f:v1@${digest(1)}`,
  faults: [],
};
const expected = { each: [one, one], built: ['a'], open: [] };

describe('a worker that dies while two Functions share runs', () => {
  it('at any request, with the leader or without, leaves the same outcome as one that lives', async () => {
    const whole = await killedAt(undefined);
    expect(await outcome(whole)).toEqual(expected);
    const moments = ['before', 'after'] as const;
    const points = whole.sent.flatMap((_, at) =>
      moments.map(moment => ({ request: at + 1, moment, leads: (moment === 'before') === (at % 2 === 0) })),
    );
    const left = points.values();
    const lane = async () => {
      for (const point of left) {
        const name = `killed ${point.moment} request ${point.request}: ${whole.sent[point.request - 1]}, ${point.leads}`;
        expect({ name, ...(await outcome(await killedAt(point))) }).toEqual({ name, ...expected });
      }
    };
    await Promise.all([lane(), lane(), lane(), lane()]);
    expect(points.length).toBeGreaterThan(50);
  }, 180_000);
});
