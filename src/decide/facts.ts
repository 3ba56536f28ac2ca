// What a decision is made from: plain data, gathered before any rule looks at it.
import type { PathVerdict } from './path-filter.ts';
import type { Hold } from './rule.ts';

/** The operator's limits, with the design's defaults. All spans are milliseconds. */
export interface Policy {
  /** A run that newer revisions cancelled this often in a row is let finish. */
  readonly cancelsInARow: number;
  /** How long a first build waits for the first observation. */
  readonly firstObservationMs: number;
  /** An id left less than this ago must be seen twice. */
  readonly rollbackMs: number;
  /** How often in a row a vanished run is started again. */
  readonly vanishedRuns: number;
  /** A cancelled run that has not ended after this long is deleted. */
  readonly cancelMs: number;
  /** A run that could not be created this often in a row makes its build a failed one. */
  readonly startTries: number;
  /** How often in a row a build that failed for a cause that passes is tried again, and after what time first; it doubles. */
  readonly failedRetries: number;
  readonly failedRetryMs: number;
}

export const defaultPolicy: Policy = {
  cancelsInARow: 2,
  firstObservationMs: 30_000,
  rollbackMs: 600_000,
  vanishedRuns: 3,
  cancelMs: 120_000,
  startTries: 5,
  failedRetries: 3,
  failedRetryMs: 15_000,
};

/** An id that this Function left, and when (milliseconds since the epoch). */
export interface LeftId {
  readonly id: string;
  readonly at: number;
}

/** What the watch of this Function knows. */
export interface WatchFacts {
  /** When the Function began to wait for its first observation; absent: it does not wait. */
  readonly awaitingSince: number | undefined;
  /** What was last seen; absent: nothing yet, or the ref is missing. */
  readonly head: { readonly id: string; readonly sightings: number } | undefined;
  readonly left: readonly LeftId[];
  /** What the ids of the watched paths say of the head; absent: every new id is a change, or there is no head. */
  readonly paths?: PathVerdict;
}

/** A build as `status.build` records it. */
export interface RecordedBuild {
  /** `succeeded` and `failed` are terminal (timeouts and cancels by others count as failed); `intended`: nothing runs yet. */
  readonly phase: 'intended' | 'running' | 'succeeded' | 'failed';
  /** The id attempted last: the baseline. Absent while an unpinned run goes, or when it reported none. */
  readonly revision: string | undefined;
  /** Absent when another controller recorded the build; it is adopted then. */
  readonly inputHash: string | undefined;
  /** How many runs in a row were cancelled for newer revisions before this one. */
  readonly cancels: number;
  /** How many runs in a row vanished before this one. */
  readonly vanished: number;
  /** How many runs in a row failed for a cause that passes before this one. */
  readonly retries: number;
  /** When it is tried again, milliseconds since the epoch; absent: not by itself. */
  readonly retryAt: number | undefined;
  /** Its run ended because we cancelled it for something newer: it is no result, a build must follow. */
  readonly superseded: boolean;
  /** `status.build.pruned`: its Builder was removed by us. */
  readonly pruned: boolean;
  /** It shares the run of another Function, of which nothing comes: why; absent: it has its own, or all is well with it. */
  readonly lost?: string | undefined;
}

export interface BuildFacts {
  /** Hash of what `spec.build`, `image` and `imageCredentials` ask for now. */
  readonly inputHash: string;
  /** Absent: never built, or `status.build` was cleared. */
  readonly recorded: RecordedBuild | undefined;
  /** Whether this Function was ever built (`status.sequence`), to tell "first" from "cleared". */
  readonly everBuilt: boolean;
  /** Whether the recorded Builder is there; `unasked` where it does not matter. */
  readonly builder: 'present' | 'absent' | 'unasked';
  /** Whether the recorded Builder's run is there; `absent` only after a live read. */
  readonly run: 'present' | 'absent' | 'unasked';
  /** The spec was edited after another controller recorded this build. */
  readonly editedSinceAdoption: boolean;
  /** Why no build of this may start as things are; absent: it may. */
  readonly refused?: Hold;
}

export interface ServingFacts {
  /** Hash of what `spec.serving`, version, credentials and the image with its digest ask for now. */
  readonly inputHash: string;
  /** Absent: never served, or a command (state, hash or reference was blanked). */
  readonly recorded: { readonly inputHash: string | undefined } | undefined;
  readonly everServed: boolean;
  readonly serving: 'present' | 'absent' | 'unasked';
  /** A build has just succeeded: it is always served anew. */
  readonly justBuilt: boolean;
  readonly editedSinceAdoption: boolean;
}

/** An image that the builds of this Function are made with, watched for itself. */
export interface BuildImageFacts {
  readonly image: string;
  /** Digest that the last build was made with; absent: none is recorded, so none has moved. */
  readonly built: string | undefined;
  /** What was last seen; absent: nothing yet. */
  readonly head: { readonly id: string; readonly sightings: number } | undefined;
  readonly left: readonly LeftId[];
}

/** Everything that both decisions share. */
export interface Facts {
  readonly now: number;
  readonly policy: Policy;
  /** `openfunction.io/suspend`: nothing new is started. */
  readonly suspended: boolean;
  /** The text of `openfunction.io/hold`: new revisions are not taken. */
  readonly hold: string | undefined;
  /** `openfunction.io/rebuild-requested`, when it is not yet answered. */
  readonly rebuildRequest: string | undefined;
  /** Absent: not watched (or not for this part of the Function). */
  readonly watch: WatchFacts | undefined;
  /** Images whose new digests rebuild; absent: none does. */
  readonly images?: readonly BuildImageFacts[];
}
