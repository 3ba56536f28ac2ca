// The steps of a reconcile, in the order of the arrow. This table is the loop's table of contents.
import type { ConditionType } from '../function/conditions.ts';
import { buildStep } from './build/step.ts';
import type { Context } from './context.ts';
import type { Outcome } from './outcome.ts';
import { servingStep } from './serving/step.ts';
import { watchStep } from './watch/step.ts';

export interface Step {
  readonly name: 'watch' | 'build' | 'serving';
  /** The condition that it speaks through, and the only one. */
  readonly condition: ConditionType;
  /** Whether its waiting and stalling are the Function's own: trouble with watching never is. */
  readonly vital: boolean;
  readonly run: (context: Context) => Promise<Outcome>;
}

export const steps: readonly Step[] = [
  { name: 'watch', condition: 'Watching', vital: false, run: watchStep },
  { name: 'build', condition: 'Built', vital: true, run: buildStep },
  { name: 'serving', condition: 'Served', vital: true, run: servingStep },
];
