// When a source is polled next: on a grid of its interval that is shifted by a stable offset, so that a thousand sources never come at once.
import { sha256 } from '../function/hash.ts';

export interface Due {
  /** Key of the source. */
  readonly key: string;
  /** Milliseconds between two polls. */
  readonly intervalMs: number;
  /** When the poll before was started, milliseconds since the epoch. */
  readonly now: number;
}

/** A poll this near to the grid counts as being on it. */
const near = 0.05;

/**
 * The next time to poll, later than `now` and never more than the interval later. All processes say the same, and a source keeps its place
 * in the interval over restarts.
 */
export function nextPoll({ key, intervalMs, now }: Due): number {
  const onGrid = intervalMs - positiveModulo(now - offsetOf(key, intervalMs), intervalMs);
  return Math.floor(now + (onGrid < intervalMs * near ? intervalMs : onGrid));
}

/** Where in its interval a source is polled: at least 0, less than the interval. */
function offsetOf(key: string, intervalMs: number): number {
  return Math.floor(fraction(key) * intervalMs);
}

/** A number in [0, 1) for a key, the same at all times and places. */
function fraction(key: string): number {
  return Number.parseInt(sha256(key).slice(0, 12), 16) / 16 ** 12;
}

function positiveModulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
