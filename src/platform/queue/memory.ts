// The queue of one process: everything is found again by listing, so nothing of it outlives the process.
import type { Clock, Timer } from '../clock.ts';
import { RetryableError } from '../errors.ts';
import type { Log } from '../log.ts';
import { retryTime } from './backoff.ts';
import { dueTime } from './due.ts';
import { Heap, type Timed } from './heap.ts';
import type { Consumer, Handler, Queue, QueueName, WorkOptions } from './queue.ts';
import { type Outcome, Runs } from './run.ts';

interface Entry extends Timed {
  readonly key: string;
  running: boolean;
  /** The earliest wake that came during the run; Infinity: none. */
  wanted: number;
  failures: number;
}

interface Ports {
  readonly clock: Clock;
  readonly log: Log;
}

interface Taker {
  readonly runs: Runs;
  readonly concurrency: number;
}

const defaultGraceMs = 10_000;
/** Timers stand still while a laptop sleeps, and clocks are set: the time is looked at this often at least. */
const longestSleepMs = 30_000;

/** A queue in memory. Keys that were woken before anybody works wait. */
export function createMemoryQueue(ports: Ports): Queue {
  const lines = new Map<QueueName, Line>();

  function line(name: QueueName): Line {
    const known = lines.get(name) ?? new Line(name, ports);
    lines.set(name, known);
    return known;
  }
  let closed = false;

  return {
    shared: false,
    async wake(queue, key, at) {
      if (closed) throw new RetryableError('Aborted', `cannot wake ${key}: the queue is closed`);
      line(queue).wake(key, dueTime(at, ports.clock.now()));
    },
    work: async (queue, handler, options) => line(queue).work(handler, options),
    counts: async queue => line(queue).counts(),
    healthy: () => !closed,
    async [Symbol.asyncDispose]() {
      closed = true;
      await Promise.all([...lines.values()].map(each => each.close()));
    },
  };
}

/** One named queue: a heap of the keys that wait, one timer for the first of them. */
class Line {
  private readonly name: QueueName;
  private readonly ports: Ports;
  private readonly entries = new Map<string, Entry>();
  private readonly waiting = new Heap<Entry>();
  private readonly takers = new Map<Taker, Consumer>();
  private running = 0;
  private timer: Timer | undefined;
  private turn: NodeJS.Immediate | undefined;

  constructor(name: QueueName, ports: Ports) {
    this.name = name;
    this.ports = ports;
  }

  wake(key: string, at: number): void {
    const entry = this.entries.get(key) ?? { key, at, slot: -1, running: false, wanted: Infinity, failures: 0 };
    this.entries.set(key, entry);
    if (entry.running) entry.wanted = Math.min(entry.wanted, at);
    else if (entry.slot < 0 || at < entry.at) this.waiting.put(entry, at);
    this.soon();
  }

  work(handler: Handler, options: WorkOptions): Consumer {
    const taker = { runs: new Runs(handler), concurrency: options.concurrency };
    const close = async (graceMs = defaultGraceMs) => {
      this.takers.delete(taker);
      if (await taker.runs.drain(this.ports.clock, graceMs)) return;
      this.ports.log.warn('a handler does not end although its signal was aborted', { queue: this.name });
    };
    const consumer = { close, [Symbol.asyncDispose]: () => close() };
    this.takers.set(taker, consumer);
    this.soon();
    return consumer;
  }

  counts(): { delayed: number; due: number; running: number } {
    const now = this.ports.clock.now();
    let due = 0;
    for (const entry of this.entries.values()) if (!entry.running && entry.at <= now) due += 1;
    return { delayed: this.waiting.size - due, due, running: this.running };
  }

  async close(): Promise<void> {
    this.timer?.cancel();
    clearImmediate(this.turn);
    await Promise.all([...this.takers.values()].map(consumer => consumer.close()));
  }

  /** Looks in a later turn of the event loop: however many keys are due, timers and sockets have their turns between. */
  private soon(): void {
    this.turn ??= setImmediate(() => {
      this.turn = undefined;
      this.look();
    });
  }

  private look(): void {
    this.timer?.cancel();
    for (const taker of this.takers.keys()) {
      while (taker.runs.size < taker.concurrency) {
        const entry = this.waiting.first;
        if (!entry) return;
        if (entry.at > this.ports.clock.now()) return this.sleep(entry.at);
        this.start(entry, taker);
      }
    }
  }

  private sleep(until: number): void {
    const ms = Math.min(until - this.ports.clock.now(), longestSleepMs);
    this.timer = this.ports.clock.after(ms, () => this.look());
  }

  private start(entry: Entry, taker: Taker): void {
    this.waiting.remove(entry);
    entry.running = true;
    this.running += 1;
    taker.runs
      .start(entry.key, outcome => this.settle(entry, outcome))
      .catch((error: unknown) => this.ports.log.error('a run could not be settled', { queue: this.name, error }))
      .finally(() => this.soon());
  }

  private settle(entry: Entry, outcome: Outcome): void {
    this.running -= 1;
    entry.running = false;
    entry.failures = outcome.kind === 'failed' ? entry.failures + 1 : 0;
    const at = Math.min(this.next(entry, outcome), entry.wanted);
    entry.wanted = Infinity;
    if (at === Infinity) this.entries.delete(entry.key);
    else this.waiting.put(entry, at);
  }

  private next(entry: Entry, outcome: Outcome): number {
    if (outcome.kind === 'done')
      return outcome.next === undefined ? Infinity : dueTime(outcome.next, this.ports.clock.now());
    if (outcome.kind === 'stopped') return this.ports.clock.now();
    const { error } = outcome;
    return retryTime({ queue: this.name, key: entry.key, error, failures: entry.failures }, this.ports);
  }
}
