// What another controller built or served and revflow takes over: the hash of what was asked for then is noted beside its own hash, which
// stays, so that later an edit of the build is told from one of the serving, and from one that changes neither.
import type { BuildStatus, ServingStageStatus } from '../function/status.ts';

/** Whether another controller recorded it: it has its hash and no sequence of ours. */
export function isAdopted(stage: BuildStatus | ServingStageStatus | undefined): boolean {
  return stage !== undefined && stage.sequence === undefined && Boolean(stage.resourceHash);
}

/** The same with the hash noted; what is ours, or noted already, stays as it is. */
export function noted<T extends BuildStatus | ServingStageStatus>(stage: T, inputHash: string): T {
  return isAdopted(stage) && !stage.inputHash ? { ...stage, inputHash } : stage;
}
