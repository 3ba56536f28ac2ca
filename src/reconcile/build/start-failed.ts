// A run that could not be created: who can heal it, and when it counts as a failed build.
import type { Backend } from '../../build/backend.ts';
import type { BuilderObject } from '../../function/schema.ts';
import type { BuildStatus } from '../../function/status.ts';
import { RetryableError, TerminalError } from '../../platform/errors.ts';
import { KubeError } from '../../platform/kube/kube.ts';
import { redact } from '../../platform/redact.ts';
import type { Context } from '../context.ts';
import { type Outcome, stalled, waiting } from '../outcome.ts';
import { conclude, deadlineOf, ended } from './end.ts';
import { sayNoEngine } from './engine.ts';
import { sayBuild } from './said.ts';

interface Failure {
  readonly backend: Backend;
  /** Absent: it is what could not be created. */
  readonly builder: BuilderObject | undefined;
  readonly error: unknown;
}

const noBackendRetryMs = 60_000;
const firstRetryMs = 5_000;

/** What to do about it. An API server that cannot answer is nobody's failed build: that is thrown on. */
export async function startFailed(context: Context, failure: Failure): Promise<Outcome> {
  const { options, now, draft } = context;
  const { error, backend } = failure;
  if (error instanceof TerminalError) return giveUp(context, failure, error);
  if (!(error instanceof RetryableError) || isOutage(error)) throw error;
  if (error instanceof KubeError && error.status === 404 && !(await options.kube.serves(backend.run))) {
    const message = sayNoEngine(backend, context.steering);
    return waiting({ status: 'Unknown', reason: 'NoBackend', message }, retryAt(failure, now + noBackendRetryMs));
  }
  const failures = (draft.status.build?.failures ?? 0) + 1;
  const isFinal =
    failures >= options.policy.startTries ||
    (error instanceof KubeError && (error.status === 422 || error.status === 400));
  draft.set({ build: { ...draft.status.build, failures } });
  if (isFinal) return giveUp(context, failure, error);
  const message = `its run could not be created, try ${failures}: ${error.message}`;
  const at = retryAt(failure, now + firstRetryMs * 2 ** (failures - 1));
  return waiting({ status: 'Unknown', reason: 'BuildStartFailed', message }, at);
}

/** A build whose time is up by then has timed out. */
function retryAt({ builder }: Failure, at: number): number {
  return Math.min(at, (builder && deadlineOf(builder)) ?? at);
}

function isOutage(error: RetryableError): boolean {
  if (!(error instanceof KubeError)) return false;
  return (
    error.status === 0 ||
    error.status === 401 ||
    error.status === 429 ||
    error.status >= 500 ||
    error.reason === 'AlreadyExists'
  );
}

async function giveUp(context: Context, { builder }: Failure, error: Error): Promise<Outcome> {
  const { draft } = context;
  const end = { state: 'Failed', reason: 'BuildStartFailed', message: error.message } as const;
  if (builder) await conclude(context, builder, end);
  else {
    // There is no Builder that somebody could have deleted.
    const build: BuildStatus = { ...draft.status.build, pruned: true };
    draft.set({ build: ended(build, { ...end, message: redact(end.message) }, build.revision) });
  }
  return stalled(sayBuild(draft.status.build ?? {}));
}
