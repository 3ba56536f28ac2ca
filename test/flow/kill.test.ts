// A change is carried by a worker that is killed at each request it sends: the change is not lost, and nothing is built twice.
// 20 points from a printed seed; REVFLOW_TEST_KILL=all takes all of them (npm run test:kill).
import { afterAll, describe, expect, it } from 'vitest';
import { nameOf, sample } from './kill-points.ts';
import { prepareSweep } from './kill-sweep.ts';

const isWhole = process.env['REVFLOW_TEST_KILL'] === 'all';
const seed = Number(process.env['REVFLOW_TEST_SEED'] ?? Date.now() % 1_000_000);
const count = 20;
const oneMs = 300_000;

const sweep = await prepareSweep();
afterAll(() => sweep[Symbol.asyncDispose]());
const points = isWhole ? sweep.points : sample(sweep.points, count, seed);
console.log(
  isWhole
    ? `kill: all ${points.length} points`
    : `kill: ${points.length} of ${sweep.points.length} points, seed ${seed} (REVFLOW_TEST_SEED=${seed} repeats it)`,
);
const { outcomes, runs } = sweep.kill(points);

describe('a worker killed while it carries a change', () => {
  it.each(points.map(point => [nameOf(point), point] as const))(
    'loses nothing and builds nothing twice: %s',
    async (_, point) => {
      expect(await outcomes.get(point)).toEqual({ served: true, runs: 1 });
    },
    oneMs,
  );

  it(
    'has built every commit exactly once when all is over',
    async () => {
      for (const lane of await runs) expect(lane).toEqual(lane.map(() => 1));
    },
    oneMs,
  );
});
