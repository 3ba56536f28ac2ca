// A Clock that stands still until a test moves it.
import type { Clock, Timer } from '../src/platform/clock.ts';

export interface ManualClock extends Clock {
  /** Moves the time on; what falls due runs in order, each at its own time. */
  advance(ms: number): void;
  /** Callbacks that wait. */
  readonly pending: number;
}

/** Starts at `now` (milliseconds since the epoch). */
export function createManualClock(now = Date.parse('2026-01-01T00:00:00Z')): ManualClock {
  const waiting = new Set<{ readonly at: number; readonly action: () => void }>();

  function after(ms: number, action: () => void): Timer {
    const entry = { at: now + Math.max(ms, 1), action };
    waiting.add(entry);
    return { cancel: () => waiting.delete(entry) };
  }

  return {
    now: () => now,
    after,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const abort = () => {
          timer.cancel();
          reject(signal?.reason);
        };
        const timer = after(ms, () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        });
        signal?.addEventListener('abort', abort, { once: true });
      }),
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const [next] = [...waiting].filter(entry => entry.at <= end).toSorted((a, b) => a.at - b.at);
        if (!next) break;
        waiting.delete(next);
        now = next.at;
        next.action();
      }
      now = end;
    },
    get pending() {
      return waiting.size;
    },
  };
}
