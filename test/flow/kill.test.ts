// A change is carried by a worker that is killed at each request it sends: the change is not lost, and nothing is built twice.
// 20 points from a printed seed; REVFLOW_TEST_KILL=all takes all of them (npm run test:kill), another word those whose names hold it.
import { afterAll, describe, expect, it } from 'vitest';
import { nameOf, sample } from './kill-points.ts';
import { prepareSweep } from './kill-sweep.ts';

const wanted = process.env['REVFLOW_TEST_KILL'];
const seed = Number(process.env['REVFLOW_TEST_SEED'] ?? Date.now() % 1_000_000);
const count = 20;
const oneMs = 300_000;

const sweep = await prepareSweep();
afterAll(() => sweep[Symbol.asyncDispose]());
const points =
  wanted === undefined
    ? sample(sweep.points, count, seed)
    : sweep.points.filter(point => wanted === 'all' || nameOf(point).includes(wanted));
const how = wanted === undefined ? `, seed ${seed} (REVFLOW_TEST_SEED=${seed} repeats it)` : '';
console.log(`kill: ${points.length} of ${sweep.points.length} points${how}`);
const { outcomes, runs } = sweep.kill(points);

describe('a worker killed while it carries a change', () => {
  it.for(points.map(point => [nameOf(point), point] as const))(
    'loses nothing and builds nothing twice: %s',
    { timeout: oneMs },
    async ([, point], { skip }) => {
      const outcome = await outcomes.get(point);
      if (outcome === undefined) skip('no change needed this request again');
      expect(outcome).toEqual({ served: true, runs: 1 });
    },
  );

  it(
    'has built every commit exactly once when all is over',
    async () => {
      for (const lane of await runs) expect(lane).toEqual(lane.map(() => 1));
    },
    oneMs,
  );
});
