// A Function without spec.build: what was built for it before is let go.
import { endedStatus } from '../../build/builder.ts';
import type { Context } from '../context.ts';
import { done, type Outcome } from '../outcome.ts';
import { stopRun, writeBuilderStatus } from './end.ts';
import type { Going } from './facts.ts';
import { sayBuild } from './said.ts';

/** Stops a build that goes on, and forgets its results: an old digest would name an image that the spec no longer means. */
export async function skipBuild(context: Context, going: Going): Promise<Outcome> {
  const { draft } = context;
  const { backend, builder, run, result } = going;
  if (run && result?.phase === 'running') await stopRun(context, backend, run);
  if (builder) {
    const end = { state: 'Canceled', reason: 'Canceled', message: 'spec.build was removed' } as const;
    await writeBuilderStatus(context, builder, endedStatus(end, builder.status?.resourceRef));
  }
  const { build } = draft.status;
  if (build?.resourceRef) draft.set({ revision: undefined, sources: undefined });
  if (build?.state !== 'Skipped') draft.set({ build: { state: 'Skipped' } });
  // Nothing can be built again; what is added to the spec later is built anyway.
  const { rebuildRequested = draft.status.lastHandledRebuild } = context.steering;
  draft.set({ lastHandledRebuild: rebuildRequested });
  return done(sayBuild({ state: 'Skipped' }));
}
