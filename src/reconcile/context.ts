// What every step of one reconcile sees, and the few findings that a step hands to the next.

import type { BuildImageFacts, Facts, Policy, WatchFacts } from '../decide/facts.ts';
import type { Steering } from '../function/annotations.ts';
import type { FunctionObject } from '../function/schema.ts';
import type { BuildStatus } from '../function/status.ts';
import type { Clock } from '../platform/clock.ts';
import type { EventInput } from '../platform/kube/events.ts';
import type { Kube } from '../platform/kube/kube.ts';
import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { State } from '../platform/state/state.ts';
import type { Credentials } from '../revision/credential.ts';
import type { PathIds } from '../revision/observation.ts';
import type { Draft } from './draft.ts';
import type { Outcome } from './outcome.ts';
import type { Slots } from './slots/claim.ts';

export interface ReconcilerOptions {
  readonly kube: Kube;
  readonly state: State;
  readonly credentials: Credentials;
  readonly slots: Slots;
  /** Records a Kubernetes Event; must not throw for an API server that refuses it (`recordEvent`). */
  readonly events: (input: EventInput) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly policy: Policy;
  /** `companion`: only the watching, beside an installed OpenFunction. */
  readonly mode: 'full' | 'companion';
}

/** What the watch step found. */
export interface WatchFinding {
  readonly type: 'source' | 'source-image' | 'image';
  readonly facts: WatchFacts;
  /** When the head was seen, milliseconds since the epoch. */
  readonly seenAt: number | undefined;
  /** The ids of the watched paths in the head; absent: none are watched, or they are not known. */
  readonly headPaths?: PathIds | undefined;
}

/** What steps tell later ones. */
export interface Findings {
  /** Absent: nothing is watched. */
  watch?: WatchFinding;
  /** Absent: no image rebuilds. */
  images?: readonly BuildImageFacts[];
  /** A build ended well in this very reconcile. */
  justBuilt?: boolean;
  /** `status.build` of the build that was seen to end in this very reconcile; the next one may have begun since. */
  ended?: BuildStatus;
  /** A build of what the spec asks for now is wanted and held back: what was built before is not served anew. */
  outdated?: boolean;
  /** An edit that only the generation tells is held back: the generation must not count as seen. */
  unseenEdit?: boolean;
}

/** What is enough to find facts and to decide; nothing here can write. */
export interface Reading {
  readonly options: { readonly kube: Pick<Kube, 'get' | 'serves'>; readonly policy: Policy };
  /** The Function as it was read. */
  readonly fn: FunctionObject;
  readonly steering: Steering;
  readonly draft: Draft;
  readonly findings: Findings;
  /** Milliseconds since the epoch; the same in the whole reconcile. */
  readonly now: number;
}

export interface Context extends Reading {
  readonly options: ReconcilerOptions;
  /** Writes the status as it stands in the draft, with what this step would say if it ended now: an intent, before it is acted upon. */
  commit(interim: Outcome): Promise<void>;
}

/** What every decision is made from; `watch` only for the part of the Function that is watched. */
export function sharedFacts({ options, steering, draft, findings, now }: Reading, watched: 'build' | 'serving'): Facts {
  const requested = steering.rebuildRequested;
  const { watch } = findings;
  const isForIt = watch !== undefined && (watch.type === 'image') === (watched === 'serving');
  return {
    now,
    policy: options.policy,
    suspended: steering.suspended,
    hold: steering.hold,
    rebuildRequest: requested === draft.status.lastHandledRebuild ? undefined : requested,
    watch: isForIt ? watch.facts : undefined,
    ...(findings.images === undefined ? {} : { images: findings.images }),
  };
}

/**
 * Whether the spec was edited after the status was written last. Where another controller wrote it, `observedGeneration` is absent and
 * `editedLast` (who wrote last, from managedFields) decides.
 */
export function wasEdited({ metadata, status }: FunctionObject, editedLast: boolean): boolean {
  const seen = status?.observedGeneration;
  return seen === undefined ? editedLast : (metadata.generation ?? 0) > seen;
}
