// The two kinds of rules: a cause says why something should start, a gate says why not now. Both are pure and leave a line of trace.
import type { BuildFacts, Facts, ServingFacts } from './facts.ts';

/** Why a build is wanted. The word stands in `status.build.cause`, in events and in metrics. */
export type BuildCause =
  | 'First'
  | 'Cleared'
  | 'SpecChanged'
  | 'RebuildRequested'
  | 'BuilderDeleted'
  | 'RunVanished'
  | 'ShareLost'
  | 'NewRevision'
  | 'BuilderImageMoved'
  | 'Superseded'
  | 'Retried';

/** Why a Serving is wanted. */
export type ServingCause = 'First' | 'Cleared' | 'Built' | 'SpecChanged' | 'ServingDeleted';

/** A reason to wait. `until` (milliseconds since the epoch) is absent when only a change of something else ends it. */
export interface Hold {
  readonly reason: string;
  readonly message: string;
  readonly until?: number;
}

/** One line of the trace that `revflow explain` prints. */
export interface TraceLine {
  readonly rule: string;
  /** What the rule found; `-` when it had nothing to say. */
  readonly found: string;
}

export interface BuildCauseRule {
  readonly name: string;
  readonly cause: BuildCause;
  /** The words for "because ..."; undefined when this cause is not given. */
  applies(facts: Facts, build: BuildFacts): string | undefined;
  /** What the trace says where the cause is not given; undefined: nothing to say. */
  otherwise?(facts: Facts, build: BuildFacts): string | undefined;
}

export interface BuildGate {
  readonly name: string;
  /** A reason to wait; `cancel` when what runs must be cancelled first; undefined to let it pass. */
  judge(facts: Facts, build: BuildFacts, cause: BuildCause): Hold | 'cancel' | undefined;
}

export interface ServingCauseRule {
  readonly name: string;
  readonly cause: ServingCause;
  applies(facts: Facts, serving: ServingFacts): string | undefined;
}

/** Causes that only what is watched gives: what was built before is good, and people's freezes hold them. */
export function isNews(cause: BuildCause): boolean {
  return cause === 'NewRevision' || cause === 'BuilderImageMoved';
}

/** Causes that try the same revision again: known already, it needs no observation. */
export function retries(cause: BuildCause): boolean {
  return ['RunVanished', 'ShareLost', 'BuilderDeleted', 'Superseded', 'Retried'].includes(cause);
}
