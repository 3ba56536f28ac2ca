// The queue port: keys that are due at a time, and handlers that return the next time. Nothing else is ever queued.

/** The queues of revflow: `source` polls, `fanout` compares (leader only), `function` reconciles. */
export type QueueName = 'source' | 'fanout' | 'function';

/**
 * Handles one key. Returns the next time to run (milliseconds since the epoch), or undefined for "only when woken".
 * A throw never blocks the key: the driver runs it again after a backoff, and at once when it is woken meanwhile... but
 * never while it runs. At-least-once: the same wake may run twice, so handlers are idempotent.
 */
export type Handler = (key: string, signal: AbortSignal) => Promise<number | undefined>;

export interface WorkOptions {
  /** How many keys may run at once in this process. */
  readonly concurrency: number;
}

/** A running consumer. `close` lets what runs finish (up to `graceMs`, then its signal is aborted) and takes nothing new. */
export interface Consumer extends AsyncDisposable {
  close(graceMs?: number): Promise<void>;
}

/**
 * Level-triggered wake-ups, merged by key:
 * - the earliest wake wins: a key waiting for later is pulled forward by an earlier wake, never pushed back;
 * - a wake during a run runs the key again after it (once, however many wakes came);
 * - a key never runs twice at the same time, whatever the number of processes;
 * - a failure never blocks the key.
 * What is queued may vanish (the Redis behind it emptied): the leader re-asserts everything now and then.
 */
export interface Queue extends AsyncDisposable {
  /** Whether other processes wake and work on the same keys. */
  readonly shared: boolean;
  /** Makes `key` due at `at` (milliseconds since the epoch; absent or past: now). Resolves when it is recorded. */
  wake(queue: QueueName, key: string, at?: number): Promise<void>;
  /** Starts handling a queue in this process. */
  work(queue: QueueName, handler: Handler, options: WorkOptions): Promise<Consumer>;
  /** Counts for metrics: keys waiting for their time, due now, running. */
  counts(queue: QueueName): Promise<{ readonly delayed: number; readonly due: number; readonly running: number }>;
  /** Whether the driver can record a wake right now; for `/readyz`. */
  healthy(): boolean;
}
