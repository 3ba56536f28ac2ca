// A build shared the run of another Function, and nothing came of that run: this Function starts its own.
import type { BuildCauseRule } from './rule.ts';

export const shareLost: BuildCauseRule = {
  name: 'shared run lost',
  cause: 'ShareLost',
  applies: (_, { recorded }) =>
    recorded?.phase === 'running' || recorded?.phase === 'intended' ? recorded.lost : undefined,
};
