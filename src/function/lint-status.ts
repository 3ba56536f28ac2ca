// A linter of a Function's status, run after every reconcile in every test: what no tool that reads kstatus may ever see.
import { conditionTypes, findCondition } from './conditions.ts';
import { isReason } from './reasons.ts';
import type { FunctionObject } from './schema.ts';
import type { Condition, FunctionStatus } from './status.ts';

const buildStates: ReadonlySet<string> = new Set([
  '',
  'Created',
  'Building',
  'Succeeded',
  'Failed',
  'Timeout',
  'Canceled',
  'Skipped',
]);
const servingStates: ReadonlySet<string> = new Set([
  '',
  'Created',
  'Starting',
  'Running',
  'Failed',
  'Timeout',
  'Skipped',
]);

/** Sentences about what is wrong; empty when nothing is, and for a Function without status. */
export function lintStatus(fn: FunctionObject): readonly string[] {
  const { status } = fn;
  if (status === undefined) return [];
  const conditions = status.conditions ?? [];
  return [
    ...conditions.flatMap(condition => [...lintCondition(condition, fn)]),
    ...lintTypes(conditions),
    ...lintWhole(conditions),
    ...lintStages(status),
    ...lintSequences(status),
    ...lintGenerations(fn),
  ];
}

function* lintCondition(condition: Condition, fn: FunctionObject): Generator<string> {
  const { type, reason, message, lastTransitionTime, observedGeneration } = condition;
  if (!conditionTypes.some(known => known === type)) yield `condition ${type} is not one of ours`;
  if (!isReason(reason)) yield `reason ${reason} of ${type} is not in the closed list`;
  if (message.trim() === '') yield `${type} has no message`;
  if (/[\r\n]/.test(message)) yield `the message of ${type} has more than one line`;
  if (/:\/\/(?!\[redacted\]@)[^\s/@]+@/.test(message)) yield `the message of ${type} shows a URL with a user`;
  if (!isMoment(lastTransitionTime)) yield `${type} changed at "${lastTransitionTime}", which is no moment`;
  if ((observedGeneration ?? 0) > (fn.metadata.generation ?? Infinity)) yield `${type} observed a generation to come`;
}

function* lintTypes(conditions: readonly Condition[]): Generator<string> {
  const types = conditions.map(condition => condition.type);
  for (const type of new Set(types.filter((other, at) => types.indexOf(other) !== at))) yield `${type} stands twice`;
}

/** kstatus: who waits for Ready must be able to tell "not yet" from "never". */
function* lintWhole(conditions: readonly Condition[]): Generator<string> {
  if (conditions.length === 0) return;
  const ready = findCondition(conditions, 'Ready');
  const reconciling = findCondition(conditions, 'Reconciling')?.status === 'True';
  const stalled = findCondition(conditions, 'Stalled')?.status === 'True';
  if (ready === undefined) yield 'there are conditions but no Ready';
  else if (ready.status !== 'True' && !reconciling && !stalled) {
    yield `Ready is ${ready.status}, and neither Reconciling nor Stalled says whether it will change`;
  }
  if (reconciling && stalled) yield 'both Reconciling and Stalled are True';
}

/** Conditions and OpenFunction's own fields tell the same story. */
function* lintStages({ build, serving, conditions }: FunctionStatus): Generator<string> {
  const [built, served] = [findCondition(conditions, 'Built'), findCondition(conditions, 'Served')];
  if (!buildStates.has(build?.state ?? '')) yield `status.build.state ${build?.state} is no state`;
  if (!servingStates.has(serving?.state ?? '')) yield `status.serving.state ${serving?.state} is no state`;
  if (built?.status === 'True' && !['Succeeded', 'Skipped'].includes(build?.state ?? '')) {
    yield `Built is True while status.build.state is "${build?.state ?? ''}"`;
  }
  // Where nothing is to be served, OpenFunction writes so only after a build.
  const servingState = serving?.state ?? (served?.reason === 'Skipped' ? 'Skipped' : '');
  if (served?.status === 'True' && !['Running', 'Skipped'].includes(servingState)) {
    yield `Served is True while status.serving.state is "${serving?.state ?? ''}"`;
  }
  if (built !== undefined && built.status !== 'True' && build?.state === 'Succeeded') {
    yield `Built is ${built.status} while status.build.state is "Succeeded"`;
  }
}

function* lintSequences({ sequence, build, serving }: FunctionStatus): Generator<string> {
  for (const [name, stage] of Object.entries({ build, serving })) {
    if ((stage?.sequence ?? 0) > (sequence ?? 0)) yield `status.${name}.sequence is above status.sequence`;
    if (stage?.sequence !== undefined && !stage.resourceRef) yield `status.${name} has a sequence but no resourceRef`;
    if (stage?.inputHash !== undefined && stage.sequence === undefined && !stage.resourceHash) {
      yield `status.${name} has an inputHash, but neither a sequence nor another controller's hash`;
    }
    if (stage?.startedAt !== undefined && !isMoment(stage.startedAt)) yield `status.${name}.startedAt is no moment`;
  }
}

function* lintGenerations({ metadata, status }: FunctionObject): Generator<string> {
  const observed = status?.observedGeneration;
  if (observed === undefined) return;
  if (observed > (metadata.generation ?? Infinity)) yield 'status.observedGeneration is one to come';
  for (const condition of status?.conditions ?? []) {
    if ((condition.observedGeneration ?? 0) > observed) yield `${condition.type} observed more than the status did`;
  }
}

function isMoment(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) && !Number.isNaN(Date.parse(text));
}
