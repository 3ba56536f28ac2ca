// What a step says at its end: its condition, and whether it is done, waits, or cannot go on until somebody changes something.
import type { Reason } from '../function/reasons.ts';
import type { Condition } from '../function/status.ts';

/** What stands in the step's condition. */
export interface Said {
  readonly status: Condition['status'];
  readonly reason: Reason;
  /** One sentence for people, without secrets; the same facts give the same text. */
  readonly message: string;
}

export type Outcome =
  /** Nothing is under way. `until`: look again then (milliseconds since the epoch). */
  | { readonly kind: 'done'; readonly said: Said; readonly until?: number | undefined }
  /** Work is under way, or somebody else moves first; `until` absent: a change of something that is watched ends it. */
  | { readonly kind: 'waiting'; readonly said: Said; readonly until?: number | undefined }
  /** Nothing will happen before somebody changes something. */
  | { readonly kind: 'stalled'; readonly said: Said };

/** Nothing is under way; `until` as in Outcome. */
export function done(said: Said, until?: number): Outcome {
  return { kind: 'done', said, until };
}

/** Something is under way; `until` as in Outcome. */
export function waiting(said: Said, until?: number): Outcome {
  return { kind: 'waiting', said, until };
}

/** Nothing happens by itself any more. */
export function stalled(said: Said): Outcome {
  return { kind: 'stalled', said };
}

/** When to look again at the latest, milliseconds since the epoch; undefined: only when woken. */
export function nextTime(outcomes: readonly Outcome[]): number | undefined {
  const times = outcomes.flatMap(outcome =>
    outcome.kind === 'stalled' || outcome.until === undefined ? [] : [outcome.until],
  );
  return times.length === 0 ? undefined : Math.min(...times);
}
