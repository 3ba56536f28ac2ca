// Which Builders and Servings of a Function are no longer wanted. Pure; the leader deletes them.

import type { ChildView } from '../kinds.ts';
import type { FunctionView } from './function-view.ts';

/**
 * Completed Builders beyond the history limits or older than `builderMaxAge`, newest kept first by sequence. The
 * Builder that counts is let go only when the Function's status has its end.
 */
export function surplusBuilders(builders: readonly ChildView[], view: FunctionView, now: number): readonly ChildView[] {
  const { history } = view;
  const completed = builders
    .filter(builder => builder.ended !== undefined && (builder.name !== view.builder || view.buildEnded))
    .toSorted((a, b) => b.sequence - a.sequence);
  const kept = new Set([
    ...completed.filter(builder => builder.ended === 'succeeded').slice(0, history.succeeded),
    ...completed.filter(builder => builder.ended === 'failed').slice(0, history.failed),
  ]);
  const expired = (builder: ChildView) => history.maxAgeMs > 0 && now - builder.createdAt > history.maxAgeMs;
  return completed.filter(builder => !kept.has(builder) || expired(builder));
}

/**
 * Builders that have not ended though a later build counts: `status.build` was cleared, or came back from a backup, while they went on, so
 * that nothing stopped them. A cache may be late with their end; whoever stops them has to look again.
 */
export function abandonedBuilders(builders: readonly ChildView[], view: FunctionView): readonly ChildView[] {
  const { buildSequence } = view;
  if (buildSequence === undefined) return [];
  return builders.filter(builder => builder.ended === undefined && builder.sequence < buildSequence);
}

/** Servings before the one that counts, once that one is there, save the one that ran last; all of them when none is wanted. */
export function surplusServings(servings: readonly ChildView[], view: FunctionView): readonly ChildView[] {
  if (view.servesNothing) return servings;
  const current = servings.find(serving => serving.name === view.serving);
  if (current === undefined) return [];
  return servings.filter(({ sequence, name }) => sequence < current.sequence && name !== view.lastServing);
}
