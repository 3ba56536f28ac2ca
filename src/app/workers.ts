// The workers of a process: when they take keys, and whether they get on. Where the queue is this process's own they act only while it
// leads; where it is shared, while any process leads. With nobody leading, OpenFunction's own controllers may be at work.
import type { Clock, Timer } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Consumer, Handler, Queue, QueueName } from '../platform/queue/queue.ts';
import type { State } from '../platform/state/state.ts';
import type { Leader } from '../reconcile/leader/leader.ts';

export interface WorkersOptions {
  readonly queue: Queue;
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  /** What works on which queue, and on how many keys at once. */
  readonly jobs: readonly { readonly queue: QueueName; readonly handler: Handler; readonly concurrency: number }[];
}

/** In the state port while somebody leads. */
const leaderKey = 'leader';
/** Short: a leader that was killed must be forgotten before another controller can have its Lease. */
const leaderKeptMs = 8_000;
/** How often a leader says so. */
const beatMs = 2_500;
/** How often an idle worker looks whether somebody leads by now. */
const idleBeatMs = 1_000;
/** Nobody leads: not heard of a leader for so long. Redis may only have been emptied. */
const absentMs = 6_000;
/** Due keys that nobody has handled for this long mean that the scheduler is stuck. */
const stuckMs = 5 * 60_000;
const graceMs = 10_000;

/** The workers of one process. */
export class Workers {
  readonly #options: WorkersOptions;
  readonly #stopping = new AbortController();
  #leading = false;
  /** When a leader was last heard of. */
  #heardAt = -Infinity;
  #consumers: Promise<readonly Consumer[]> | undefined;
  readonly #closing = new Set<Promise<unknown>>();
  #timer: Timer | undefined;
  #handledAt = 0;

  constructor(options: WorkersOptions) {
    this.#options = options;
    if (options.queue.shared) void this.#beat();
  }

  /** The same leader; while it leads, the workers work. */
  under(leader: Leader): Leader {
    this.#lead(true);
    return {
      ready: leader.ready,
      [Symbol.asyncDispose]: async () => {
        this.#lead(false);
        await leader[Symbol.asyncDispose]();
      },
    };
  }

  /** Whether keys that are due are handled. A queue that cannot be asked is its server's trouble and no reason to be restarted. */
  async live(): Promise<boolean> {
    const { queue, clock, jobs } = this.#options;
    if (this.#consumers === undefined || clock.now() - this.#handledAt < stuckMs || !queue.healthy()) return true;
    const counts = await Promise.all(jobs.map(job => queue.counts(job.queue).catch(() => undefined)));
    return counts.every(count => count === undefined || count.due === 0);
  }

  /** Takes nothing more, and lets what runs finish. */
  async close(): Promise<void> {
    this.#stopping.abort();
    this.#timer?.cancel();
    this.#look();
    await Promise.all(this.#closing);
  }

  #lead(leading: boolean): void {
    this.#leading = leading;
    this.#heardAt = -Infinity;
    this.#look();
    if (!this.#options.queue.shared) return;
    void (leading ? this.#beat() : this.#abdicate());
  }

  /** What was said is taken back; a successor says it again. */
  async #abdicate(): Promise<void> {
    const { state, log } = this.#options;
    await state.delete(leaderKey).catch((error: unknown) => log.debug('cannot tell that nobody leads', { error }));
    await this.#beat();
  }

  /** Tells the others, or hears of another. A state that cannot be asked changes nothing. */
  async #beat(): Promise<void> {
    const { state, clock, log } = this.#options;
    if (this.#stopping.signal.aborted) return;
    this.#timer?.cancel();
    try {
      if (this.#leading) await state.set(leaderKey, 'leads', leaderKeptMs);
      else if ((await state.get(leaderKey)) !== undefined) this.#heardAt = clock.now();
    } catch (error) {
      log.debug('cannot tell whether somebody leads', { error });
      if (this.#consumers) this.#heardAt = clock.now();
    }
    if (this.#stopping.signal.aborted) return;
    this.#look();
    this.#timer?.cancel();
    this.#timer = clock.after(this.#consumers ? beatMs : idleBeatMs, () => void this.#beat());
  }

  #look(): void {
    const heard = this.#options.clock.now() - this.#heardAt < absentMs;
    const wanted = !this.#stopping.signal.aborted && (this.#leading || heard);
    if (wanted === (this.#consumers !== undefined)) return;
    if (wanted) this.#begin();
    else this.#end();
  }

  #begin(): void {
    const { queue, clock, log, jobs } = this.#options;
    this.#handledAt = clock.now();
    log.info('working');
    this.#consumers = Promise.all(
      jobs.map(job => queue.work(job.queue, this.#seen(job.handler), { concurrency: job.concurrency })),
    );
    this.#consumers.catch((error: unknown) => {
      log.error('workers did not start', { error });
      this.#consumers = undefined;
    });
  }

  #end(): void {
    const ending = this.#consumers;
    this.#consumers = undefined;
    this.#options.log.info('working no longer');
    const closing = ending
      ?.then(consumers => Promise.all(consumers.map(consumer => consumer.close(graceMs))))
      .catch((error: unknown) => this.#options.log.error('workers did not end', { error }));
    if (closing === undefined) return;
    this.#closing.add(closing);
    void closing.finally(() => this.#closing.delete(closing));
  }

  #seen(handler: Handler): Handler {
    return async (key, signal) => {
      try {
        return await handler(key, signal);
      } finally {
        this.#handledAt = this.#options.clock.now();
      }
    };
  }
}
