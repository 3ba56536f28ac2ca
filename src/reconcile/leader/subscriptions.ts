// Keeps the source graph and what the workers read of it current: which Function listens to which source, under which credential.
import type { Clock } from '../../platform/clock.ts';
import { RetryableError, TerminalError } from '../../platform/errors.ts';
import type { Log } from '../../platform/log.ts';
import type { Queue } from '../../platform/queue/queue.ts';
import type { State } from '../../platform/state/state.ts';
import type { Credentials } from '../../revision/credential.ts';
import { mostBuildImages } from '../../watch/build-images.ts';
import type { GraphChange, SourceGraph } from '../../watch/graph.ts';
import type { Watch } from '../../watch/plan.ts';
import { type SourceSpec, stateKeys } from '../../watch/source.ts';
import type { FunctionView } from './function-view.ts';
import { type Latest, latestByKey } from './latest.ts';
import { readSubscriber, subscriberOf } from './subscriber.ts';

export interface SubscriptionsOptions {
  readonly graph: SourceGraph;
  /** Whether images that builds are made with are watched too. */
  readonly buildImages: boolean;
  readonly credentials: Credentials;
  readonly state: State;
  readonly queue: Pick<Queue, 'wake'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long a source's description outlives its last assertion; the leader re-asserts more often. */
const specMs = 30 * 60_000;
/** How soon a Secret that could not be used is looked at again. */
const retryMs = 60_000;
/** Secrets read at once, and descriptions written at once. */
const concurrency = 32;

/** Many Functions of a repository come together: the trees are read for all of them. */
const morePathsMs = 1_000;

/** What is asked of a source. */
interface Asked {
  readonly wants: string;
  /** Each with its want. */
  readonly paths: ReadonlySet<string>;
}

function askedOf({ wants, paths = {} }: SourceSpec): Asked {
  const wanted = Object.entries(paths).flatMap(([want, some]) => some.map(path => `${want} ${path}`));
  return { wants: wants.join(' '), paths: new Set(wanted) };
}

/** How long the next poll may wait: a new want needs one at once (undefined), new paths soon; all else in its time. */
function waitOf(asked: Asked, before: Asked | undefined, { intervalMs }: SourceSpec): number | undefined {
  if (before?.wants !== asked.wants) return undefined;
  const isMore = [...asked.paths].some(path => !before.paths.has(path));
  return isMore ? Math.min(morePathsMs, intervalMs) : intervalMs;
}

/** The subscriptions of all Functions, kept by the leader. */
export class Subscriptions implements AsyncDisposable {
  readonly #options: SubscriptionsOptions;
  readonly #views = new Map<string, FunctionView>();
  /** What each source was last handed out with. */
  readonly #asked = new Map<string, Asked>();
  readonly #resolving: Latest;
  readonly #asserting: Latest;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
    this.#resolving = latestByKey(concurrency, key => this.#resolve(key));
    this.#asserting = latestByKey(concurrency, key => this.#assert(key));
  }

  /** A Function appeared or changed. */
  put(view: FunctionView): void {
    this.#views.set(view.key, view);
    this.#resolving.touch(view.key);
  }

  /** A Function is gone. */
  drop(key: string): void {
    this.#views.delete(key);
    this.#resolving.touch(key);
  }

  /** Looks at the credentials of a source's subscribers again: a poll was refused, or one of them changed. */
  recheck(source: string): void {
    for (const subscriber of this.#options.graph.subscribers(source)) {
      this.#resolving.touch(readSubscriber(subscriber).key);
    }
  }

  /** Writes the description of a source again and makes sure that it is polled within its interval; harmless when all is well. */
  reassert(source: string): void {
    this.#asserting.touch(source);
  }

  /** Asks for a poll now: the source was not heard of for too long. */
  hurry(source: string): void {
    this.#asked.delete(source);
    this.#asserting.touch(source);
  }

  /** Resolves when nothing is under way. */
  idle(): Promise<void> {
    return Promise.all([this.#resolving.idle(), this.#asserting.idle()]).then(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#resolving.close(), this.#asserting.close()]);
  }

  async #resolve(key: string): Promise<void> {
    const view = this.#views.get(key);
    const namespace = view?.namespace ?? '';
    await this.#listen(key, view?.watch, namespace);
    if (!this.#options.buildImages) return;
    for (let at = 0; at < mostBuildImages; at += 1) {
      await this.#listen(subscriberOf(key, at), view?.imageWatches[at], namespace);
    }
  }

  async #listen(subscriber: string, watch: Watch | undefined, namespace: string): Promise<void> {
    const { graph, credentials } = this.#options;
    if (watch === undefined) return this.#follow(graph.unsubscribe(subscriber));
    const secret = watch.secret === undefined ? undefined : { namespace, name: watch.secret };
    try {
      const { credentialId } = await credentials.resolve(secret, watch.source);
      this.#follow(graph.subscribe(subscriber, { watch, namespace, credentialId }));
    } catch (error) {
      this.#unusable(subscriber, error);
    }
  }

  /** The Function's own reconcile says what is wrong; here it only listens to nothing until the Secret can be used. */
  #unusable(subscriber: string, error: unknown): void {
    const { graph, log, clock } = this.#options;
    const { key } = readSubscriber(subscriber);
    this.#follow(graph.unsubscribe(subscriber));
    if (!(error instanceof RetryableError || error instanceof TerminalError)) {
      log.error('subscribing failed', { function: key, error });
    }
    clock.after(retryMs, () => this.#resolving.touch(key));
  }

  #follow({ added, changed, left, removed }: GraphChange): void {
    for (const spec of [added, changed, left]) if (spec) this.#asserting.touch(spec.key);
    if (removed !== undefined) this.#asserting.touch(removed);
  }

  async #assert(key: string): Promise<void> {
    const { graph, state, queue, log, clock } = this.#options;
    const spec = graph.spec(key);
    try {
      if (spec === undefined) {
        this.#asked.delete(key);
        return await state.delete(stateKeys.spec(key));
      }
      const asked = askedOf(spec);
      const waitMs = waitOf(asked, this.#asked.get(key), spec);
      await state.set(stateKeys.spec(key), JSON.stringify(spec), specMs);
      await queue.wake('source', key, waitMs === undefined ? undefined : clock.now() + waitMs);
      this.#asked.set(key, asked);
    } catch (error) {
      log.warn('cannot hand a source to the workers', { source: key, error });
      clock.after(1_000, () => this.#asserting.touch(key));
    }
  }
}
