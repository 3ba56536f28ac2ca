// The watched head is another id than the one attempted last. While an unpinned run goes its own report becomes the baseline.
import type { BuildCauseRule } from './rule.ts';

export const newRevision: BuildCauseRule = {
  name: 'new revision',
  cause: 'NewRevision',
  applies(facts, build) {
    const head = facts.watch?.head;
    const recorded = build.recorded;
    if (!head || !recorded || head.id === recorded.revision) return undefined;
    const unpinned = recorded.revision === undefined && (recorded.phase === 'running' || recorded.phase === 'intended');
    if (unpinned) return undefined;
    return recorded.revision === undefined ? `${head.id} was seen` : `${head.id} was seen after ${recorded.revision}`;
  },
};
