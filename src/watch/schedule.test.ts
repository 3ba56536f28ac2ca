import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextPoll } from './schedule.ts';

const interval = fc.integer({ min: 1000, max: 3_600_000 });
const time = fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 });

describe('watch/schedule', () => {
  it('the next poll is later, and never later than the promise', () => {
    fc.assert(
      fc.property(fc.string(), interval, time, (key, intervalMs, now) => {
        const next = nextPoll({ key, intervalMs, now });
        expect(next).toBeGreaterThan(now);
        expect(next).toBeLessThanOrEqual(now + intervalMs);
      }),
    );
  });

  it('a source keeps its place in the interval', () => {
    fc.assert(
      fc.property(fc.string(), interval, time, (key, intervalMs, now) => {
        const first = nextPoll({ key, intervalMs, now });
        // The poll before was off the grid, and so near to it that the next one is too.
        fc.pre(first < now + intervalMs);
        const second = nextPoll({ key, intervalMs, now: first });
        expect(second).toBe(first + intervalMs);
        // A poll that was started a little late goes back to the grid.
        expect(nextPoll({ key, intervalMs, now: second + Math.floor(intervalMs * 0.3) })).toBe(second + intervalMs);
      }),
    );
  });

  it('sources are spread over the interval', () => {
    const tenths = new Set<number>();
    for (let at = 0; at < 200; at += 1) {
      tenths.add(Math.floor((nextPoll({ key: `k${at}`, intervalMs: 10_000, now: 1_700_000_000_000 }) % 10_000) / 1000));
    }
    expect(tenths.size).toBe(10);
  });
});
