// `openfunction.io/hold`: a person keeps what is there (a freeze, a rollback); edits and requests by people still build.
import { type BuildGate, isNews } from './rule.ts';

export const held: BuildGate = {
  name: 'held',
  judge(facts, _, cause) {
    if (facts.hold === undefined || !isNews(cause)) return undefined;
    return {
      reason: 'Held',
      message: `openfunction.io/hold is set (${facts.hold}); what is new waits until it is removed`,
    };
  },
};
