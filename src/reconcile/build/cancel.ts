// Stopping a run for something newer: recorded first, then asked for, and after a while done by deletion.
import type { Backend } from '../../build/backend.ts';
import { momentText } from '../../function/conditions.ts';
import { kinds } from '../../function/kinds.ts';
import type { BuilderObject } from '../../function/schema.ts';
import { KubeError, type KubeObject } from '../../platform/kube/kube.ts';
import type { Context } from '../context.ts';
import { type Outcome, waiting } from '../outcome.ts';
import { conclude, stopRun } from './end.ts';
import { sayBuild } from './said.ts';

/** A run that goes on, and its Builder. */
export interface Running {
  readonly backend: Backend;
  readonly builder: BuilderObject;
  readonly run: KubeObject;
}

/** Asks the run to stop; undefined when it is out of the way, and the next build may start. */
export async function cancelBuild(context: Context, running: Running): Promise<Outcome | undefined> {
  const { draft, now, options } = context;
  const build = draft.status.build ?? {};
  const since = build.cancelledAt === undefined ? now : Date.parse(build.cancelledAt);
  const until = since + options.policy.cancelMs;
  if (now >= until) {
    await removeRun(context, running);
    return undefined;
  }
  const cancelling = { ...build, cancelledAt: momentText(since) };
  draft.set({ build: cancelling });
  const outcome = waiting(sayBuild(cancelling), until);
  if (build.cancelledAt === undefined) await context.commit(outcome);
  await markBuilder(context, running.builder);
  await stopRun(context, running.backend, running.run);
  return outcome;
}

/** OpenFunction's own word for a Builder that is asked to stop. */
async function markBuilder({ options }: Context, { metadata, spec }: BuilderObject): Promise<void> {
  if (spec.state === 'Cancelled') return;
  const { namespace, name, uid } = metadata;
  try {
    await options.kube.patch(
      { kind: kinds.builder, namespace, name },
      { metadata: { uid }, spec: { state: 'Cancelled' } },
    );
  } catch (error) {
    if (!(error instanceof KubeError) || (error.status !== 404 && error.reason !== 'Conflict')) throw error;
  }
}

async function removeRun(context: Context, { backend, builder, run }: Running): Promise<void> {
  const { namespace = '', name, uid = '' } = run.metadata;
  await context.options.kube.remove({ kind: backend.run, namespace, name }, { uid });
  const message = 'its run did not stop when asked, and was deleted';
  await conclude(context, builder, { state: 'Canceled', reason: 'Canceled', message });
}
