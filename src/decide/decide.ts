// The heart: facts in; an intent, or a hold with its reason, out; and the trace that explains it. Pure.

import { builderImageMoved } from './builder-image.ts';
import { builderDeleted } from './deleted-builder.ts';
import type { BuildFacts, Facts, ServingFacts } from './facts.ts';
import { cleared, neverBuilt } from './first-build.ts';
import { firstObservation } from './first-observation.ts';
import { held } from './held.ts';
import { newRevision } from './new-revision.ts';
import { failedInPassing, retryLater } from './passing-failure.ts';
import { rebuildRequested } from './rebuild-request.ts';
import { refused } from './refused.ts';
import { rollbackConfirmed } from './rollback.ts';
import type { BuildCause, BuildCauseRule, BuildGate, Hold, ServingCause, ServingCauseRule, TraceLine } from './rule.ts';
import { retries } from './rule.ts';
import { built, neverServed, servingChanged, servingCleared, servingDeleted } from './serving-causes.ts';
import { shareLost } from './share-lost.ts';
import { specChanged } from './spec-change.ts';
import { supersede } from './supersede.ts';
import { supersededForNothing } from './superseded.ts';
import { suspended } from './suspended.ts';
import { runVanished } from './vanished-run.ts';

/** Causes of a build; the first that applies is the one recorded. */
export const buildCauses: readonly BuildCauseRule[] = [
  neverBuilt,
  cleared,
  specChanged,
  rebuildRequested,
  runVanished,
  builderDeleted,
  newRevision,
  builderImageMoved,
  shareLost,
  supersededForNothing,
  failedInPassing,
];

/** Gates before a build; the first that objects decides. Cancelling comes last: nothing is cancelled for a build that must wait. */
export const buildGates: readonly BuildGate[] = [
  suspended,
  held,
  refused,
  retryLater,
  firstObservation,
  rollbackConfirmed,
  supersede,
];

export const servingCauses: readonly ServingCauseRule[] = [
  neverServed,
  built,
  servingCleared,
  servingChanged,
  servingDeleted,
];

/** What to do about the build. `revision` is the id to pin; absent: build as written. `because` is a sentence part for people. */
export type BuildDecision = { readonly trace: readonly TraceLine[] } & (
  | { readonly verdict: 'nothing' }
  | { readonly verdict: 'hold'; readonly cause: BuildCause; readonly because: string; readonly hold: Hold }
  | {
      /** `cancel`: end what runs first, and decide again then. */
      readonly verdict: 'build' | 'cancel';
      readonly cause: BuildCause;
      readonly because: string;
      readonly revision: string | undefined;
    }
);

/** Decides whether a build starts now. The same facts give the same decision. */
export function decideBuild(facts: Facts, build: BuildFacts): BuildDecision {
  const trace: TraceLine[] = [];
  const note = (rule: string, found: string | undefined) => {
    trace.push({ rule, found: found ?? '-' });
    return found;
  };
  const rule = buildCauses.find(candidate => {
    const because = candidate.applies(facts, build);
    note(candidate.name, because ?? candidate.otherwise?.(facts, build));
    return because !== undefined;
  });
  const because = trace.at(-1)?.found ?? '-';
  if (!rule) return { verdict: 'nothing', trace };
  const reason = { cause: rule.cause, because, trace };
  // What is not watched is built as written, with another builder too.
  const again = retries(rule.cause) || (rule.cause === 'BuilderImageMoved' && facts.watch !== undefined);
  const revision = facts.watch?.head?.id ?? (again ? build.recorded?.revision : undefined);
  for (const gate of buildGates) {
    const judged = gate.judge(facts, build, rule.cause);
    note(gate.name, judged === 'cancel' ? 'what runs is cancelled first' : judged?.message);
    if (judged === 'cancel') return { verdict: 'cancel', revision, ...reason };
    if (judged) return { verdict: 'hold', hold: judged, ...reason };
  }
  return { verdict: 'build', revision, ...reason };
}

/** What to do about the Serving. */
export type ServingDecision = { readonly trace: readonly TraceLine[] } & (
  | { readonly verdict: 'nothing' }
  | { readonly verdict: 'serve'; readonly cause: ServingCause; readonly because: string }
  | { readonly verdict: 'hold'; readonly cause: ServingCause; readonly because: string; readonly hold: Hold }
);

/** Decides whether a new Serving is made now. A suspended Function keeps the one it has. */
export function decideServing(facts: Facts, serving: ServingFacts): ServingDecision {
  const trace: TraceLine[] = [];
  for (const rule of servingCauses) {
    const because = rule.applies(facts, serving);
    trace.push({ rule: rule.name, found: because ?? '-' });
    if (because === undefined) continue;
    const hold = suspendedServing(facts);
    return hold
      ? { verdict: 'hold', cause: rule.cause, because, hold, trace }
      : { verdict: 'serve', cause: rule.cause, because, trace };
  }
  return { verdict: 'nothing', trace };
}

function suspendedServing(facts: Facts): Hold | undefined {
  if (!facts.suspended) return undefined;
  return { reason: 'Suspended', message: 'openfunction.io/suspend is "true"; revflow resume takes it away' };
}
