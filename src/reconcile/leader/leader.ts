// The leader: informers in, wakes out. It keeps the source graph, fans observations out, grants build slots, prunes, and watches for
// what is overdue. All of it can be made anew from lists; nothing of it is lost with the process.
import type { Clock, Timer } from '../../platform/clock.ts';
import type { Kube } from '../../platform/kube/kube.ts';
import type { Log } from '../../platform/log.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { Consumer, Queue } from '../../platform/queue/queue.ts';
import type { State } from '../../platform/state/state.ts';
import type { Credentials } from '../../revision/credential.ts';
import { readObservation } from '../../revision/detect.ts';
import { SourceGraph } from '../../watch/graph.ts';
import type { SecretRef } from '../../watch/source.ts';
import { builders, type ChildView, servings } from '../kinds.ts';
import { Followers } from '../slots/followers.ts';
import type { SlotOffice } from '../slots/office.ts';
import { Children } from './children.ts';
import { concerns, imageConcerns } from './fan-out.ts';
import type { FunctionView } from './function-view.ts';
import { Functions } from './functions.ts';
import { latestByKey } from './latest.ts';
import { Pruner } from './pruner.ts';
import { Runs, type WatchedBackend } from './runs.ts';
import { Secrets } from './secrets.ts';
import { leaveMark } from './state-mark.ts';
import { readSubscriber } from './subscriber.ts';
import { Subscriptions } from './subscriptions.ts';
import { Watchdog } from './watchdog.ts';

export interface LeaderOptions {
  readonly kube: Kube;
  readonly state: State;
  readonly queue: Queue;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Absent in companion mode: nothing is built, so there are no children to keep, to count or to prune. */
  readonly slots: SlotOffice | undefined;
  /** Whose runs are watched; of each engine the first that the cluster serves, looked for again now and then while there is none. */
  readonly backends: readonly WatchedBackend[];
  /** Floor of all polling intervals, milliseconds. */
  readonly minIntervalMs: number;
  /** How often Builders that grow too old are looked for; absent: at every beat. */
  readonly builderCheckMs?: number;
  /** Where Functions are looked for; undefined: everywhere. */
  readonly namespaces: readonly string[] | undefined;
  /** Watch the Secrets that say that they may be watched. */
  readonly watchSecrets: boolean;
}

/** A leader at work. Disposing it ends its informers and its fan-out; what was woken stays woken. */
export interface Leader extends AsyncDisposable {
  /** Resolves when everything was listed and every source was handed to the workers. */
  readonly ready: Promise<void>;
}

const fanOutConcurrency = 16;
const wakeConcurrency = 64;
const wakeRetryMs = 1_000;
const tickMs = 5_000;

/** Starts leading at once. */
export function startLeader(options: LeaderOptions): Leader {
  const leading = new Leading(options);
  return {
    ready: leading.start(),
    [Symbol.asyncDispose]: () => leading.stop(),
  };
}

class Leading {
  readonly #options: LeaderOptions;
  readonly #graph: SourceGraph;
  readonly #subscriptions: Subscriptions;
  readonly #functions: Functions;
  readonly #followers = new Followers();
  readonly #children: readonly Children[];
  readonly #servings: Children | undefined;
  readonly #runs: Runs | undefined;
  readonly #pruner: Pruner | undefined;
  #sweptAt = 0;
  readonly #watchdog: Watchdog;
  readonly #secrets: Secrets | undefined;
  readonly #waking = latestByKey(wakeConcurrency, key => this.#wake(key));
  readonly #stopping = new AbortController();
  /** Everything was listed once: what appears from now on is new. */
  #listed = false;
  #fanOut: Consumer | undefined;
  #tick: Timer | undefined;

  constructor(options: LeaderOptions) {
    const { kube, namespaces, minIntervalMs } = options;
    this.#options = options;
    this.#graph = new SourceGraph({ minIntervalMs });
    this.#subscriptions = new Subscriptions({
      ...options,
      graph: this.#graph,
      buildImages: options.slots !== undefined,
    });
    this.#watchdog = new Watchdog({ graph: this.#graph, clock: options.clock, subscriptions: this.#subscriptions });
    this.#functions = new Functions(kube, {
      namespaces,
      changed: (view, previous) => this.#functionChanged(view, previous),
      gone: view => this.#functionGone(view),
    });
    const secretChanged = (secret: SecretRef) => this.#secretChanged(secret);
    this.#secrets = options.watchSecrets ? new Secrets(kube, { namespaces, changed: secretChanged }) : undefined;
    const { slots } = options;
    const full = slots !== undefined;
    const { signal } = this.#stopping;
    this.#runs = slots && new Runs({ ...options, slots, changed: this.#childChanged, signal });
    const events = { namespaces, changed: this.#childChanged, gone: this.#childChanged };
    const builderIndex = full ? new Children(kube, builders, events) : undefined;
    const servingIndex = full ? new Children(kube, servings, events) : undefined;
    this.#servings = servingIndex;
    this.#children = [builderIndex, servingIndex].filter(index => index !== undefined);
    this.#pruner =
      builderIndex && servingIndex
        ? new Pruner({
            ...options,
            functions: this.#functions,
            builders: builderIndex,
            servings: servingIndex,
            isFollowed: ({ namespace, name }) => !this.#listed || this.#followers.of(namespace, name).length > 0,
          })
        : undefined;
  }

  async start(): Promise<void> {
    const { queue, slots, clock, state } = this.#options;
    // Before anything is handed out: what is lost from here on is missed. A state that is away is looked at again by the rounds.
    await leaveMark(state).catch(() => false);
    await this.#runs?.find();
    try {
      await Promise.all([this.#functions.synced, this.#runs?.synced, ...this.#children.map(({ synced }) => synced)]);
    } catch (error) {
      // Closed before the first list was whole.
      if (this.#stopping.signal.aborted) return;
      throw error;
    }
    this.#listed = true;
    for (const view of this.#functions.values()) {
      this.#pruner?.touch(view.uid);
      if (this.#lacksServing(view)) this.#waking.touch(view.key);
    }
    await this.#subscriptions.idle();
    if (this.#stopping.signal.aborted) return;
    await slots?.open();
    if (this.#stopping.signal.aborted) return;
    this.#fanOut = await queue.work('fanout', key => this.#fan(key), { concurrency: fanOutConcurrency });
    this.#tick = clock.after(tickMs, () => this.#beat());
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#tick?.cancel();
    this.#options.slots?.shut();
    await this.#fanOut?.close();
    const caches = [this.#functions, this.#runs, ...this.#children].filter(cache => cache !== undefined);
    await Promise.all(caches.map(cache => cache[Symbol.asyncDispose]()));
    await this.#secrets?.[Symbol.asyncDispose]();
    await Promise.all([this.#subscriptions[Symbol.asyncDispose](), this.#pruner?.[Symbol.asyncDispose]()]);
    await this.#waking.close();
    // Another process counts now.
    for (const name of ['revflow_overdue_sources', 'revflow_sources'] as const)
      this.#options.metrics.gauge(name, {}, 0);
  }

  #functionChanged(view: FunctionView, previous: FunctionView | undefined): void {
    this.#subscriptions.put(view);
    this.#followers.put(view);
    this.#pruner?.touch(view.uid);
    if (previous !== undefined) this.#followed(view, previous);
    // What was settled when this leader came is left alone: a restart asks nothing of the API server.
    if (previous !== undefined || !this.#isSettled(view)) this.#waking.touch(view.key);
  }

  /** What a change means for those who share its run, and for the one whose run it shares. */
  #followed(view: FunctionView, { builder, buildEnded, namespace, follows }: FunctionView): void {
    if (builder !== undefined && (builder !== view.builder || buildEnded !== view.buildEnded))
      this.#wakeFollowers(namespace, builder);
    if (follows !== undefined && follows.builder !== view.follows?.builder) this.#unfollow(namespace, follows.function);
  }

  /** One Function less waits for a Builder of this one, which may be let go. */
  #unfollow(namespace: string, name: string): void {
    const followed = this.#functions.get(`${namespace}/${name}`);
    if (followed) this.#pruner?.touch(followed.uid);
  }

  /** Beside OpenFunction nothing tells the generation that was looked at; a source that was seen is compared when it is polled. */
  #isSettled(view: FunctionView): boolean {
    return this.#options.slots ? view.settled : view.watch !== undefined && view.watching === 'Observed';
  }

  #functionGone(view: FunctionView): void {
    if (this.#functions.get(view.key) === undefined) this.#subscriptions.drop(view.key);
    this.#options.slots?.functionGone(view.uid);
    this.#followers.drop(view.key);
    if (view.follows) this.#unfollow(view.namespace, view.follows.function);
    if (view.builder !== undefined) this.#wakeFollowers(view.namespace, view.builder);
    this.#waking.touch(view.key);
  }

  #secretChanged(secret: SecretRef): void {
    this.#options.credentials.forget(secret);
    for (const view of this.#functions.values()) {
      const isUsed = [view.watch, ...view.imageWatches].some(watch => watch?.secret === secret.name);
      if (view.namespace !== secret.namespace || !isUsed) continue;
      this.#subscriptions.put(view);
      this.#waking.touch(view.key);
    }
  }

  readonly #childChanged = (child: ChildView): void => {
    this.#pruner?.touch(child.functionUid);
    const owner = this.#functions.withUid(child.functionUid);
    // A child that was there before this leader is no news to a Function that was settled.
    if (owner && (this.#listed || !owner.settled)) this.#waking.touch(owner.key);
    // Those that follow are never settled.
    this.#wakeFollowers(child.namespace, child.builder);
  };

  /** Something became of a run, which others may share. */
  #wakeFollowers(namespace: string, builder: string): void {
    for (const key of this.#followers.of(namespace, builder)) this.#waking.touch(key);
  }

  /** Handles the queue `fanout`: after a poll, or a worker's claim for a slot. */
  async #fan(key: string): Promise<undefined> {
    if (await this.#options.slots?.handle(key)) return;
    const observation = await readObservation(this.#options.state, key);
    if (observation === undefined) return;
    this.#watchdog.heard(key);
    for (const subscriber of this.#graph.subscribers(key)) {
      const { key: functionKey, image } = readSubscriber(subscriber);
      const view = this.#functions.get(functionKey);
      const imageWatch = image === undefined ? undefined : view?.imageWatches[image];
      if (!view || (image !== undefined && !imageWatch)) continue;
      const differs = imageWatch ? imageConcerns(view, imageWatch, observation) : concerns(view, observation);
      if (differs) this.#waking.touch(functionKey);
    }
    if (observation.failure ?? observation.askedWith) this.#subscriptions.recheck(key);
  }

  async #wake(key: string): Promise<void> {
    const { queue, log, clock } = this.#options;
    try {
      await queue.wake('function', key);
    } catch (error) {
      log.debug('cannot wake', { function: key, error });
      clock.after(wakeRetryMs, () => this.#waking.touch(key));
    }
  }

  /** An emptied Redis has forgotten who is to be polled and what comes back by itself: all of it is said again. */
  async #lookForLoss(): Promise<void> {
    const { state, log } = this.#options;
    try {
      if (!(await leaveMark(state)) || this.#stopping.signal.aborted) return;
    } catch (error) {
      // Away is not lost; the next round asks again.
      return log.debug('cannot look at the shared state', { error });
    }
    log.info('the shared state was empty; handing everything out again', { sources: this.#graph.size });
    for (const source of this.#graph.keys()) this.#subscriptions.hurry(source);
    for (const view of this.#functions.values()) if (this.#isOpen(view)) this.#waking.touch(view.key);
  }

  /** Something is still to come, and perhaps nobody has it in mind any more. */
  #isOpen(view: FunctionView): boolean {
    return !view.settled || view.holding || this.#lacksServing(view);
  }

  /** Its status names a Serving that is not there: who recorded it may have died before creating it. Only our own are known here. */
  #lacksServing({ uid, serving, servingSequence }: FunctionView): boolean {
    if (serving === undefined || servingSequence === undefined || this.#servings === undefined) return false;
    return !this.#servings.of(uid).some(({ name }) => name === serving);
  }

  async #countKeys(): Promise<void> {
    const { queue, metrics, log } = this.#options;
    for (const name of ['source', 'fanout', 'function'] as const) {
      try {
        const { delayed, due, running } = await queue.counts(name);
        metrics.gauge('revflow_queue_keys', { queue: name, state: 'waiting' }, delayed);
        metrics.gauge('revflow_queue_keys', { queue: name, state: 'due' }, due);
        metrics.gauge('revflow_queue_keys', { queue: name, state: 'running' }, running);
      } catch (error) {
        log.debug('cannot count keys', { queue: name, error });
      }
    }
  }

  /** The slow round: nothing here is needed while all goes well. */
  #beat(): void {
    const { slots, clock, metrics } = this.#options;
    if (this.#stopping.signal.aborted) return;
    void this.#lookForLoss();
    metrics.gauge('revflow_overdue_sources', {}, this.#watchdog.round());
    metrics.gauge('revflow_sources', {}, this.#graph.size);
    void this.#countKeys();
    slots?.round();
    if (clock.now() - this.#sweptAt >= (this.#options.builderCheckMs ?? 0)) {
      this.#sweptAt = clock.now();
      this.#pruner?.sweep();
    }
    for (const key of this.#watchdog.share(this.#functions.values(), this.#functions.size)) this.#waking.touch(key);
    void this.#runs?.find();
    this.#tick = clock.after(tickMs, () => this.#beat());
  }
}
