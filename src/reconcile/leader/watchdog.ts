// Finds what was forgotten: sources that nobody has polled for too long, and, now and then, everything once more.
import type { Clock } from '../../platform/clock.ts';
import type { SourceGraph } from '../../watch/graph.ts';
import type { FunctionView } from './function-view.ts';
import type { Subscriptions } from './subscriptions.ts';

export interface WatchdogOptions {
  readonly graph: SourceGraph;
  readonly subscriptions: Pick<Subscriptions, 'hurry' | 'reassert'>;
  readonly clock: Clock;
}

/** A source is overdue when this many of its intervals went by unheard. */
const intervals = 3;
/** And this much more, for forges that are slow or limit us. */
const graceMs = 60_000;
/** Every source is handed to the workers again in this span, and every Function is looked at once. */
const roundMs = 10 * 60_000;

/** Watches over the sources of one leader. */
export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #heard = new Map<string, number>();
  /** When what is overdue was last asked for. */
  readonly #hurried = new Map<string, number>();
  #assertedAt: number;
  #sharedAt: number;
  /** How many Functions of this round were looked at. */
  #shared = 0;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#assertedAt = options.clock.now();
    this.#sharedAt = this.#assertedAt;
  }

  /** A poll of this source was told. */
  heard(source: string): void {
    this.#heard.set(source, this.#options.clock.now());
    this.#hurried.delete(source);
  }

  /** Hurries what is overdue, re-asserts everything when a round is over; returns how many sources are overdue. */
  round(): number {
    const { graph, subscriptions, clock } = this.#options;
    const now = clock.now();
    const everything = now - this.#assertedAt >= roundMs;
    if (everything) this.#assertedAt = now;
    let overdue = 0;
    for (const key of graph.keys()) {
      const spec = graph.spec(key);
      if (spec === undefined) continue;
      const patienceMs = intervals * spec.intervalMs + graceMs;
      // A source that appeared since the last round has its time from now on.
      if (!this.#heard.has(key)) this.#heard.set(key, now);
      const isOverdue = now - (this.#heard.get(key) ?? now) > patienceMs;
      if (isOverdue) overdue += 1;
      // Not again before it had its time.
      if (isOverdue && now - (this.#hurried.get(key) ?? 0) > patienceMs) {
        this.#hurried.set(key, now);
        subscriptions.hurry(key);
      } else if (everything) subscriptions.reassert(key);
    }
    if (this.#heard.size > 2 * graph.size + 1_000) this.#forget();
    return overdue;
  }

  /** Keys of the Functions whose turn it is, so that each comes once in a round. */
  share(functions: Iterable<FunctionView>, size: number): readonly string[] {
    const now = this.#options.clock.now();
    const due = Math.floor(Math.min((now - this.#sharedAt) / roundMs, 1) * size);
    const keys: string[] = [];
    let at = 0;
    for (const view of functions) {
      if (at >= due) break;
      if (at >= this.#shared) keys.push(view.key);
      at += 1;
    }
    this.#shared = due;
    if (now - this.#sharedAt >= roundMs) {
      this.#sharedAt = now;
      this.#shared = 0;
    }
    return keys;
  }

  #forget(): void {
    for (const known of [this.#heard, this.#hurried]) {
      for (const key of known.keys()) if (this.#options.graph.spec(key) === undefined) known.delete(key);
    }
  }
}
