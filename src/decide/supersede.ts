// One run at a time. A newer revision cancels the running build, but after two cancels in a row the third is let finish; people's
// edits and requests always cancel.
import { type BuildGate, isNews } from './rule.ts';

export const supersede: BuildGate = {
  name: 'one run at a time',
  judge(facts, build, cause) {
    const recorded = build.recorded;
    if (recorded?.phase !== 'running' || build.builder === 'absent' || cause === 'RunVanished') return undefined;
    // There is nothing to wait for, and nothing that could be cancelled.
    if (recorded.lost !== undefined || build.run === 'absent') return undefined;
    if (isNews(cause) && recorded.cancels >= facts.policy.cancelsInARow) {
      return {
        reason: 'LettingFinish',
        message: `the running build is let finish: ${recorded.cancels} before it were cancelled for newer revisions`,
      };
    }
    return 'cancel';
  },
};
