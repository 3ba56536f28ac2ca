// One reconcile of one Function: read, steps in order, one status patch, Events for what changed, and the next time.
import { readAnnotations } from '../function/annotations.ts';
import { findCondition } from '../function/conditions.ts';
import { kinds } from '../function/kinds.ts';
import { isReason } from '../function/reasons.ts';
import type { FunctionObject } from '../function/schema.ts';
import { RetryableError, TerminalError, WaitingError } from '../platform/errors.ts';
import { KubeError } from '../platform/kube/kube.ts';
import type { Handler } from '../platform/queue/queue.ts';
import { eventsOf } from './announce.ts';
import { checkFunction } from './check.ts';
import { reconcileCompanion } from './companion/companion.ts';
import type { Context, Findings, ReconcilerOptions } from './context.ts';
import { Draft } from './draft.ts';
import { foldStatus, type StepResult } from './fold.ts';
import { refuse } from './invalid.ts';
import { nextTime, type Outcome, type Said, stalled, waiting } from './outcome.ts';
import { type Step, steps } from './steps.ts';

export type { ReconcilerOptions } from './context.ts';

/** Somebody else wrote first: what they wrote is there at once. */
const conflictMs = 50;
const faultRetryMs = 60_000;

/** The handler of the queue `function`; keys are `namespace/name`. Throws only when the API server cannot be asked. */
export function createReconciler(options: ReconcilerOptions): Handler {
  return async (key, signal) => {
    const { clock, metrics } = options;
    const begun = clock.now();
    const result = await guarded(options, key, signal);
    metrics.count('revflow_reconciles_total', { result: result.word });
    metrics.observe('revflow_reconcile_seconds', {}, (clock.now() - begun) / 1000);
    return result.until;
  };
}

interface Result {
  readonly word: 'done' | 'waiting' | 'stalled' | 'retry';
  readonly until?: number | undefined;
}

async function guarded(options: ReconcilerOptions, key: string, signal: AbortSignal): Promise<Result> {
  try {
    return await reconcile(options, key, signal);
  } catch (error) {
    if (error instanceof KubeError && error.reason === 'Conflict') {
      return { word: 'retry', until: options.clock.now() + conflictMs };
    }
    options.metrics.count('revflow_reconciles_total', { result: 'error' });
    throw error;
  }
}

async function reconcile(options: ReconcilerOptions, key: string, signal: AbortSignal): Promise<Result> {
  const slash = key.indexOf('/');
  const ref = { kind: kinds.function, namespace: key.slice(0, slash), name: key.slice(slash + 1) };
  const object = await options.kube.get(ref, signal);
  if (object === undefined || object.metadata.deletionTimestamp !== undefined) return { word: 'done' };
  if (options.mode === 'companion') return { word: 'done', until: await reconcileCompanion(options, object) };
  const checked = checkFunction(object);
  if ('problems' in checked) {
    await refuse(options, object, checked.problems);
    return { word: 'stalled' };
  }
  const outcomes = await runSteps(options, checked.ok);
  const vital = outcomes.filter((_, at) => steps[at]?.vital);
  const word =
    vital.find(({ kind }) => kind === 'waiting')?.kind ?? vital.find(({ kind }) => kind === 'stalled')?.kind ?? 'done';
  return { word, until: nextTime(outcomes) };
}

/** Runs the steps and writes what they said; a step that fails ends the row. */
async function runSteps(options: ReconcilerOptions, fn: FunctionObject): Promise<readonly Outcome[]> {
  const draft = new Draft(fn);
  const results: StepResult[] = [];
  const now = options.clock.now();
  const steering = readAnnotations(fn.metadata.annotations);
  const findings: Findings = {};
  const base = { options, fn, steering, draft, findings, now };
  const write = async (said: readonly StepResult[]) => {
    draft.set(foldStatus({ fn, status: draft.status, results: said, now, unseen: findings.unseenEdit }));
    await draft.write(options.kube);
  };
  for (const step of steps) {
    const resultOf = (outcome: Outcome) => ({ condition: step.condition, vital: step.vital, outcome });
    const context: Context = { ...base, commit: interim => write([...results, resultOf(interim)]) };
    const { outcome, failed } = await runStep(step, context);
    results.push(resultOf(outcome));
    if (failed) break;
  }
  await write(results);
  await Promise.all(eventsOf(fn, draft.status, findings.ended).map(event => options.events(event)));
  return results.map(result => result.outcome);
}

interface Ran {
  readonly outcome: Outcome;
  readonly failed: boolean;
}

/** Errors become outcomes, except those that say that the API server could not be asked. */
async function runStep(step: Step, context: Context): Promise<Ran> {
  try {
    return { outcome: await step.run(context), failed: false };
  } catch (error) {
    if (error instanceof KubeError && !isRefusal(error)) throw error;
    return { outcome: outcomeOf(error, step, context), failed: true };
  }
}

/** Somebody else was faster: the next try sees what they did. */
const contested: ReadonlySet<string> = new Set(['Conflict', 'AlreadyExists']);

/** The API server answered, and said no: people should see it. Everything else it said will be asked again soon. */
function isRefusal({ status, reason }: KubeError): boolean {
  return status >= 400 && status < 500 && ![401, 408, 429].includes(status) && !contested.has(reason);
}

function outcomeOf(error: unknown, step: Step, context: Context): Outcome {
  const { now, options } = context;
  const said = (reason: string, message: string) => sayTrouble(step, context, { reason, message });
  if (error instanceof TerminalError) return stalled(said(error.reason, error.message));
  if (error instanceof RetryableError)
    return waiting(said(error.reason, error.message), error.retryAt ?? now + faultRetryMs);
  if (error instanceof WaitingError) return waiting(said(error.reason, error.message), error.retryAt);
  const { namespace, name } = context.fn.metadata;
  options.log.error('a step failed', { function: `${namespace}/${name}`, step: step.name, error });
  options.metrics.count('revflow_unexpected_errors_total');
  const message = `the step ${step.name} failed; revflow's own log has the details`;
  return waiting(said('InternalError', message), now + faultRetryMs);
}

/** What was good before the trouble is still what it was. */
function sayTrouble(step: Step, { fn }: Context, trouble: { reason: string; message: string }): Said {
  const status = findCondition(fn.status?.conditions, step.condition)?.status ?? 'Unknown';
  const reason = isReason(trouble.reason) ? trouble.reason : 'UnexpectedAnswer';
  return { status, reason, message: trouble.message };
}
