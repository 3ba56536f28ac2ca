// `openfunction.io/suspend: "true"`: what runs goes on, nothing new starts.
import type { BuildGate } from './rule.ts';

export const suspended: BuildGate = {
  name: 'suspended',
  judge(facts) {
    if (!facts.suspended) return undefined;
    return { reason: 'Suspended', message: 'openfunction.io/suspend is "true"; revflow resume takes it away' };
  },
};
