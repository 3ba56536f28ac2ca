// Notices that the shared state was lost: a mark that the leader left there is gone.
import type { State } from '../../platform/state/state.ts';

const key = 'mark:leader';
/** Its end looks like a loss, and costs as little. */
const markMs = 30 * 24 * 3_600_000;

/** Leaves the mark where it is absent; true: it was, so whatever else was kept there must be handed out again. RetryableError. */
export function leaveMark(state: Pick<State, 'swap'>): Promise<boolean> {
  return state.swap(key, undefined, { value: 'left', ttlMs: markMs });
}
