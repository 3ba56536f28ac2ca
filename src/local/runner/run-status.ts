// The status of a BuildRun, worded as Shipwright v1beta1 does. Pure; each function gives a merge patch of `status`.
import type { BuildRun } from './build-object.ts';

/** What was fetched. */
export type RunSource =
  | {
      readonly kind: 'git';
      readonly commitSha: string;
      readonly commitAuthor?: string;
      readonly branchName?: string;
      readonly committedAt?: string;
    }
  | { readonly kind: 'oci'; readonly digest: string };

export interface Failure {
  /** Of the condition: Failed, BuildRunTimeout, BuildRunCanceled, BuildNotFound, BuildRegistrationFailed. */
  readonly reason: string;
  readonly message: string;
  /** Narrower, where it is known: GitRevisionNotFound and its kin. */
  readonly details?: { readonly reason: string; readonly message: string };
}

/** The run has begun, or goes on after a restart; the first start counts. `now` is RFC 3339, as everywhere here. */
export function startedStatus(run: BuildRun, now: string): object {
  const condition = { status: 'Unknown', reason: 'Running', message: 'fetching and packing the source' };
  return { startTime: run.status.startTime ?? now, ...withCondition(run, condition, now) };
}

/** What was fetched is fixed before anything is pushed: a run that is taken up again fetches the same. */
export function sourceStatus(source: RunSource): object {
  if (source.kind === 'oci') return { source: { ociArtifact: { digest: source.digest } } };
  const { kind: _, committedAt, ...git } = source;
  return { source: { git, ...(committedAt === undefined ? {} : { timestamp: committedAt }) } };
}

/** The image is pushed. */
export function succeededStatus(
  run: BuildRun,
  output: { readonly digest: string; readonly size: number; readonly message: string },
  now: string,
): object {
  const { digest, size, message } = output;
  const condition = { status: 'True', reason: 'Succeeded', message };
  return { completionTime: now, output: { digest, size }, ...withCondition(run, condition, now) };
}

/** It ended without an image, whether it had begun or not. */
export function failedStatus(run: BuildRun, { reason, message, details }: Failure, now: string): object {
  const condition = { status: 'False', reason, message };
  return {
    startTime: run.status.startTime ?? now,
    completionTime: now,
    ...(details ? { failureDetails: details } : {}),
    ...withCondition(run, condition, now),
  };
}

interface Condition {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

function withCondition(run: BuildRun, condition: Condition, now: string): object {
  const former = run.status.conditions?.find(({ type }) => type === 'Succeeded');
  const unchanged = former?.status === condition.status ? former.lastTransitionTime : undefined;
  return { conditions: [{ type: 'Succeeded', ...condition, lastTransitionTime: unchanged ?? now }] };
}
