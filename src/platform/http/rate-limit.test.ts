import { describe, expect, it } from 'vitest';
import { isRateLimited, retryAt } from './rate-limit.ts';

const now = Date.parse('2026-01-01T12:00:00Z');
const epoch = now / 1_000;
const none = new Uint8Array();

describe('platform/http/rate-limit', () => {
  it.for([
    ['Retry-After in seconds', 429, { 'retry-after': '7' }, 7_000],
    ['Retry-After on a 503', 503, { 'retry-after': '30' }, 30_000],
    [
      'Retry-After as a date, counted from the answer of a clock that is an hour ahead',
      429,
      { 'retry-after': 'Thu, 01 Jan 2026 13:00:05 GMT', date: 'Thu, 01 Jan 2026 13:00:00 GMT' },
      5_000,
    ],
    ['a date that is over', 429, { 'retry-after': 'Thu, 01 Jan 2020 00:00:00 GMT' }, 0],
    [
      "GitHub's reset, one second later",
      403,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${epoch + 90}` },
      91_000,
    ],
    [
      'a reset counted from the answer of a clock that is an hour behind',
      403,
      {
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': `${epoch - 3_600 + 90}`,
        date: 'Thu, 01 Jan 2026 11:00:00 GMT',
      },
      91_000,
    ],
    ["GitLab's reset", 429, { 'ratelimit-remaining': '0', 'ratelimit-reset': `${epoch + 20}` }, 21_000],
    ['a reset in seconds from now', 429, { 'ratelimit-remaining': '0;w=60', 'ratelimit-reset': '40' }, 41_000],
    [
      'Retry-After before the reset',
      429,
      { 'retry-after': '3', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '9' },
      3_000,
    ],
    ['a 429 that says nothing: a minute', 429, {}, 60_000],
    ['a header that is nonsense: a minute', 429, { 'retry-after': 'soon' }, 60_000],
    ['a wait of years: a day', 429, { 'retry-after': '999999999999' }, 24 * 3_600_000],
  ] as const)('%s', ([, status, headers, wait]) => {
    expect(retryAt({ status, headers, body: none }, now)).toBe(now + wait);
  });

  it.for([
    ['a plain 403', 403, {}, ''],
    ['a 403 with requests left', 403, { 'x-ratelimit-remaining': '10', 'x-ratelimit-reset': `${epoch + 9}` }, ''],
    ['a 404', 404, {}, ''],
    ['a 500', 500, {}, ''],
  ] as const)('%s is no limit and gives no time', ([, status, headers, body]) => {
    const refusal = { status, headers, body: Buffer.from(body) };

    expect(isRateLimited(refusal)).toBe(false);
    expect(retryAt(refusal, now)).toBeUndefined();
  });

  it.for([
    'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
    'You have triggered an abuse detection mechanism.',
  ])('a 403 that says "%s" is a limit of a minute', words => {
    const refusal = { status: 403, headers: {}, body: Buffer.from(JSON.stringify({ message: words })) };

    expect(isRateLimited(refusal)).toBe(true);
    expect(retryAt(refusal, now)).toBe(now + 60_000);
  });
});
