// When a key that failed runs again.
import { describe, expect, test } from 'vitest';
import type { Clock } from '../clock.ts';
import { RetryableError, TerminalError, WaitingError } from '../errors.ts';
import { retryTime } from './backoff.ts';

const now = 1_000_000_000_000;
const stopped = () => {
  throw new Error('no timer is needed here');
};
const clock: Clock = { now: () => now, after: stopped, sleep: stopped };

/** The span until the next run, and the levels that were logged. */
function span(failures: number, error: unknown = new Error('for this test')) {
  const levels: string[] = [];
  const log = {
    error: () => void levels.push('error'),
    warn: () => void levels.push('warn'),
    info: () => void levels.push('info'),
    debug: () => void levels.push('debug'),
  };
  const ms = retryTime({ queue: 'source', key: 'key', error, failures }, { clock, log }) - now;
  return { ms, levels };
}

describe('a key that failed', () => {
  test.each([
    [1, 250, 500],
    [2, 500, 1_000],
    [5, 4_000, 8_000],
    [20, 150_000, 300_000],
    [1_000_000, 150_000, 300_000],
  ])('after %d failures waits between %d and %d ms', (failures, least, most) => {
    for (let tries = 0; tries < 50; tries += 1) {
      expect(span(failures).ms).toBeGreaterThanOrEqual(least);
      expect(span(failures).ms).toBeLessThanOrEqual(most);
    }
  });

  test('waits for the time that its error names, an hour at most', () => {
    expect(span(1, new RetryableError('RateLimited', 'later', { retryAt: now + 60_000 })).ms).toBe(60_000);
    expect(span(1, new WaitingError('BuildSlots', 'later', now + 60_000)).ms).toBe(60_000);
    expect(span(1, new RetryableError('RateLimited', 'later', { retryAt: now + 86_400_000 })).ms).toBe(3_600_000);
    expect(span(9, new RetryableError('RateLimited', 'soon', { retryAt: now + 1 })).ms).toBeGreaterThan(60_000);
  });

  test('is logged as a fault of ours only when the error is none of the three', () => {
    expect(span(1).levels).toEqual(['error']);
    expect(span(1, 'text').levels).toEqual(['error']);
    expect(span(1, new TerminalError('InvalidSpec', 'no')).levels).toEqual(['info']);
    expect(span(1, new RetryableError('NetworkError', 'no')).levels).toEqual(['info']);
  });
});
