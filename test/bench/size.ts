// One size: what the worker costs while nothing changes, and how soon it sees and acts when something does; beside it the naive way.
import { systemClock } from '../../src/platform/clock.ts';
import { eventually } from '../eventually.ts';
import { type Builders, startBuilders } from './builders.ts';
import { percentile, rounded } from './figures.ts';
import { fleetOf, type Member, movableOf, sourcesOf } from './fleet.ts';
import { newCommit, newDigest } from './heads.ts';
import type { NaiveTarget } from './naive.ts';
import { cpuSecondsOf, startServant } from './servant.ts';
import { untilStill } from './stillness.ts';
import type { Hosts } from './template.ts';
import type { Worker } from './worker.ts';
import { type Cluster, progress, type World } from './world.ts';

export interface Size {
  readonly name: string;
  readonly functions: number;
  /** And as many images. */
  readonly repositories: number;
  readonly naive: boolean;
}

/** One line of the report. */
export interface SizeLine {
  readonly functions: number;
  readonly sources: number;
  readonly interval_s: number;
  readonly requests_per_interval: number;
  readonly naive_requests_per_interval: number;
  readonly cpu_core_share: number;
  readonly naive_cpu_core_share: number | null;
  readonly rss_over_idle_mb: number;
  readonly detect_p50_ms: number;
  readonly detect_p99_ms: number;
  readonly emit_p50_ms: number;
  readonly emit_p99_ms: number;
  readonly api_writes_per_change: number;
}

const intervalMs = 30_000;
const interval = '30s';
/** Two whole intervals. */
const windowMs = 2 * intervalMs;
const changes = 100;

interface Running {
  readonly world: World;
  readonly cluster: Cluster;
  readonly worker: Worker;
  readonly fleet: readonly Member[];
}

export async function measureSize(world: World, size: Size): Promise<SizeLine> {
  const fleet = fleetOf(size);
  await using cluster = await world.cluster(fleet, interval);
  const idleMb = await idleMemory(cluster);
  await using worker = await cluster.worker();
  progress(`${size.name}: ready after ${Math.round(worker.readyMs)} ms`);
  const sources = sourcesOf(fleet);
  await eventually('every source was asked', async () => (await world.polls()).sources >= sources, 120_000);
  await systemClock.sleep(intervalMs);
  const running = { world, cluster, worker, fleet };
  const quiet = await measureQuiet(running);
  progress(`${size.name}: ${JSON.stringify(quiet)}`);
  const rssMb = worker.rssMb();
  const change = await measureChanges(running);
  await worker.stop();
  const naive = size.naive ? await measureNaive(world, fleet) : undefined;
  return {
    functions: fleet.length,
    sources,
    interval_s: intervalMs / 1000,
    requests_per_interval: rounded(quiet.requests),
    naive_requests_per_interval: naive === undefined ? fleet.length : rounded(naive.requests),
    cpu_core_share: rounded(quiet.share, 4),
    naive_cpu_core_share: naive === undefined ? null : rounded(naive.share, 4),
    rss_over_idle_mb: rounded(rssMb - idleMb, 1),
    ...change,
  };
}

/** Memory of a worker that has nothing to do. */
export async function idleMemory(cluster: Cluster): Promise<number> {
  await using worker = await cluster.worker(['--namespaces', 'default']);
  await systemClock.sleep(10_000);
  return worker.rssMb();
}

interface Quiet {
  /** Requests to sources in an interval. */
  readonly requests: number;
  /** Of one core. */
  readonly share: number;
  readonly writes: number;
}

async function measureQuiet({ world, cluster, worker }: Running): Promise<Quiet> {
  const [cpu, polls, writes] = [worker.cpuSeconds(), await world.polls(), await cluster.writes()];
  const begun = performance.now();
  await systemClock.sleep(windowMs);
  const seconds = (performance.now() - begun) / 1000;
  const share = (worker.cpuSeconds() - cpu) / seconds;
  const requests = ((await world.polls()).requests - polls.requests) / (windowMs / intervalMs);
  return { requests, share, writes: (await cluster.writes()) - writes };
}

type ChangeFigures = Pick<
  SizeLine,
  'detect_p50_ms' | 'detect_p99_ms' | 'emit_p50_ms' | 'emit_p99_ms' | 'api_writes_per_change'
>;

/** Moves heads, spread over an interval, and waits until all that follows is done. */
async function measureChanges(running: Running): Promise<ChangeFigures> {
  const { world, cluster, fleet } = running;
  await using builders = await startBuilders(cluster.kube, 500);
  const watchers = Map.groupBy(fleet, movableOf);
  const every = Math.max(watchers.size / changes, 1);
  const moving = [...watchers].filter((_, at) => Math.floor(at / every) !== Math.floor((at - 1) / every));
  const writes = await cluster.writes();
  const moved: { readonly id: string; readonly at: number; readonly members: readonly Member[] }[] = [];
  for (const [name, members] of moving) {
    const id = members[0]?.type === 'source' ? newCommit() : newDigest();
    moved.push({ id, at: await world.sources.ask('move', { name, id }), members });
    await systemClock.sleep(intervalMs / moving.length);
  }
  const built = moved.flatMap(({ members }) => members).filter(({ type }) => type !== 'image').length;
  progress(`moved ${moved.length} heads; ${built} runs are to come`);
  await eventually('every head was seen', () => moved.every(({ id }) => world.sighted.has(id)), 2 * intervalMs);
  await eventually('every run ended', () => builders.created.length >= built && builders.alive === 0, 120_000);
  await untilStill(cluster, 3_000);
  const detected = moved.map(({ id, at }) => (world.sighted.get(id) ?? Number.NaN) - at);
  const emitted = emissions(world, builders, moved);
  const changed = moved.flatMap(({ members }) => members).length;
  return {
    detect_p50_ms: rounded(percentile(detected, 0.5)),
    detect_p99_ms: rounded(percentile(detected, 0.99)),
    emit_p50_ms: rounded(percentile(emitted, 0.5)),
    emit_p99_ms: rounded(percentile(emitted, 0.99)),
    api_writes_per_change: rounded(((await cluster.writes()) - writes) / changed, 2),
  };
}

/** From when a head was answered to when the run of each Function was heard of. */
export function emissions(
  world: World,
  builders: Builders,
  moved: readonly { readonly id: string; readonly members: readonly Member[] }[],
): readonly number[] {
  const created = new Map(builders.created.map(run => [run.function, run.at]));
  return moved.flatMap(({ id, members }) => {
    const seen = world.sighted.get(id);
    const builds = members.filter(({ type }) => type !== 'image');
    return builds.flatMap(({ namespace, name }) => {
      const at = created.get(`${namespace}/${name}`);
      return at === undefined || seen === undefined ? [] : [at - seen];
    });
  });
}

async function measureNaive(world: World, fleet: readonly Member[]): Promise<Pick<Quiet, 'requests' | 'share'>> {
  progress(`the naive way: ${fleet.length} Functions`);
  await using naive = await startServant('naive.ts');
  await naive.ask('start', { targets: fleet.map(member => targetOf(member, world.hosts)), intervalMs });
  await systemClock.sleep(intervalMs + 5_000);
  const [cpu, polls, begun] = [cpuSecondsOf(naive.pid), await world.polls(), performance.now()];
  await systemClock.sleep(windowMs);
  const seconds = (performance.now() - begun) / 1000;
  const requests = ((await world.polls()).requests - polls.requests) / (windowMs / intervalMs);
  return { requests, share: (cpuSecondsOf(naive.pid) - cpu) / seconds };
}

function targetOf({ type, path, ref }: Member, hosts: Hosts): NaiveTarget {
  if (type === 'source') return { method: 'GET', url: `http://${hosts.git}/repos/${path}/commits/${ref}` };
  return { method: 'HEAD', url: `http://${hosts.registry}/v2/${path}/manifests/${ref}` };
}
