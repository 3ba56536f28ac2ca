// When a key that failed runs again, and how its failure is told; the same for both drivers.
import type { Clock } from '../clock.ts';
import { RetryableError, TerminalError, WaitingError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { QueueName } from './queue.ts';

const firstMs = 500;
const ceilingMs = 5 * 60_000;
/** However late an error asks to come back: a failure never blocks the key. */
const longestMs = 60 * 60_000;

/** One failed run: `failures` in a row, this one included. */
export interface Failure {
  readonly queue: QueueName;
  readonly key: string;
  readonly error: unknown;
  readonly failures: number;
}

/** Logs a failure and returns when the key runs again: doubled each time, jittered, not before the error's own `retryAt`. */
export function retryTime(failure: Failure, ports: { readonly clock: Clock; readonly log: Log }): number {
  const { error } = failure;
  const now = ports.clock.now();
  const spanMs = Math.min(firstMs * 2 ** Math.min(failure.failures - 1, 30), ceilingMs);
  const asked = error instanceof RetryableError || error instanceof WaitingError ? (error.retryAt ?? now) : now;
  const at = Math.min(Math.max(now + spanMs * (0.5 + Math.random() / 2), asked), now + longestMs);
  tell(failure, at, ports.log);
  return Math.round(at);
}

function tell(failure: Failure, at: number, log: Log): void {
  const { error, ...fields } = failure;
  const retry = { ...fields, retryAt: new Date(at).toISOString() };
  if (error instanceof RetryableError || error instanceof WaitingError || error instanceof TerminalError)
    log.info('a key failed and runs again', { ...retry, reason: error.reason, message: error.message });
  else log.error('a handler threw; this is a fault in revflow', { ...retry, error });
}
