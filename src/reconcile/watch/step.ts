// The step "watch": what is watched, what was last seen of it, and what the Function's status keeps of that.

import type { WatchFacts } from '../../decide/facts.ts';
import { findCondition, momentText } from '../../function/conditions.ts';
import { formatDuration, parseDuration } from '../../function/duration.ts';
import { isReason } from '../../function/reasons.ts';
import type { FunctionStatus, WatchStatus } from '../../function/status.ts';
import { type Head, type Observation, ofWant } from '../../revision/observation.ts';
import { mayBeCommit, type Watch } from '../../watch/plan.ts';
import { isOpen } from '../build/facts.ts';
import {
  imageFacts,
  lookAtImages,
  type SeenImages,
  sayImages,
  withImages,
  withoutImageWords,
} from '../build/images.ts';
import type { Context, Reading, WatchFinding } from '../context.ts';
import { withoutAbsent } from '../draft.ts';
import { done, type Outcome, type Said } from '../outcome.ts';
import { baselineOf } from './baseline.ts';
import { describe, type Look, leftIds, lookAtWatch, type Seen, secretRetryMs } from './look.ts';
import { isWaiting, judgeHead, keptPaths, pathsOf, sayPaths } from './paths.ts';

/** Watches, or says why not. Its trouble is its own: nothing that runs is touched. */
export async function watchStep(context: Context): Promise<Outcome> {
  const { draft } = context;
  const [look, images] = await Promise.all([
    lookAtWatch(context.options, context.fn),
    lookAtImages(context.options, context.fn),
  ]);
  const outcome = lookOutcome(context, look);
  draft.set({ watch: withImages(draft.status.watch, images) });
  findImages(context, images);
  return { ...outcome, said: sayImages(outcome.said, draft.status.watch, images) };
}

/** What the build step and `revflow explain` are told of the images that builds are made with. */
export function findImages({ findings, draft }: Reading, seen: SeenImages): void {
  const images = imageFacts(draft.status.watch, seen);
  if (images !== undefined) findings.images = images;
}

function lookOutcome(context: Context, look: Look): Outcome {
  const { draft } = context;
  if (look.kind === 'unwatched') {
    if (look.said.reason === 'Disabled') draft.set({ watch: unwatched(draft.status.watch) });
    return done(look.said);
  }
  if (look.kind === 'unusable') {
    context.findings.watch = findWatch(context, look);
    return done(look.said, context.now + secretRetryMs);
  }
  // Judged by what was recorded before this look.
  context.findings.watch = findWatch(context, look);
  draft.set({ watch: watchStatus(context, look) });
  return done(say(context, look));
}

/** What is kept of a Function that watches nothing but its build images. */
function unwatched({ left, buildImages }: WatchStatus = {}): WatchStatus | undefined {
  return buildImages && withoutAbsent<WatchStatus>({ left, buildImages });
}

/** What the later steps and `revflow explain` are told of it; a credential that cannot be used has seen nothing. */
export function findWatch({ draft }: Reading, look: Look & { readonly kind: 'seen' | 'unusable' }): WatchFinding {
  const { watch } = look;
  const observation = look.kind === 'seen' ? look.observation : undefined;
  const head = ofWant(observation?.heads, watch.want);
  const paths = judgeHead(watch, draft.status, head);
  const facts: WatchFacts = {
    ...watchFacts(draft.status.watch, head),
    ...(paths === undefined ? {} : { paths, left: leftBySource(draft.status.watch, watch, observation) }),
  };
  return { type: watch.type, facts, seenAt: observation?.at, headPaths: pathsOf(watch, head) };
}

function watchFacts(watch: WatchStatus | undefined, head: Head | undefined): WatchFacts {
  const { awaitingSince } = watch ?? {};
  return {
    awaitingSince: awaitingSince === undefined ? undefined : Date.parse(awaitingSince),
    head: head?.kind === 'found' ? { id: head.id, sightings: head.sightings ?? 1 } : undefined,
    left: leftIds(watch),
  };
}

/** A filter passes over heads that the Function never took: those that the source left were left by the Function too. */
function leftBySource(
  status: WatchStatus | undefined,
  { want }: Watch,
  seen: Observation | undefined,
): WatchFacts['left'] {
  return [...leftIds(status), ...(ofWant(seen?.left, want) ?? [])];
}

/** Nothing here changes with a poll that finds what was known. */
function watchStatus({ draft, fn, findings }: Context, { watch, key, observation }: Seen): WatchStatus {
  const old = draft.status.watch ?? {};
  const head = ofWant(observation?.heads, watch.want);
  const kind = findings.watch?.facts.paths?.kind;
  const isQuiet = (kind === 'unchanged' || kind === 'pending') && !isWaiting(fn);
  const latest = head?.kind === 'found' && observation ? observed(old.observed, head, observation.at) : old.observed;
  const adopted = watch.type === 'image' ? old.adopted : adoptedHead(draft.status, head);
  const baseline = baselineOf(draft, watch) ?? adopted;
  return withoutAbsent<WatchStatus>({
    ...old,
    type: watch.type,
    source: key,
    interval: keptInterval(old.interval, observation?.intervalMs ?? watch.intervalMs, watch.intervalMs),
    // A head that changes nothing here is not told: one push to a repository of hundreds would write to them all.
    observed: (isQuiet ? old.observed : undefined) ?? latest,
    paths: keptPaths(watch, { old: old.paths, head, baseline }),
    adopted,
  });
}

/** A build that another controller recorded without its revision is taken to be of the first head that is seen: nothing is built for that. */
function adoptedHead({ build, sources = [], watch }: FunctionStatus, head: Head | undefined): string | undefined {
  const isKnown = build?.revision !== undefined || sources.some(({ git, bundle }) => git?.commitSha ?? bundle?.digest);
  if (isKnown || !build?.resourceHash || isOpen(build)) return undefined;
  return watch?.adopted ?? (head?.kind === 'found' ? head.id : undefined);
}

function observed(old: WatchStatus['observed'], head: Head & { kind: 'found' }, at: number): WatchStatus['observed'] {
  if (old?.id === head.id && old.ref === head.ref) return old;
  return { id: head.id, ...(head.ref === undefined ? {} : { ref: head.ref }), at: momentText(at) };
}

/** A budget that breathes moves the real interval all the time; only a change by half is shown, or the promise kept again. */
function keptInterval(shown: string | undefined, realMs: number, promiseMs: number): string {
  const shownMs = shown === undefined ? undefined : parseDuration(shown);
  const isNear = shownMs !== undefined && realMs < shownMs * 1.5 && realMs > shownMs / 1.5;
  return shown !== undefined && isNear && realMs !== promiseMs ? shown : formatDuration(realMs);
}

function say(context: Context, { watch, observation, warnings }: Seen): Said {
  const { draft } = context;
  const what = describe(watch.source, watch.want);
  const failure = observation?.failure;
  if (failure) return sayFailure(context, failure, what);
  const head = ofWant(observation?.heads, watch.want);
  if (head === undefined) return sayUnseen(context, what);
  const because = warnings.length === 0 ? '' : `; ${warnings.join('; ')}`;
  if (head.kind === 'found') {
    const message = `${what} is looked at every ${draft.status.watch?.interval ?? '?'}${sayPaths(watch, head)}${because}`;
    return { status: 'True', reason: 'Observed', message };
  }
  if (watch.source.kind === 'image')
    return { status: 'False', reason: 'TagNotFound', message: `${what} does not exist${because}` };
  const commit = mayBeCommit(watch.want) ? '; if it is a commit, it is built as it is and never changes' : '';
  return { status: 'False', reason: 'RefNotFound', message: `${what} does not exist${commit}${because}` };
}

/** The same trouble in other words is the same trouble: it is not written again. */
function sayFailure(context: Context, failure: NonNullable<Observation['failure']>, what: string): Said {
  const reason = isReason(failure.reason) ? failure.reason : 'UnexpectedAnswer';
  const old = findCondition(context.fn.status?.conditions, 'Watching');
  const same = old?.reason === reason && old.observedGeneration === context.fn.metadata.generation;
  const message =
    same && old.message.startsWith(`${what}: `) ? withoutImageWords(old.message) : `${what}: ${failure.message}`;
  return { status: 'False', reason, message };
}

/** Observations are a cache: one that is lost takes nothing back that was said. */
function sayUnseen({ fn, draft }: Context, what: string): Said {
  const old = findCondition(fn.status?.conditions, 'Watching');
  const known = fn.status?.watch?.source === draft.status.watch?.source;
  if (old !== undefined && known && isReason(old.reason) && old.observedGeneration === fn.metadata.generation) {
    return { status: old.status, reason: old.reason, message: withoutImageWords(old.message) };
  }
  return { status: 'Unknown', reason: 'AwaitingFirstObservation', message: `${what} was not looked at yet` };
}
