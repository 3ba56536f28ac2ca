// An id that this Function left a short while ago is more often a stale replica or CDN than a rollback: it must be seen twice.
import { movedImages } from './builder-image.ts';
import type { Facts, WatchFacts } from './facts.ts';
import type { BuildGate, Hold } from './rule.ts';

/** The wait for a second sighting of an id left recently; undefined when the id may be taken. */
export function confirmRollback(facts: Facts): Hold | undefined {
  return confirm(facts, facts.watch);
}

/** The same for whatever was seen. */
export function confirm(
  facts: Pick<Facts, 'now' | 'policy'>,
  seen: Pick<WatchFacts, 'head' | 'left'> | undefined,
): Hold | undefined {
  const head = seen?.head;
  if (!head || head.sightings >= 2) return undefined;
  const left = seen.left.find(entry => entry.id === head.id && facts.now - entry.at < facts.policy.rollbackMs);
  if (!left) return undefined;
  return {
    reason: 'ConfirmingRollback',
    message: `${head.id} was left a short while ago; it counts when it is seen a second time`,
    until: left.at + facts.policy.rollbackMs,
  };
}

export const rollbackConfirmed: BuildGate = {
  name: 'rollback confirmed',
  judge(facts, _, cause) {
    if (cause === 'NewRevision') return confirmRollback(facts);
    if (cause !== 'BuilderImageMoved') return undefined;
    const doubts = movedImages(facts).map(image => confirm(facts, image));
    return doubts.includes(undefined) ? undefined : doubts[0];
  },
};
