// Kills at many points at once: lanes that share an API server and a Redis, each taking the next point of its mode.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startTestCluster, type TestCluster } from '../servers/api-server.ts';
import { hasRedis, startRedis, type TestRedis } from '../servers/redis.ts';
import { Gate } from './kill-gate.ts';
import { type KillOutcome, type Lane, startLane } from './kill-lane.ts';
import { type Mode, type Point, pointsOf } from './kill-points.ts';
import { compileCache, startSystem } from './system.ts';

/** Changes that are looked at before points are named. */
const recorded = 4;
const startsAtOnce = 3;
/** A Redis has sixteen databases. */
const mostLanes: Readonly<Record<Mode, number>> = { memory: 3, redis: 10 };

export const modes: readonly Mode[] = hasRedis ? ['memory', 'redis'] : ['memory'];

export interface Sweep extends AsyncDisposable {
  /** Every point of every mode. */
  readonly points: readonly Point[];
  /** Starts to kill at these points; gives the outcome of each, and how often each commit of each lane was built when all is over. */
  kill(points: readonly Point[]): {
    readonly outcomes: ReadonlyMap<Point, Promise<KillOutcome | undefined>>;
    readonly runs: Promise<readonly (readonly number[])[]>;
  };
}

/** Starts the servers and a lane for each mode, and finds out what one change is made of. */
export async function prepareSweep(): Promise<Sweep> {
  await using stack = new AsyncDisposableStack();
  await warmUp();
  const cluster = stack.use(await startTestCluster());
  const redis = hasRedis ? stack.use(await startRedis()) : undefined;
  const yard = stack.use(new Yard(cluster, redis));
  const found = await Promise.all(modes.map(mode => survey(yard, mode)));
  const running = stack.move();
  return {
    points: found.flat(),
    kill(points) {
      const outcomes = new Map(points.map(point => [point, Promise.withResolvers<KillOutcome | undefined>()]));
      const runs = Promise.all(modes.map(mode => killAll(yard, mode, outcomes))).then(all => all.flat());
      const promises = [...outcomes].map(([point, { promise }]) => [point, promise] as const);
      // Each is looked at by its own test, when its turn comes.
      for (const late of [runs, ...promises.map(([, promise]) => promise)]) late.catch(() => {});
      return { outcomes: new Map(promises), runs };
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Half of what a start costs is the reading of the sources. */
async function warmUp(): Promise<void> {
  const env = { PATH: process.env['PATH'], NODE_COMPILE_CACHE: compileCache };
  await promisify(execFile)(process.execPath, [join(import.meta.dirname, '../../bin/revflow.js'), 'run', '--help'], {
    env,
  });
}

/** The lanes, those that are idle by mode. */
class Yard implements AsyncDisposable {
  readonly #cluster: TestCluster;
  readonly #redis: TestRedis | undefined;
  readonly #lanes = new AsyncDisposableStack();
  readonly #idle: Lane[] = [];
  readonly #starts = new Gate(startsAtOnce);
  #database = 0;

  constructor(cluster: TestCluster, redis: TestRedis | undefined) {
    this.#cluster = cluster;
    this.#redis = redis;
  }

  async take(mode: Mode): Promise<Lane> {
    const at = this.#idle.findIndex(lane => lane.mode === mode);
    const [idle] = at < 0 ? [] : this.#idle.splice(at, 1);
    if (idle) return idle;
    const database =
      this.#redis && mode === 'redis' ? { port: this.#redis.port, database: this.#database++ } : undefined;
    const system = await this.#starts.pass(() => startSystem({ cluster: this.#cluster }));
    return this.#lanes.use(await startLane(system, this.#starts, database));
  }

  give(lane: Lane): void {
    this.#idle.push(lane);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#lanes.disposeAsync();
  }
}

async function survey(yard: Yard, mode: Mode): Promise<readonly Point[]> {
  const lane = await yard.take(mode);
  const changes = [];
  for (let change = 0; change < recorded; change += 1) changes.push(await lane.record());
  yard.give(lane);
  return pointsOf(mode, changes);
}

type Waiting = [Point, PromiseWithResolvers<KillOutcome | undefined>];
type Outcomes = ReadonlyMap<Waiting[0], Waiting[1]>;

async function killAll(yard: Yard, mode: Mode, outcomes: Outcomes): Promise<readonly (readonly number[])[]> {
  const left = [...outcomes].filter(([point]) => point.mode === mode);
  const count = Math.min(mostLanes[mode], left.length);
  try {
    return (await Promise.all(Array.from({ length: count }, () => killInTurn(yard, mode, left)))).flat();
  } catch (error) {
    for (const [, { reject }] of left.splice(0)) reject(error);
    throw error;
  }
}

/** Kills at one point after the other, as long as there are any; gives how often each commit was built. */
async function killInTurn(yard: Yard, mode: Mode, left: Waiting[]): Promise<readonly (readonly number[])[]> {
  const runs = [];
  let lane = await yard.take(mode);
  for (let next = left.shift(); next; next = left.shift()) {
    const [point, { resolve, reject }] = next;
    const outcome = lane.killAt(point);
    outcome.then(resolve, reject);
    const isWell = await outcome.then(
      end => end?.served !== false,
      () => false,
    );
    if (isWell) continue;
    // What is wrong with a lane once must not count for the points after it.
    runs.push(await lane.runs());
    lane = await yard.take(mode);
  }
  return [...runs, await lane.runs()];
}
