// What the leader keeps in memory of a Function: its watch, what it took last, and which children it names. Nothing else of it.
import { readAnnotations } from '../../function/annotations.ts';
import { findCondition } from '../../function/conditions.ts';
import { parseDuration } from '../../function/duration.ts';
import { type FunctionObject, parseFunction } from '../../function/schema.ts';
import type { BuildImageStatus } from '../../function/status.ts';
import type { KubeObject } from '../../platform/kube/kube.ts';
import type { PathIds } from '../../revision/observation.ts';
import { type BuildImageWatch, planBuildImages } from '../../watch/build-images.ts';
import { planWatch, type Watch } from '../../watch/plan.ts';
import { isOpen } from '../build/facts.ts';
import { isAskedFor } from '../commands.ts';
import { type CompanionState, readCompanionState } from '../companion/state.ts';
import type { Followed } from '../slots/claim.ts';
import { baselineOf } from '../watch/baseline.ts';
import { isWaiting, lostSource } from '../watch/paths.ts';

export interface FunctionView {
  /** `namespace/name`: its key in the queue. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Absent: not watched, or it cannot be read. */
  readonly watch: Watch | undefined;
  /** Images whose new digests rebuild. */
  readonly imageWatches: readonly BuildImageWatch[];
  /** What is recorded of them. */
  readonly buildImages: readonly BuildImageStatus[];
  /** The id taken last: attempted (source, source-image) or wanted (image). */
  readonly baseline: string | undefined;
  /** The ids of the watched paths in it; absent: they are not known. */
  readonly pathIds: PathIds | undefined;
  /** Its build failed since the commit could not be fetched: the paths of that commit prove nothing. */
  readonly lostSource: boolean;
  /** The last reconcile said that a new id waits. */
  readonly waiting: boolean;
  /** The id that the last reconcile looked at. */
  readonly observed: string | undefined;
  /** Something keeps a new id waiting: a hold that the reconcile has said, or a run that is not pinned. */
  readonly holding: boolean;
  /** Reason of the condition Watching. */
  readonly watching: string | undefined;
  /** Nothing is under way or asked for, and the last reconcile saw this generation. */
  readonly settled: boolean;
  readonly history: History;
  /** The Builder that counts. */
  readonly builder: string | undefined;
  /** Its sequence, there or still to be created; absent: none counts, or another controller made it. */
  readonly buildSequence: number | undefined;
  /** `status.build` says how it ended. */
  readonly buildEnded: boolean;
  /** Whose run the build that goes on shares: Function and Builder; absent: it shares none. */
  readonly follows: Followed | undefined;
  /** The Serving that counts; absent: none is wanted, or none is named yet. */
  readonly serving: string | undefined;
  /** The Serving that ran last: it serves until the one that counts does. */
  readonly lastServing: string | undefined;
  /** Its sequence; absent: none counts, or another controller made it. */
  readonly servingSequence: number | undefined;
  /** `spec.serving` was taken away: no Serving is wanted. */
  readonly servesNothing: boolean;
}

/** How many Builders of a Function are kept, and for how long. */
export interface History {
  readonly succeeded: number;
  readonly failed: number;
  /** Milliseconds since creation; 0: for ever. */
  readonly maxAgeMs: number;
}

/** The projection of the Function informer; never throws: a Function that cannot be read has no watch. */
export function viewFunction(object: KubeObject): FunctionView {
  const { name, namespace = '', uid = '', resourceVersion = '' } = object.metadata;
  const identity = { key: `${namespace}/${name}`, namespace, name, uid, resourceVersion };
  const parsed = parseFunction(object);
  return { ...identity, ...('ok' in parsed ? viewReadable(parsed.ok) : unreadable) };
}

type Rest = Omit<FunctionView, 'key' | 'namespace' | 'name' | 'uid' | 'resourceVersion'>;

const unreadable: Rest = {
  watch: undefined,
  imageWatches: [],
  buildImages: [],
  baseline: undefined,
  pathIds: undefined,
  lostSource: false,
  waiting: false,
  observed: undefined,
  holding: false,
  watching: undefined,
  settled: false,
  history: { succeeded: 0, failed: 1, maxAgeMs: 0 },
  builder: undefined,
  buildSequence: undefined,
  buildEnded: false,
  follows: undefined,
  serving: undefined,
  lastServing: undefined,
  servingSequence: undefined,
  servesNothing: false,
};

function viewReadable(fn: FunctionObject): Rest {
  const plan = planWatch(fn);
  const watch = plan.kind === 'watched' ? plan.watch : undefined;
  const { status } = fn;
  const build = fn.spec.build;
  // Beside OpenFunction its definitions prune our conditions; what stands there then is in the annotation.
  const companion = readCompanionState(fn.metadata.annotations);
  const baseline = watch && baselineOf(fn, watch);
  // OpenFunction was told what is there now, and recorded nothing since, or the same again.
  const told = companion.from !== undefined && companion.from === baseline && companion.baseline === companion.observed;
  return {
    watch,
    imageWatches: planBuildImages(fn).watches,
    buildImages: status?.watch?.buildImages ?? [],
    baseline: watch && (baseline ?? companion.baseline),
    pathIds: watch && (status?.watch?.paths ?? companionPaths(companion, baseline)),
    lostSource: lostSource(status?.build),
    waiting: isWaiting(fn),
    observed: status?.watch?.observed?.id ?? companion.observed,
    holding: told || isHolding(fn),
    watching: findCondition(status?.conditions, 'Watching')?.reason ?? companion.watching,
    settled: isSettled(fn),
    history: {
      succeeded: build?.successfulBuildsHistoryLimit ?? 0,
      failed: build?.failedBuildsHistoryLimit ?? 1,
      maxAgeMs: parseDuration(build?.builderMaxAge ?? '0') ?? 0,
    },
    builder: status?.build?.resourceRef,
    buildSequence: status?.build?.sequence,
    buildEnded: ended.has(status?.build?.state ?? ''),
    follows: ended.has(status?.build?.state ?? '') ? undefined : status?.build?.follows,
    serving: status?.serving?.resourceRef,
    lastServing: status?.serving?.lastSuccessfulResourceRef,
    servingSequence: status?.serving?.sequence,
    servesNothing: status?.serving?.state === 'Skipped',
  };
}

const ended: ReadonlySet<string> = new Set(['Succeeded', 'Failed', 'Timeout', 'Canceled']);

/** Those of the id that OpenFunction was told; they say nothing of another one that it took by itself. */
function companionPaths(companion: CompanionState, baseline: string | undefined): PathIds | undefined {
  return baseline === undefined || baseline === companion.baseline ? companion.paths : undefined;
}

/** Reasons for which the observed id waits; the reconcile that said so comes back by itself when they end. */
const holds: ReadonlySet<string> = new Set([
  'Suspended',
  'Held',
  'LettingFinish',
  'Cancelling',
  'BuildSlots',
  'BadHooks',
  'HooksNeedTekton',
]);

function isHolding(fn: FunctionObject): boolean {
  const { conditions, build } = fn.status ?? {};
  const reasons = [findCondition(conditions, 'Built')?.reason, findCondition(conditions, 'Served')?.reason];
  const unpinned = build !== undefined && build.revision === undefined && isOpen(build);
  const { suspended, hold } = readAnnotations(fn.metadata.annotations);
  return unpinned || reasons.some(reason => holds.has(reason ?? '')) || suspended || hold !== undefined;
}

function isSettled(fn: FunctionObject): boolean {
  const { metadata, status } = fn;
  if (status?.observedGeneration !== metadata.generation || isAskedFor(fn)) return false;
  return findCondition(status?.conditions, 'Reconciling')?.status !== 'True';
}
