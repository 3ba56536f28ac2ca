// What was last answered about a Function's source, for who does not poll: out of the shared state where it is given, else out of status.
import { findCondition, momentText } from '../../function/conditions.ts';
import { parseDuration } from '../../function/duration.ts';
import type { FunctionObject } from '../../function/schema.ts';
import type { State } from '../../platform/state/state.ts';
import { readCompanionState } from '../../reconcile/companion/state.ts';
import { refusalsKey } from '../../revision/breaker.ts';
import { blockKey } from '../../revision/budget.ts';
import { readObservation } from '../../revision/detect.ts';
import type { Observation, PathTrouble } from '../../revision/observation.ts';
import { gateOfKey } from '../../watch/graph.ts';
import type { Watch } from '../../watch/plan.ts';

export interface Answers {
  readonly from: 'redis' | 'status';
  /** Absent: none that is known. */
  readonly observation: Observation | undefined;
  /** Only the shared state knows it. */
  readonly budget?: {
    /** Until when host and credential are left alone, milliseconds since the epoch. */
    readonly blockedUntil?: number;
    /** How often in a row the host refused the credential. */
    readonly refusals?: number;
  };
}

/** Reads the answers; the source's key is the one that the control plane wrote into the status. */
export async function readAnswers(fn: FunctionObject, watch: Watch, state: State | undefined): Promise<Answers> {
  const key = fn.status?.watch?.source;
  if (state === undefined || key === undefined) return { from: 'status', observation: fromStatus(fn, watch) };
  const gate = gateOfKey(key);
  const [observation, [blocked, refused]] = await Promise.all([
    readObservation(state, key),
    state.getMany([blockKey(gate), refusalsKey(gate)]),
  ]);
  const budget = {
    ...(blocked === undefined ? {} : { blockedUntil: Number(blocked) }),
    ...(refused === undefined ? {} : { refusals: Number(refused) }),
  };
  return { from: 'redis', observation, budget };
}

/** What a status tells of the last answer; an id that stands there was believed, so it was seen often enough. */
function fromStatus({ metadata, status }: FunctionObject, watch: Watch): Observation | undefined {
  const { interval } = status?.watch ?? {};
  const observed = status?.watch?.observed ?? companionSeen(metadata.annotations);
  const condition = findCondition(status?.conditions, 'Watching');
  if (observed === undefined && condition?.status !== 'False') return undefined;
  const at = observed === undefined ? 0 : Date.parse(observed.at);
  const isMissing = condition?.reason === 'RefNotFound' || condition?.reason === 'TagNotFound';
  const failed = condition?.status === 'False' && !isMissing;
  const since = Date.parse(condition?.lastTransitionTime ?? '');
  return {
    at,
    heads: isMissing ? { [watch.want]: { kind: 'missing' } } : observed ? headOf(watch, observed) : {},
    intervalMs: parseDuration(interval ?? '') ?? watch.intervalMs,
    ...(failed ? { failure: { reason: condition.reason, message: condition.message, since, count: 1 } } : {}),
  };
}

/** Companion mode keeps what it saw in its annotation, without a time. */
function companionSeen(own: Readonly<Record<string, string>> | undefined) {
  const { observed } = readCompanionState(own);
  return observed === undefined ? undefined : { id: observed, at: momentText(0) };
}

/** The ids of paths in it are nowhere in a status; a new id that stands there was one to look at. */
const unread: PathTrouble = {
  reason: 'UnexpectedAnswer',
  message: 'only the shared state knows which (--redis)',
  count: 1,
  retryAt: 0,
  givenUp: true,
};

function headOf(
  { want, paths }: Watch,
  { id, ref }: { readonly id: string; readonly ref?: string },
): Observation['heads'] {
  const trouble = paths === undefined ? {} : { pathTrouble: unread };
  return { [want]: { kind: 'found', id, sightings: 2, ...(ref === undefined ? {} : { ref }), ...trouble } };
}
