// Which digest is to be served: the one that was built, or for a watched function image the one that its tag names now.
import { decideDigest } from '../../decide/new-digest.ts';
import type { Hold } from '../../decide/rule.ts';
import { findCondition, momentText } from '../../function/conditions.ts';
import type { ServingObject } from '../../function/schema.ts';
import type { WatchStatus } from '../../function/status.ts';
import { imageDigest, imageName } from '../../serving/plan.ts';
import { leave } from '../build/start.ts';
import { type Reading, sharedFacts } from '../context.ts';
import { withoutAbsent } from '../draft.ts';

/** The hold, when a newer digest has to wait; nothing otherwise. The digest itself stands in `status.revision` of the draft. */
export function settleDigest(context: Reading, current: ServingObject | undefined): Hold | undefined {
  forgetOldImage(context, current);
  if (context.findings.watch?.type !== 'image' || !isSeenAfterBuild(context)) return undefined;
  return settleWatched(context, current);
}

/** A digest belongs to the image that it was found under. Where something is built, the build itself brings another one. */
function forgetOldImage({ fn, draft }: Reading, current: ServingObject | undefined): void {
  if (fn.spec.build !== undefined || current === undefined) return;
  if (imageName(current.spec.image) === imageName(fn.spec.image)) return;
  const { revision, watch } = draft.status;
  if (revision?.imageDigest !== undefined && revision.imageDigest === imageDigest(current.spec.image)) {
    draft.set({ revision: undefined });
  }
  if (watch?.adopted !== undefined) draft.set({ watch: withoutAbsent<WatchStatus>({ ...watch, adopted: undefined }) });
}

/** What was seen before our own build had pushed is not news but the past. */
function isSeenAfterBuild({ fn, draft, findings }: Reading): boolean {
  if (fn.spec.build === undefined) return true;
  const built = findCondition(draft.status.conditions, 'Built');
  const seenAt = findings.watch?.seenAt;
  return built?.status === 'True' && seenAt !== undefined && seenAt > Date.parse(built.lastTransitionTime) + 1000;
}

function settleWatched(context: Reading, current: ServingObject | undefined): Hold | undefined {
  const { draft, fn } = context;
  const { revision, watch = {}, serving } = draft.status;
  const same = current !== undefined && imageName(current.spec.image) === imageName(fn.spec.image);
  const found = same ? imageDigest(current.spec.image) : undefined;
  const baseline = revision?.imageDigest ?? watch.adopted ?? found;
  const servesUnpinned = same && found === undefined && serving?.resourceRef !== undefined;
  const decided = decideDigest(sharedFacts(context, 'serving'), {
    baseline,
    servesUnpinned,
    gaveUpWaiting: servesUnpinned && watch.awaitingSince !== undefined,
  });
  if (decided.verdict === 'adopt') draft.set({ watch: { ...watch, adopted: decided.digest } });
  else if (decided.verdict === 'keep') keep(context, found);
  else if (decided.verdict === 'hold') return hold(context, decided.hold);
  else if (decided.digest !== undefined) {
    draft.set({ watch: moved(leave(context, baseline, decided.digest)), revision: { imageDigest: decided.digest } });
  }
  return undefined;
}

function moved(watch: WatchStatus | undefined): WatchStatus | undefined {
  return watch && withoutAbsent<WatchStatus>({ ...watch, adopted: undefined });
}

/** A baseline that only the Serving knew is written down, for whoever compares observations. */
function keep({ draft }: Reading, found: string | undefined): void {
  const { revision, watch } = draft.status;
  if (revision?.imageDigest !== undefined || watch === undefined || watch.adopted !== undefined || found === undefined)
    return;
  draft.set({ watch: { ...watch, adopted: found } });
}

function hold({ draft, now }: Reading, held: Hold): Hold {
  const { watch = {} } = draft.status;
  if (held.reason === 'AwaitingFirstObservation' && watch.awaitingSince === undefined) {
    draft.set({ watch: { ...watch, awaitingSince: momentText(now) } });
  }
  return held;
}
