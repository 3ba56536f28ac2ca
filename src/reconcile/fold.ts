// Folds what the steps said into the conditions of a Function. Pure.
import {
  type ConditionType,
  findCondition,
  type NewCondition,
  type Readiness,
  readyFrom,
  removeCondition,
  setCondition,
} from '../function/conditions.ts';
import type { FunctionObject } from '../function/schema.ts';
import type { Condition, FunctionStatus } from '../function/status.ts';
import { redact } from '../platform/redact.ts';
import type { Outcome, Said } from './outcome.ts';

/** What one step said. */
export interface StepResult {
  readonly condition: ConditionType;
  readonly vital: boolean;
  readonly outcome: Outcome;
}

/** The API server takes longer ones; people do not. */
const longestMessage = 1000;

export interface Fold {
  readonly fn: FunctionObject;
  /** The status with what the steps changed. */
  readonly status: FunctionStatus;
  readonly results: readonly StepResult[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The generation counts as not yet looked at. */
  readonly unseen?: boolean | undefined;
}

/** The status with its conditions. Steps that said nothing (yet) keep theirs. */
export function foldStatus({ fn, status, results, now, unseen }: Fold): FunctionStatus {
  const generation = unseen ? generationBefore(fn) : fn.metadata.generation;
  let conditions: readonly Condition[] = status.conditions ?? [];
  const put = (type: ConditionType, said: Said) => {
    const observed = generation === undefined ? {} : { observedGeneration: generation };
    const condition: NewCondition = { type, ...said, message: oneLine(said.message), ...observed };
    conditions = setCondition(conditions, condition, now);
  };
  for (const { condition, outcome } of results) put(condition, outcome.said);
  const ready = readyFrom(readiness(fn, status, conditions));
  put('Ready', ready);
  const outcomes = (some: readonly StepResult[]) => some.map(result => result.outcome);
  const counted = results.filter(result => result.vital);
  // A row that ended before its vital steps waits for what ended it.
  const vital = outcomes(counted.length === 0 ? results : counted);
  const moving = vital.find(outcome => outcome.kind === 'waiting');
  const stuck = moving || ready.status === 'True' ? undefined : vital.find(outcome => outcome.kind === 'stalled');
  if (moving) put('Reconciling', { ...moving.said, status: 'True', reason: 'Progressing' });
  else conditions = removeCondition(conditions, 'Reconciling');
  if (stuck) put('Stalled', { ...stuck.said, status: 'True' });
  else conditions = removeCondition(conditions, 'Stalled');
  return { ...status, conditions, ...(generation === undefined ? {} : { observedGeneration: generation }) };
}

function generationBefore({ metadata, status }: FunctionObject): number {
  return status?.observedGeneration ?? (metadata.generation ?? 1) - 1;
}

function readiness(fn: FunctionObject, status: FunctionStatus, conditions: readonly Condition[]): Readiness {
  const serves = status.serving?.state === 'Running' ? 'yes' : 'no';
  return {
    serves: fn.spec.serving === undefined ? 'unasked' : serves,
    built: findCondition(conditions, 'Built'),
    served: findCondition(conditions, 'Served'),
    routed: findCondition(conditions, 'Routed'),
  };
}

/** Engines report logs; a condition is one line, without secrets, and moves no cursor of a terminal. */
export function oneLine(message: string): string {
  const text = redact(message)
    .replace(/[\s\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .trim();
  if (text.length <= longestMessage) return text.toWellFormed();
  return `${text.slice(0, longestMessage - 3).toWellFormed()}...`;
}
