// The Builder of a build that did not succeed was deleted by hand: that asks for another try. What we pruned ourselves is recorded.
import type { BuildCauseRule } from './rule.ts';

export const builderDeleted: BuildCauseRule = {
  name: 'Builder deleted',
  cause: 'BuilderDeleted',
  applies(_, build) {
    const recorded = build.recorded;
    if (!recorded || recorded.pruned || build.builder !== 'absent') return undefined;
    return recorded.phase === 'running' || recorded.phase === 'failed' ? 'its Builder was deleted' : undefined;
  },
};
