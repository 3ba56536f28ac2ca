// Time as a port: the only place that reads the system clock or sets timers for the stages.

/** Handle of a pending callback. */
export interface Timer {
  /** Forgets the callback; harmless when it has already run. */
  cancel(): void;
}

/** Wall clock and timers. Times are milliseconds since the epoch, spans are milliseconds. */
export interface Clock {
  now(): number;
  /** Runs `action` once, `ms` from now (at least one turn of the event loop later). Timers keep no process alive. */
  after(ms: number, action: () => void): Timer;
  /** Resolves after `ms`, or rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The longest span that a Node timer keeps (2^31 - 1 ms); longer ones fire at once, so they are cut to this. */
const longestTimerMs = 2_147_483_647;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, action) {
    const handle = setTimeout(action, Math.min(Math.max(ms, 0), longestTimerMs));
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const finish = () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      const handle = setTimeout(finish, Math.min(Math.max(ms, 0), longestTimerMs));
      const abort = () => {
        clearTimeout(handle);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
    });
  },
};
