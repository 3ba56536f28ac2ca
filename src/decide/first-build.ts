// Nothing is recorded: the Function was never built, or someone cleared `status.build` to ask for a build.
import type { BuildCauseRule } from './rule.ts';

export const neverBuilt: BuildCauseRule = {
  name: 'first build',
  cause: 'First',
  applies: (_, build) => (build.recorded || build.everBuilt ? undefined : 'it was never built'),
};

export const cleared: BuildCauseRule = {
  name: 'build cleared',
  cause: 'Cleared',
  applies: (_, build) => (!build.recorded && build.everBuilt ? 'status.build was cleared' : undefined),
};
