// What a consumer keeps of the runs it has under way: their end to wait for, and the signal that stops them.
import type { Clock } from '../clock.ts';
import type { Handler } from './queue.ts';

/** What a run comes to: the next time it asked for, or what it threw. `stopped`: it threw because its signal was aborted. */
export type Outcome =
  | { readonly kind: 'done'; readonly next: number | undefined }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'stopped' };

/** How long a run is waited for after its signal was aborted. */
const deafMs = 2_000;

/** The runs of one consumer. */
export class Runs {
  private readonly handler: Handler;
  private readonly under = new Map<AbortController, Promise<unknown>>();

  constructor(handler: Handler) {
    this.handler = handler;
  }

  get size(): number {
    return this.under.size;
  }

  /** Runs the handler, then `settle` with its outcome, and resolves after both; draining waits for the handler alone. */
  async start(key: string, settle: (outcome: Outcome) => Promise<void> | void): Promise<void> {
    const stopper = new AbortController();
    const outcome = this.outcome(key, stopper.signal).finally(() => this.under.delete(stopper));
    this.under.set(stopper, outcome);
    await settle(await outcome);
  }

  /** Aborts every run. */
  abort(): void {
    for (const stopper of this.under.keys()) stopper.abort(new Error('the consumer is closing'));
  }

  /** Waits `graceMs` for the runs, aborts what is left, and returns whether all have ended soon after. */
  async drain(clock: Clock, graceMs: number): Promise<boolean> {
    if (await this.ended(clock, graceMs)) return true;
    this.abort();
    return this.ended(clock, deafMs);
  }

  private async ended(clock: Clock, ms: number): Promise<boolean> {
    if (this.under.size === 0 || ms <= 0) return this.under.size === 0;
    const all = Promise.allSettled(this.under.values()).then(() => true);
    const { promise: late, resolve } = Promise.withResolvers<boolean>();
    const timer = clock.after(ms, () => resolve(false));
    const inTime = await Promise.race([all, late]);
    timer.cancel();
    return inTime;
  }

  private async outcome(key: string, signal: AbortSignal): Promise<Outcome> {
    try {
      const next = await this.handler(key, signal);
      if (Number.isNaN(next))
        return { kind: 'failed', error: new Error('the handler returned a time that is not a number') };
      return { kind: 'done', next };
    } catch (error) {
      return signal.aborted ? { kind: 'stopped' } : { kind: 'failed', error };
    }
  }
}
