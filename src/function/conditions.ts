// The conditions of a Function, how one is set, and what Ready says.
import type { Reason } from './reasons.ts';
import type { Condition } from './status.ts';

/**
 * The types and which status is the good one. Reconciling and Stalled are kstatus's: present and True while there is work under way, or
 * while nothing will happen before somebody changes something; never both.
 */
export const polarity = {
  Watching: 'True',
  Built: 'True',
  Served: 'True',
  Routed: 'True',
  Ready: 'True',
  Reconciling: 'False',
  Stalled: 'False',
} as const;

export type ConditionType = keyof typeof polarity;

export const conditionTypes = Object.keys(polarity) as readonly ConditionType[];

/** What a step says; the time and the list are setCondition's business. */
export interface NewCondition {
  readonly type: ConditionType;
  readonly status: Condition['status'];
  readonly reason: Reason;
  /** One sentence for people, without secrets. */
  readonly message: string;
  /** `metadata.generation` that was looked at; absent: not told. */
  readonly observedGeneration?: number;
}

/**
 * The list with this condition; `now` is milliseconds since the epoch. `lastTransitionTime` moves only with the status. The very same
 * list comes back when nothing changed; the order is that of `conditionTypes`, unknown types last.
 */
export function setCondition(list: readonly Condition[], next: NewCondition, now: number): readonly Condition[] {
  const old = list.find(condition => condition.type === next.type);
  const lastTransitionTime = old?.status === next.status ? old.lastTransitionTime : momentText(now);
  const condition: Condition = { ...next, lastTransitionTime };
  if (old !== undefined && sameCondition(old, condition)) return list;
  return [...list.filter(other => other !== old), condition].sort((a, b) => rank(a) - rank(b));
}

/** The list without conditions of this type; the very same list when there was none. */
export function removeCondition(list: readonly Condition[], type: ConditionType): readonly Condition[] {
  return list.some(condition => condition.type === type) ? list.filter(condition => condition.type !== type) : list;
}

/** The condition of this type; undefined when there is none. */
export function findCondition(list: readonly Condition[] | undefined, type: ConditionType): Condition | undefined {
  return list?.find(condition => condition.type === type);
}

/** A moment as Kubernetes writes it: RFC 3339, UTC, whole seconds. */
export function momentText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** What Ready is made from. */
export interface Readiness {
  /** `yes`: the last good version serves now. `no`: none does. `unasked`: the Function has no `spec.serving`. */
  readonly serves: 'yes' | 'no' | 'unasked';
  readonly built?: Condition | undefined;
  readonly served?: Condition | undefined;
  /** Absent: no route is asked for. */
  readonly routed?: Condition | undefined;
}

type Ready = Pick<NewCondition, 'status' | 'reason' | 'message'>;

/**
 * Ready says that the last good version serves. A failing watch, a failed build of a newer revision and a rollout in progress never take
 * it from a healthy workload; a workload that no name reaches is not ready. Without `spec.serving` it says that the last build is good.
 */
export function readyFrom({ serves, built, served, routed }: Readiness): Ready {
  if (serves === 'yes') {
    if (routed !== undefined && routed.status !== 'True') return notReady([routed]);
    return { status: 'True', reason: 'Serving', message: 'the last good version serves' };
  }
  if (serves === 'no') return notReady([built, served]);
  if (built === undefined || built.status === 'True') {
    return { status: 'True', reason: built === undefined ? 'Skipped' : 'Built', message: 'nothing is to be served' };
  }
  return notReady([built]);
}

/** Names the first stage that is not done; its own condition has the details. */
function notReady(stages: readonly (Condition | undefined)[]): Ready {
  const blocking = stages.find(stage => stage !== undefined && stage.status !== 'True');
  const message = blocking === undefined ? 'no version serves yet' : `${blocking.type}: ${blocking.message}`;
  return { status: 'False', reason: 'NotServing', message };
}

function sameCondition(a: Condition, b: Condition): boolean {
  return (
    a.status === b.status &&
    a.reason === b.reason &&
    a.message === b.message &&
    a.lastTransitionTime === b.lastTransitionTime &&
    a.observedGeneration === b.observedGeneration
  );
}

function rank(condition: Condition): number {
  const at = conditionTypes.findIndex(type => type === condition.type);
  return at < 0 ? conditionTypes.length : at;
}
