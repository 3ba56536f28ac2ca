// Where a replay stands: at one step of a case, with what was before and comes after it.
import type { GoldenCase, Stage as RecordedStage } from '../cases.ts';
import type { Stage } from './stage.ts';
import type { Tokens } from './tokens.ts';

export interface Scenery {
  readonly recorded: GoldenCase;
  readonly stages: readonly RecordedStage[];
  readonly at: number;
  readonly stage: Stage;
  readonly tokens: Tokens;
  /** Name of the Function that the case is about. */
  readonly name: string;
}
