// What the runner needs to know of an engine's runs: how they are read, and in which words their ends are written.
import { TerminalError } from '../../platform/errors.ts';
import type { Kind, Kube, KubeObject } from '../../platform/kube/kube.ts';
import type { BuildSpec } from './build-object.ts';
import type { Stop } from './failure.ts';
import type { Inputs } from './inputs.ts';
import type { Failure, RunSource, WorkEnd } from './run-status.ts';

/** A run of any engine. Times are RFC 3339. */
export interface Run {
  readonly object: KubeObject;
  /** Nothing will happen to it any more. */
  readonly finished: boolean;
  /** Somebody asked it to stop. */
  readonly cancelled: boolean;
  /** Somebody asked that it does not begin yet. */
  readonly pending: boolean;
  /** Absent: it has not begun. */
  readonly startTime: string | undefined;
  /** How long it may take, as it is written; absent: as its Build says. */
  readonly timeout: string | undefined;
  /** What an earlier attempt of it fetched. */
  readonly known: KnownSource | undefined;
  /** The condition as it stands. */
  readonly succeeded: { readonly status: string; readonly lastTransitionTime?: string | undefined } | undefined;
}

export interface KnownSource {
  readonly git?: { readonly commitSha?: string | undefined; readonly branchName?: string | undefined } | undefined;
  readonly ociArtifact?: { readonly digest?: string | undefined } | undefined;
}

/** What is to be built, or why that cannot be. */
export type Found = { readonly spec: BuildSpec; readonly inputs: Inputs } | { readonly failure: Failure };

/** One engine. Functions that give a merge patch of `status` are pure; `now` is RFC 3339. */
export interface RunDialect {
  readonly kind: Kind;
  /** Undefined where it cannot be a run. */
  read(object: KubeObject): Run | undefined;
  /** Looks for what it builds; throws what `get` throws. */
  find(run: Run, get: Kube['get']): Promise<Found>;
  /** The run has begun, or goes on after a restart; the first start counts. */
  started(run: Run, now: string): object;
  /** What was fetched is fixed before anything is pushed: a run that is taken up again fetches the same. */
  fetched(source: RunSource, spec: BuildSpec): object;
  /** The image is pushed. */
  succeeded(run: Run, end: WorkEnd, now: string): object;
  /** It ended without an image, whether it had begun or not. */
  failed(run: Run, failure: Failure, now: string): object;
  /** The end of a run that somebody or something stopped. */
  stopped(stop: Exclude<Stop, 'gone' | 'closing'>, name: string, timeout: string): Failure;
}

interface Condition {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** The condition `Succeeded`; its time is that of the last change of its status. */
export function withCondition({ succeeded }: Run, condition: Condition, now: string): object {
  const unchanged = succeeded?.status === condition.status ? succeeded.lastTransitionTime : undefined;
  return { conditions: [{ type: 'Succeeded', ...condition, lastTransitionTime: unchanged ?? now }] };
}

/** A run that has begun, or goes on after a restart; both engines say it alike. */
export function begun(run: Run, now: string): object {
  const condition = { status: 'Unknown', reason: 'Running', message: 'fetching and packing the source' };
  return { startTime: run.startTime ?? now, ...withCondition(run, condition, now) };
}

/** A run that ended without an image; both engines say it alike. */
export function endedBadly(run: Run, { reason, message }: Failure, now: string): object {
  const condition = { status: 'False', reason, message };
  return { startTime: run.startTime ?? now, completionTime: now, ...withCondition(run, condition, now) };
}

/** What cannot be built, and why. */
export function refused(reason: string, message: string): Found {
  return { failure: { reason, message } };
}

/** A value that is not there is the end of the run, and nobody's fault here. */
export async function unlessMissing(find: () => Promise<Found>): Promise<Found> {
  try {
    return await find();
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    return refused('Failed', error.message);
  }
}
