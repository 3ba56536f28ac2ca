// The end of a build: its Builder's status, and the Function's. Written once, whoever comes again.
import type { Backend } from '../../build/backend.ts';
import { type BuildEnd, builtSources, endedStatus, endOf, reportedRevision } from '../../build/builder.ts';
import { buildTimeoutMs } from '../../build/plan.ts';
import type { BuildFacts } from '../../decide/facts.ts';
import { nextTry } from '../../decide/passing-failure.ts';
import { vanishedTooOften } from '../../decide/vanished-run.ts';
import { createdAt } from '../../function/child.ts';
import { momentText } from '../../function/conditions.ts';
import { formatDuration } from '../../function/duration.ts';
import { kinds } from '../../function/kinds.ts';
import type { BuilderObject, BuilderStatus } from '../../function/schema.ts';
import type { BuildStatus } from '../../function/status.ts';
import { KubeError, type KubeObject } from '../../platform/kube/kube.ts';
import { redact } from '../../platform/redact.ts';
import { builderEvent } from '../announce.ts';
import type { Context } from '../context.ts';
import { withoutAbsent } from '../draft.ts';
import { isApplied } from '../merge-patch.ts';
import type { Going } from './facts.ts';

/** When a build must have ended, milliseconds since the epoch; undefined: whenever its engine says. */
export function deadlineOf(builder: BuilderObject): number | undefined {
  const [timeoutMs, from] = [buildTimeoutMs(builder.spec), createdAt(builder)];
  return timeoutMs === undefined || from === undefined ? undefined : from + timeoutMs;
}

/** Records the end of a build that is over; false when it goes on. */
export async function settleBuild(context: Context, going: Going): Promise<boolean> {
  const { backend, builder, run, result } = going;
  if (!builder) return false;
  const end = result && endOf(result, builder, context.now);
  if (end) {
    if (run && going.refused) await stopRun(context, backend, run);
    await conclude(context, withRef(builder, backend), inTime(end, builder, result));
    if (result.phase === 'failed' && result.failure === 'transient') planRetry(context);
    return true;
  }
  if (!run && builder.spec.state === 'Cancelled' && builder.status?.phase === 'Build') {
    await conclude(context, builder, {
      state: 'Canceled',
      reason: 'Canceled',
      message: 'cancelled, and its run deleted',
    });
    return true;
  }
  // A run that is gone is not one that was never created: the time of both is limited, but the first is made anew.
  if (!run && builder.status?.phase === 'Build') return false;
  if (run && builder.spec.state === 'Cancelled') await stopRun(context, backend, run);
  const deadline = deadlineOf(builder);
  if (deadline === undefined || context.now < deadline) return false;
  if (run) await stopRun(context, backend, run);
  await conclude(context, builder, timeoutOf(builder));
  return true;
}

/** A cause that passes is nobody's fault: the same revision is tried again after a while. */
function planRetry({ draft, now, options }: Context): void {
  const { build } = draft.status;
  const at = nextTry({ now, policy: options.policy }, build?.retries ?? 0);
  if (build?.state === 'Failed' && at !== undefined) draft.set({ build: { ...build, retryAt: momentText(at) } });
}

/** A run that ended before anybody wrote where it is. */
function withRef(builder: BuilderObject, backend: Backend): BuilderObject {
  if (builder.status?.resourceRef !== undefined) return builder;
  return { ...builder, status: { ...builder.status, resourceRef: backend.resourceRef(builder.metadata.name) } };
}

function timeoutOf(builder: BuilderObject): BuildEnd {
  const buildDuration = formatDuration(buildTimeoutMs(builder.spec) ?? 0);
  return { state: 'Timeout', reason: 'Timeout', message: 'Timeout', buildDuration };
}

/** A run that we stopped at its deadline reports a cancel; nobody asked for that. */
function inTime(end: BuildEnd, builder: BuilderObject, result: Going['result']): BuildEnd {
  const completedAt = result && result.phase !== 'running' ? Date.parse(result.completedAt ?? '') : Number.NaN;
  const isLate = completedAt >= (deadlineOf(builder) ?? Infinity);
  return end.state === 'Canceled' && isLate && builder.spec.state !== 'Cancelled' ? timeoutOf(builder) : end;
}

/** A run that vanished again and again is a failed build. */
export async function settleVanished(context: Context, facts: BuildFacts, builder: BuilderObject): Promise<boolean> {
  if (!vanishedTooOften({ policy: context.options.policy }, facts)) return false;
  const times = (facts.recorded?.vanished ?? 0) + 1;
  await conclude(context, builder, {
    state: 'Failed',
    reason: 'RunVanished',
    message: `its run was deleted before it ended, ${times} times in a row`,
  });
  return true;
}

/** Writes the end into the Builder, and into the draft. The Builder comes first: until it has its end, nothing removes it. */
export async function conclude(context: Context, builder: BuilderObject, told: BuildEnd): Promise<void> {
  const { draft, findings } = context;
  const end = { ...told, message: redact(told.message) };
  const { build = {} } = draft.status;
  const reported = end.sources ?? [];
  const sources = builtSources(reported, build.revision);
  await writeBuilderStatus(
    context,
    builder,
    endedStatus({ ...end, ...(end.state === 'Succeeded' ? { sources } : {}) }, builder.status?.resourceRef),
  );
  findings.ended = ended(build, end, build.revision ?? reportedRevision(reported));
  draft.set({ build: findings.ended });
  if (end.state !== 'Succeeded') return;
  findings.justBuilt = true;
  draft.set({
    revision: end.output === undefined ? undefined : { imageDigest: end.output.digest },
    sources: sources.length === 0 ? undefined : sources,
  });
}

/** `status.build` of a build that ended so. A good end is nobody's cancel, however late one came. */
export function ended(build: BuildStatus, end: BuildEnd, revision: string | undefined): BuildStatus {
  const { state, reason, message, buildDuration } = end;
  const cancelledAt = state === 'Succeeded' ? undefined : build.cancelledAt;
  return withoutAbsent<BuildStatus>({ ...build, state, reason, message, buildDuration, revision, cancelledAt });
}

/** A Builder that is gone needs no status, and no Event of one. */
export async function writeBuilderStatus(
  { options }: Context,
  builder: BuilderObject,
  status: BuilderStatus,
): Promise<void> {
  if (isApplied(status, builder.status ?? {})) return;
  const { namespace, name } = builder.metadata;
  try {
    await options.kube.patch({ kind: kinds.builder, namespace, name }, { status }, { subresource: 'status' });
  } catch (error) {
    if (!(error instanceof KubeError) || error.status !== 404) throw error;
    return;
  }
  const event = builderEvent(builder, status);
  if (event !== undefined) await options.events(event);
}

/** Asks a run to stop, once; the UID makes sure that it is this one. */
export async function stopRun({ options }: Context, backend: Backend, run: KubeObject): Promise<void> {
  if (isApplied(backend.cancel, run)) return;
  const { namespace = '', name, uid } = run.metadata;
  try {
    await options.kube.patch({ kind: backend.run, namespace, name }, { ...backend.cancel, metadata: { uid } });
  } catch (error) {
    if (!(error instanceof KubeError) || (error.status !== 404 && error.reason !== 'Conflict')) throw error;
  }
}
