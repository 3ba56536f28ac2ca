// The watched head is another id than the one attempted last. While an unpinned run goes its own report becomes the baseline.
import { isFiltered, whyChanged, whyFiltered } from './path-filter.ts';
import type { BuildCauseRule } from './rule.ts';

export const newRevision: BuildCauseRule = {
  name: 'new revision',
  cause: 'NewRevision',
  applies(facts, build) {
    const head = facts.watch?.head;
    const recorded = build.recorded;
    if (!head || !recorded || head.id === recorded.revision) return undefined;
    const unpinned = recorded.revision === undefined && (recorded.phase === 'running' || recorded.phase === 'intended');
    if (unpinned || isFiltered(facts)) return undefined;
    const after = recorded.revision === undefined ? '' : ` after ${recorded.revision}`;
    return `${head.id} was seen${after}${whyChanged(facts)}`;
  },
  otherwise: (facts, build) => (isFiltered(facts) ? whyFiltered(facts, build) : undefined),
};
