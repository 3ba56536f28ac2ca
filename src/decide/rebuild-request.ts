// `openfunction.io/rebuild-requested` holds a nonce that was not answered yet.
import type { BuildCauseRule } from './rule.ts';

export const rebuildRequested: BuildCauseRule = {
  name: 'rebuild request',
  cause: 'RebuildRequested',
  applies: facts => (facts.rebuildRequest === undefined ? undefined : 'openfunction.io/rebuild-requested asks for it'),
};
