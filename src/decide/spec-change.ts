// What the build is made from was edited. A build that another controller recorded is adopted unless the edit came after it.
import type { BuildCauseRule } from './rule.ts';

export const specChanged: BuildCauseRule = {
  name: 'spec change',
  cause: 'SpecChanged',
  applies(_, build) {
    if (!build.recorded) return undefined;
    if (build.recorded.inputHash === undefined) {
      return build.editedSinceAdoption
        ? 'the spec was edited after the build that another controller recorded'
        : undefined;
    }
    return build.recorded.inputHash === build.inputHash
      ? undefined
      : 'spec.build, spec.image or spec.imageCredentials changed';
  },
};
