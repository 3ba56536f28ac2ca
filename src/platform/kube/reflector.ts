// A cache of one kind, kept current by list and watch. Every error is retried; only a whole list may say that something is gone.
import type { Clock } from '../clock.ts';
import { RetryableError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type Kind, KubeError, type Reflector, type ReflectorOptions } from './kube.ts';
import type { Page } from './page.ts';
import type { PageOptions } from './requests.ts';
import { Store } from './store.ts';
import type { Transport } from './transport.ts';
import { readWatch } from './watch.ts';

export interface ReflectorContext {
  readonly transport: Transport;
  readonly page: (kind: Kind, options: PageOptions) => Promise<Page>;
  readonly clock: Clock;
  readonly log: Log;
}

/** A watch without a word for this long is opened anew: the connection may be dead without either side knowing. */
const silenceMs = 90_000;
/** Everything is listed anew this often, whatever the watch said: an API server restored from an older copy tells nobody. */
const resyncMs = 10 * 60_000;
const firstBackoffMs = 500;
const longestBackoffMs = 30_000;

/** Starts listing and watching at once. */
export function startReflector<T>(options: ReflectorOptions<T>, context: ReflectorContext): Reflector<T> {
  const closing = new AbortController();
  const synced = Promise.withResolvers<void>();
  synced.promise.catch(() => {});
  const store = new Store(options, context.log);
  const loop = new ReflectorLoop({ options, context, store, signal: closing.signal, synced: synced.resolve });
  const running = loop.run();
  return {
    synced: synced.promise,
    get: (namespace, name) => store.get(namespace, name),
    values: () => store.values(),
    get size() {
      return store.size;
    },
    get lastAliveAt() {
      return loop.lastAliveAt;
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      synced.reject(
        new KubeError({ status: 0, reason: 'Aborted' }, `the reflector of ${options.kind.plural} was closed`),
      );
      await running;
    },
  };
}

interface LoopOptions<T> {
  readonly options: ReflectorOptions<T>;
  readonly context: ReflectorContext;
  readonly store: Store<T>;
  readonly signal: AbortSignal;
  readonly synced: () => void;
}

class ReflectorLoop<T> {
  lastAliveAt: number;
  private readonly of: LoopOptions<T>;
  /** Where the watch goes on; undefined: a list is due. */
  private version: string | undefined;
  private listedAt = 0;
  /** The server accepted the watch that is under way. */
  private streaming = false;
  /** The last watch was cut: nobody knows what became of the server meanwhile. */
  private wasCut = false;
  private failures = 0;
  /** After history was lost between two pages, one request takes all. */
  private unpaged = false;
  private lastReason = '';

  constructor(of: LoopOptions<T>) {
    this.of = of;
    this.lastAliveAt = of.context.clock.now();
  }

  /** Ends when the reflector is closed; never rejects. */
  async run(): Promise<void> {
    const { signal } = this.of;
    while (!signal.aborted) {
      try {
        await this.watch(await this.position());
      } catch (error) {
        if (!signal.aborted) await this.recover(error);
      }
    }
  }

  /** Where the watch begins: where a cut one ended, unless the server has come back as it was before, or else after a new list. */
  private async position(): Promise<string> {
    if (this.wasCut && this.version !== undefined) await this.checkVersion(this.version);
    this.wasCut = false;
    return this.version ?? (await this.relist());
  }

  private async relist(): Promise<string> {
    const { options, context, store, signal } = this.of;
    const seen = store.begin();
    let next: string | undefined;
    let version: string | undefined;
    do {
      const limit = this.unpaged ? 0 : undefined;
      const page = await context.page(options.kind, { ...options, continue: next, limit, signal });
      for (const item of page.items) seen.add(item);
      version = page.resourceVersion;
      next = page.continue;
      this.alive();
    } while (next !== undefined);
    seen.commit();
    this.unpaged = false;
    this.version = version;
    this.listedAt = context.clock.now();
    this.of.synced();
    return version;
  }

  /** One watch request; returns when the server ended it after its time. */
  private async watch(from: string): Promise<void> {
    const { options, context, store, signal } = this.of;
    const openedAt = context.clock.now();
    let version = from;
    let events = 0;
    const told = readWatch({ ...options, resourceVersion: from, signal, silenceMs }, context);
    for await (const event of told) {
      this.alive();
      this.streaming = true;
      if (event.type === 'opened') continue;
      events += 1;
      if (event.type !== 'bookmark') store.take(event);
      version = event.resourceVersion;
      this.version = version;
      this.succeeded();
    }
    this.streaming = false;
    const now = context.clock.now();
    if (events === 0) await this.checkVersion(version);
    if (now - this.listedAt > resyncMs) this.version = undefined;
    // A server (or a proxy) that ends each watch at once must not be asked in a hot loop.
    if (events === 0 && now - openedAt < 5_000) {
      throw new KubeError({ status: 0, reason: 'Unreachable' }, `watch ${options.kind.plural}: it ended at once`);
    }
    this.succeeded();
  }

  /** A watch from a version that the server has not reached (it was restored from an older copy) is silent for ever. */
  private async checkVersion(version: string): Promise<void> {
    const { options, context, signal } = this.of;
    const page = await context.page(options.kind, { ...options, limit: 1, signal });
    this.alive();
    if (isBefore(page.resourceVersion, version)) this.version = undefined;
  }

  private alive(): void {
    this.lastAliveAt = this.of.context.clock.now();
  }

  private succeeded(): void {
    if (this.failures === 0) return;
    this.of.context.log.info('reflector recovered', { plural: this.of.options.kind.plural });
    this.failures = 0;
    this.lastReason = '';
  }

  private async recover(error: unknown): Promise<void> {
    const { context, signal } = this.of;
    const known = error instanceof KubeError;
    const lost = known && error.reason === 'Expired';
    if (lost && this.version === undefined) this.unpaged = true;
    // A server that was away may come back with an older copy of everything: only a cut stream goes on where it was.
    const cut = known && error.status === 0 && this.streaming;
    if (!cut) this.version = undefined;
    this.wasCut = cut;
    this.streaming = false;
    this.report(error);
    const doubled = Math.min(firstBackoffMs * 2 ** this.failures, longestBackoffMs);
    this.failures += 1;
    if (lost && this.failures === 1) return;
    const jittered = doubled * (0.5 + Math.random() / 2);
    const asked = error instanceof RetryableError && error.retryAt ? error.retryAt - context.clock.now() : 0;
    await context.clock.sleep(Math.max(jittered, Math.min(asked, 5 * 60_000)), signal).catch(() => {});
  }

  private report(error: unknown): void {
    const { log } = this.of.context;
    const fields = { plural: this.of.options.kind.plural, error };
    if (!(error instanceof KubeError)) return log.error('reflector failed', fields);
    const repeated = this.lastReason === error.reason;
    this.lastReason = error.reason;
    if (repeated || error.reason === 'Expired') log.debug('reflector failed', fields);
    else log.warn('reflector failed', fields);
  }
}

/** Versions are decimal numbers that only grow; anything else cannot be compared, and counts as not before. */
function isBefore(version: string, other: string): boolean {
  if (!/^\d+$/.test(version) || !/^\d+$/.test(other)) return false;
  return BigInt(version) < BigInt(other);
}
