// A run was cancelled for something newer that is gone again (pushed and taken back): what it built was never finished.
import type { BuildCauseRule } from './rule.ts';

export const supersededForNothing: BuildCauseRule = {
  name: 'cancelled for nothing',
  cause: 'Superseded',
  applies({ watch }, { recorded }) {
    if (recorded?.superseded !== true || recorded.phase !== 'failed') return undefined;
    // Observations may be lost: not seeing the newer one says nothing. It is gone when something else was seen.
    if (watch !== undefined && watch.head === undefined) return undefined;
    return 'its run was cancelled for something newer that is gone again';
  },
};
