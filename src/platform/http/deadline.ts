// The end of a request's time: its timeout or its caller's signal, whichever comes first.
import type { Clock, Timer } from '../clock.ts';

/** Ends once, for the reason that came first; must be closed when the request is over. */
export class Deadline {
  /** Why the time is over; undefined while it is not. */
  over: 'timeout' | 'aborted' | undefined;
  private readonly actions = new Set<() => void>();
  private readonly signal: AbortSignal | undefined;
  private readonly timer: Timer;
  private readonly abort = (): void => this.end('aborted');

  constructor(clock: Clock, ms: number, signal: AbortSignal | undefined) {
    this.signal = signal;
    this.timer = clock.after(ms, () => this.end('timeout'));
    if (signal?.aborted) this.abort();
    else signal?.addEventListener('abort', this.abort, { once: true });
  }

  /** Runs `action` once when the time is over, at once when it is; the returned function forgets it. */
  whenOver(action: () => void): () => void {
    if (this.over !== undefined) action();
    else this.actions.add(action);
    return () => this.actions.delete(action);
  }

  /** The request has ended: nothing fires any more. */
  close(): void {
    this.timer.cancel();
    this.signal?.removeEventListener('abort', this.abort);
    this.actions.clear();
  }

  /** Ends the time now. */
  end(why: 'timeout' | 'aborted'): void {
    if (this.over !== undefined) return;
    this.over = why;
    const actions = [...this.actions];
    this.close();
    for (const action of actions) action();
  }
}
