// One Function, one repository and a worker behind proxies that see all it sends; killed at a point, it is started again.
import { kinds } from '../../src/function/kinds.ts';
import { leaseKind } from '../../src/platform/kube/lease.ts';
import { eventually } from '../eventually.ts';
import { type Fault, type FaultProxy, startHttpFaultProxy } from '../servers/fault-proxy.ts';
import type { ServedRepository } from '../servers/git-server.ts';
import { digestOf } from './builder-farm.ts';
import type { Gate } from './kill-gate.ts';
import type { Mode, Point, Sent } from './kill-points.ts';
import { type RedisFault, type RedisProxy, startRedisProxy } from './kill-redis-proxy.ts';
import { apiKind, forgeKind, redisKind, type Server } from './kill-requests.ts';
import type { Plane, System } from './system.ts';

const name = 'carried';
/** A change is over when the worker has sent nothing that counts to the API server for so long. */
const quietMs = 700;
/** A point that belongs to the poll after the change comes in this time. */
const lateMs = 2_500;
/** Locks of the dead end after 10 s, and the next look for them is 5 s later; the rest is for a busy machine. */
const servedMs = 120_000;
const attempts = 5;

export interface KillOutcome {
  /** The digest of the pushed commit is served, and what it replaced is gone. */
  readonly served: boolean;
  /** Runs that were ever created for the pushed commit. */
  readonly runs: number;
}

/** One database of a Redis that lanes share. */
export interface RedisDatabase {
  readonly port: number;
  readonly database: number;
}

interface Parts {
  readonly system: System;
  readonly api: { readonly proxy: FaultProxy; readonly kubeconfig: string };
  readonly forge: FaultProxy;
  readonly redis: { readonly proxy: RedisProxy; readonly url: string } | undefined;
  readonly repository: ServedRepository;
  readonly starts: Gate;
}

/** Starts a lane on a system of its own, with a Function that serves its first commit. The lane disposes of the system. */
export async function startLane(system: System, starts: Gate, database?: RedisDatabase): Promise<Lane> {
  const proxy = database && (await startRedisProxy(database.port));
  const lane = new Lane({
    system,
    api: await system.cluster.breakable(),
    forge: await startHttpFaultProxy({ url: system.git.url }),
    redis: proxy && { proxy, url: `redis://127.0.0.1:${proxy.port}/${database.database}` },
    repository: await system.git.repository(`team/${name}`),
    starts,
  });
  await lane.begin();
  return lane;
}

export class Lane implements AsyncDisposable {
  readonly mode: Mode;
  readonly #parts: Parts;
  readonly #pushed: string[] = [];
  #plane: Plane | undefined;
  /** What came since the last push. */
  #sent: (Sent & { readonly ms: number })[] = [];
  #target: Point | undefined;
  #kill = Promise.withResolvers<void>();

  constructor(parts: Parts) {
    this.mode = parts.redis ? 'redis' : 'memory';
    this.#parts = parts;
    parts.api.proxy.fault = request => this.#http('API server', apiKind(request));
    parts.forge.fault = request => this.#http('forge', forgeKind(request));
    if (parts.redis) parts.redis.proxy.fault = command => this.#see('Redis', redisKind(command));
  }

  async begin(): Promise<void> {
    const revision = await this.#push();
    await this.#start();
    const { system, forge } = this.#parts;
    await eventually('the Function is there', () => system.create(name, { url: `${forge.url}/team/${name}.git` }));
    await this.#untilServed(revision);
  }

  /** Lets one change be carried undisturbed, and gives what was sent for it. */
  async record(): Promise<readonly Sent[]> {
    await this.#untilServed(await this.#push());
    const end = await eventually('the change is over', () => {
      const last = this.#sent.findLast(({ at }) => at === 'API server')?.ms ?? Infinity;
      return performance.now() - last > quietMs ? last : undefined;
    });
    return this.#sent.filter(({ ms }) => ms <= end);
  }

  /**
   * Kills the worker at the point while it carries a change, starts another one, and waits for the end. Undefined: the request was not
   * sent in several changes; it was one that only chance adds, such as a second look.
   */
  async killAt(point: Point): Promise<KillOutcome | undefined> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const revision = await this.#push(point);
      if (!(await this.#untilKilled(revision))) continue;
      await this.#start();
      const served = await this.#untilServed(revision).then(
        () => true,
        () => this.#complain(revision),
      );
      return { served, runs: this.#runsOf(revision) };
    }
    return undefined;
  }

  /** How often each pushed commit was built, asked for when the last one was polled a few times more. */
  async runs(): Promise<readonly number[]> {
    this.#sent = [];
    // In vain where polling has ended, which is another failure.
    await eventually('some more polls', () => this.#sent.filter(({ at }) => at === 'forge').length > 2).catch(() => {});
    return this.#pushed.map(revision => this.#runsOf(revision));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { system, forge, redis } = this.#parts;
    await this.#plane?.kill9();
    await forge[Symbol.asyncDispose]();
    await redis?.proxy[Symbol.asyncDispose]();
    await system[Symbol.asyncDispose]();
  }

  async #start(): Promise<void> {
    const { system, api, forge, redis, starts } = this.#parts;
    const options = {
      kubeconfig: api.kubeconfig,
      allow: [new URL(forge.url).host],
      ...(redis && { redis: redis.url }),
    };
    this.#plane = await starts.pass(() => system.plane(options));
  }

  async #push(target?: Point): Promise<string> {
    this.#sent = [];
    this.#kill = Promise.withResolvers();
    this.#target = target;
    const revision = await this.#parts.repository.commit();
    this.#pushed.push(revision);
    return revision;
  }

  /** False when the change is long over and the point did not come. */
  async #untilKilled(revision: string): Promise<boolean> {
    const late = this.#untilServed(revision).then(() => new Promise(resolve => setTimeout(resolve, lateMs)));
    const killed = await Promise.race([
      this.#kill.promise.then(() => true),
      late.then(
        () => false,
        () => false,
      ),
    ]);
    if (!killed) this.#target = undefined;
    return killed;
  }

  #http(at: Server, kind: string | undefined): Fault | undefined {
    const fault = this.#see(at, kind);
    return fault && { [fault.moment]: fault.kill, cut: fault.moment };
  }

  /** Counts a request, and says whether the worker dies at it. */
  #see(at: Server, kind: string | undefined): RedisFault | undefined {
    if (kind === undefined) return undefined;
    this.#sent.push({ at, kind, ms: performance.now() });
    const target = this.#target;
    if (target?.at !== at || target.kind !== kind) return undefined;
    const nth = this.#sent.filter(sent => sent.at === at && sent.kind === kind).length;
    if (nth !== target.nth) return undefined;
    const plane = this.#plane;
    return { moment: target.moment, kill: async () => (plane === this.#plane ? this.#killNow() : undefined) };
  }

  /** With its Lease, whose end the next worker would otherwise wait for; the end of its locks in Redis it does wait for. */
  async #killNow(): Promise<void> {
    this.#target = undefined;
    const { kube, namespace } = this.#parts.system;
    await this.#plane?.kill9();
    const lease = { kind: leaseKind, namespace, name: 'revflow' };
    await eventually('the Lease is gone', () => kube.remove(lease).then(() => true));
    this.#kill.resolve();
  }

  /** The Function says so, its Serving has the digest, and what it replaced is gone. */
  async #untilServed(revision: string): Promise<void> {
    const { kube, namespace, ...system } = this.#parts.system;
    const digest = digestOf(name, revision);
    await eventually(
      `${revision} is served`,
      async () => {
        const { build, serving, revision: built } = (await system.read(name)).status ?? {};
        if (build?.revision !== revision || build.state !== 'Succeeded' || built?.imageDigest !== digest) return false;
        const servings = await kube.list(kinds.serving, { namespace });
        const images = servings.map(object => Reflect.get(Object(object['spec']), 'image'));
        const isServed = servings.length === 1 && servings[0]?.metadata.name === serving?.resourceRef;
        return isServed && String(images[0]).endsWith(`@${digest}`);
      },
      servedMs,
    );
  }

  /** What there is to know when a change was lost. */
  async #complain(revision: string): Promise<false> {
    const { system } = this.#parts;
    const { status } = await system.read(name);
    const sent = this.#sent.slice(-30).map(({ at, kind, ms }) => `${Math.round(ms)} ${at}: ${kind}`);
    console.error(`kill: ${revision} is not served: ${JSON.stringify(status)}`, sent, this.#plane?.log().slice(-5_000));
    return false;
  }

  #runsOf(revision: string): number {
    return this.#parts.system.farm.created.filter(run => run.revision === revision).length;
  }
}
