// What asks a Function for something without touching its spec: fields of the status that somebody blanked, and annotations.
import { readAnnotations } from '../function/annotations.ts';
import { findCondition } from '../function/conditions.ts';
import type { FunctionObject } from '../function/schema.ts';
import type { BuildStatus, ServingStageStatus } from '../function/status.ts';

/** Whether `status.build` records a build; one without name or hash is none: somebody asks for another. */
export function isRecordedBuild(
  build: BuildStatus | undefined,
): build is BuildStatus & { readonly resourceRef: string } {
  return Boolean(build?.resourceRef) && isHashed(build);
}

/** Whether `status.serving` records a Serving; blanking the state, a hash or the reference is a command to serve anew. */
export function isRecordedServing(serving: ServingStageStatus | undefined): serving is ServingStageStatus {
  return Boolean(serving?.state && serving.resourceRef) && isHashed(serving);
}

function isHashed(stage: BuildStatus | ServingStageStatus | undefined): boolean {
  // Beside another controller's hash stands ours, which answers no command.
  if (stage?.sequence === undefined) return Boolean(stage?.resourceHash);
  return stage.resourceHash !== '' && Boolean(stage.inputHash || stage.resourceHash);
}

/** Whether something is asked for that the status does not answer yet. */
export function isAskedFor({ metadata, spec, status = {} }: FunctionObject): boolean {
  const { rebuildRequested, suspended, hold } = readAnnotations(metadata.annotations);
  const { build, serving, conditions, lastHandledRebuild } = status;
  const reasons = (['Built', 'Served'] as const).map(type => findCondition(conditions, type)?.reason);
  return (
    (spec.build !== undefined && !isRecordedBuild(build)) ||
    (spec.serving !== undefined && serving !== undefined && !isRecordedServing(serving)) ||
    (rebuildRequested !== undefined && rebuildRequested !== lastHandledRebuild) ||
    (!suspended && reasons.includes('Suspended')) ||
    (hold === undefined && reasons.includes('Held'))
  );
}
