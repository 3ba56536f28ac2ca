// What the condition Served says, from the status alone.

import type { Hold } from '../../decide/rule.ts';
import { type Reason, reasons } from '../../function/reasons.ts';
import type { FunctionStatus, ServingStageStatus } from '../../function/status.ts';
import { holdReason } from '../build/said.ts';
import { done, type Outcome, type Said, stalled, waiting } from '../outcome.ts';

/** Of the Serving that the status names. */
export function servingOutcome(serving: ServingStageStatus | undefined): Outcome {
  const said = sayServing(serving);
  if (said.status === 'True') return done(said);
  return said.reason === 'Starting' ? waiting(said) : stalled(said);
}

/** What the condition Served says of a Serving, from the status alone; undefined: none was ever recorded. */
export function sayServing(serving: ServingStageStatus | undefined): Said {
  const { state = '', resourceRef = '', message = '', reason = '' } = serving ?? {};
  if (state === 'Skipped') return { status: 'True', reason: 'Skipped', message: 'there is no spec.serving' };
  if (state === 'Running') return { status: 'True', reason: 'Running', message: `${resourceRef} runs` };
  if (state === 'Starting') return { status: 'Unknown', reason: 'Starting', message: `${resourceRef} is starting` };
  const failure = failures[state];
  if (failure !== undefined) {
    const details = [reason, message].filter(part => part !== '');
    return { status: 'False', reason: failure, message: [resourceRef, reasons[failure], ...details].join(': ') };
  }
  const needs = `${resourceRef} holds what is to be served; what runs it is not available in this release`;
  return { status: 'Unknown', reason: 'NoRuntime', message: needs };
}

const failures: Readonly<Record<string, Reason>> = { Failed: 'ServingFailed', Timeout: 'ServingTimeout' };

/** What is built is not what the spec asks for, or nothing is built yet: what serves stays as it is. */
export function frozenOutcome({ build, serving }: FunctionStatus): Outcome {
  if (serving?.resourceRef) return servingOutcome(serving);
  const state = build?.state ?? '';
  const message = state === '' ? 'waits for the first build' : `waits for a build; the last one is ${state}`;
  const said: Said = { status: 'Unknown', reason: 'AwaitingBuild', message };
  // What was built is outdated, and the next build is held, or it would be under way.
  return state === 'Succeeded' || state === 'Skipped' ? stalled(said) : done(said);
}

/** Something newer waits; what serves stays what it is. */
export function heldOutcome(serving: ServingStageStatus | undefined, hold: Hold): Outcome {
  const current = serving?.resourceRef ? sayServing(serving) : undefined;
  const said: Said = { status: current?.status ?? 'Unknown', reason: holdReason(hold), message: hold.message };
  if (hold.until !== undefined) return waiting(said, hold.until);
  return current?.status === 'True' ? done(said) : stalled(said);
}
