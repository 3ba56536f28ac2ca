// A run was cancelled for something newer that is gone again (pushed and taken back): what it built was never finished.
import type { BuildCauseRule } from './rule.ts';

export const supersededForNothing: BuildCauseRule = {
  name: 'cancelled for nothing',
  cause: 'Superseded',
  applies: (_, build) =>
    build.recorded?.superseded === true && build.recorded.phase === 'failed'
      ? 'its run was cancelled for something newer that is gone again'
      : undefined,
};
