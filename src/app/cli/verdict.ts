// A decision of the loop in words: what would happen next with a Function, why, and the rules that were asked.
import type { BuildDecision, ServingDecision } from '../../decide/decide.ts';
import { judgePaths } from '../../decide/path-filter.ts';
import type { Hold, TraceLine } from '../../decide/rule.ts';
import { readAnnotations } from '../../function/annotations.ts';
import { momentText } from '../../function/conditions.ts';
import { annotations } from '../../function/names.ts';
import type { FunctionObject } from '../../function/schema.ts';
import { readCompanionState } from '../../reconcile/companion/state.ts';
import { withoutAbsent } from '../../reconcile/draft.ts';
import type { Explanation } from '../../reconcile/explain.ts';
import { viewFunction } from '../../reconcile/leader/function-view.ts';
import { plain, shortId } from './output.ts';

/** A reason to wait; `until` is RFC 3339, absent when only a change of something else ends it. */
export interface Waiting {
  readonly reason: string;
  readonly message: string;
  readonly until?: string;
}

/** One stage's decision, for programs. */
export interface StageVerdict {
  readonly verdict: string;
  readonly cause?: string;
  readonly because?: string;
  /** The id that is pinned; absent: as written. */
  readonly revision?: string;
  readonly hold?: Waiting;
  readonly trace: readonly TraceLine[];
}

export interface Verdict {
  /** In one line. */
  readonly would: string;
  /** Absent: nothing is built. */
  readonly build?: StageVerdict;
  /** What keeps a newer digest waiting. */
  readonly digest?: Waiting;
  /** Absent: nothing is served, or only when the build has ended. */
  readonly serving?: StageVerdict;
}

/** What the next reconcile of the Function would do. */
export function verdictOf(fn: FunctionObject, explanation: Explanation): Verdict {
  if (fn.metadata.annotations?.[annotations.revflowState] !== undefined)
    return { would: companionText(fn, explanation) };
  const { build, digest } = explanation;
  const serving = awaitsBuild(fn, build) ? undefined : explanation.serving;
  return {
    would: wouldText(fn, { ...explanation, serving }),
    ...(build === undefined ? {} : { build: stageOf(build) }),
    ...(digest === undefined ? {} : { digest: waitingOf(digest) }),
    ...(serving === undefined ? {} : { serving: stageOf(serving) }),
  };
}

/** Beside an installed OpenFunction nothing is built or served by revflow: it tells of changes. */
function companionText(fn: FunctionObject, { watch }: Explanation): string {
  if (watch.kind !== 'seen') return 'nothing: it is not watched';
  const head = watch.observation?.heads[watch.watch.want];
  if (head?.kind !== 'found' || head.id === knownId(fn)) return 'nothing';
  const { paths } = watch.watch;
  const judged = paths && judgePaths(paths, viewFunction(fn).pathIds, head).kind;
  if (judged !== undefined && judged !== 'changed' && judged !== 'unknown') {
    return `nothing: ${shortId(head.id)} changes none of the watched paths`;
  }
  const { suspended, hold } = readAnnotations(fn.metadata.annotations);
  if (suspended || hold !== undefined) return `wait (${suspended ? 'Suspended' : 'Held'})`;
  return `tell OpenFunction of ${shortId(head.id)}`;
}

function stageOf(decision: BuildDecision | ServingDecision): StageVerdict {
  const hold = decision.verdict === 'hold' ? waitingOf(decision.hold) : undefined;
  return withoutAbsent<StageVerdict>({ ...decision, hold });
}

function waitingOf({ reason, message, until }: Hold): Waiting {
  return { reason, message, ...(until === undefined ? {} : { until: momentText(until) }) };
}

/** Nothing new is served before the build that is wanted, or under way, has ended well. */
function awaitsBuild(fn: FunctionObject, build: BuildDecision | undefined): boolean {
  if (fn.spec.build === undefined) return false;
  return build === undefined || build.verdict !== 'nothing' || fn.status?.build?.state !== 'Succeeded';
}

type Decided = Omit<Explanation, 'serving'> & { readonly serving: Explanation['serving'] | undefined };

function wouldText(fn: FunctionObject, { watch, build, digest, serving }: Decided): string {
  if (build !== undefined && build.verdict !== 'nothing') return buildText(build);
  const state = fn.status?.build?.state;
  if (state === 'Created' || state === 'Building') return 'let the build that runs go on';
  if (digest !== undefined) return holdText(digest);
  if (serving === undefined || serving.verdict === 'nothing') return 'nothing';
  if (serving.verdict === 'hold') return holdText(serving.hold);
  const head =
    watch.kind === 'seen' && watch.watch.type === 'image' ? watch.observation?.heads[watch.watch.want] : undefined;
  const what = head?.kind === 'found' ? shortId(head.id) : 'the image';
  return `serve ${what} (${serving.cause}: ${serving.because})`;
}

function buildText(build: Exclude<BuildDecision, { verdict: 'nothing' }>): string {
  if (build.verdict === 'hold') return holdText(build.hold);
  const what = build.revision === undefined ? 'the source as written' : shortId(build.revision);
  const first = build.verdict === 'cancel' ? 'cancel the build that runs, then ' : '';
  return `${first}build ${what} (${build.cause}: ${build.because})`;
}

function holdText({ reason, message }: Hold): string {
  return `wait (${reason}: ${message})`;
}

/** The id taken last, attempted or wanted; undefined: none yet. In companion mode that is written in an annotation. */
export function knownId(fn: FunctionObject): string | undefined {
  return viewFunction(fn).baseline ?? readCompanionState(fn.metadata.annotations).baseline;
}

/** The rules that were asked, one a line, with what each found. */
export function traceText(stage: string, { trace, ...verdict }: StageVerdict): string {
  const width = Math.max(...trace.map(({ rule }) => rule.length));
  const lines = trace.map(({ rule, found }) => `    ${rule.padEnd(width)}  ${plain(found)}\n`);
  return `  ${stage}: ${verdict.verdict}${verdict.cause === undefined ? '' : ` (${verdict.cause})`}\n${lines.join('')}`;
}
