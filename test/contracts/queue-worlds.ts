// How time passes for the drivers in memory, where the test moves it, and for those on Redis, where it is real.
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { ManualClock } from '../manual-clock.ts';

type Condition = () => boolean | Promise<boolean>;

/** Moves the clock in small steps until the condition holds; throws when it does not come. */
export function moved(clock: ManualClock): (condition: Condition) => Promise<void> {
  return async condition => {
    for (let turn = 0; !(await condition()); turn += 1) {
      if (turn > 10_000) throw new Error('what was waited for did not come');
      clock.advance(5);
      await setImmediate();
    }
  };
}

/** Waits until the condition holds; throws after `longestMs`. */
export function waited(longestMs = 25_000): (condition: Condition) => Promise<void> {
  return async condition => {
    const end = performance.now() + longestMs;
    while (!(await condition())) {
      if (performance.now() > end) throw new Error('what was waited for did not come');
      await setTimeout(5);
    }
  };
}
