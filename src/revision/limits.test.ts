import { describe, expect, it } from 'vitest';
import { stretchOf } from './fair-share.ts';
import { limitBy, limitOf, readAllowance } from './limits.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const seconds = now / 1000;

describe('revision/limits', () => {
  it('hosts with a documented limit have it, others have none', () => {
    expect(limitOf('api.github.com', false)).toBe(83);
    expect(limitOf('api.github.com', true)).toBe(1);
    expect(limitOf('gitlab.com', false)).toBe(2000);
    expect(limitOf('gitee.com', false)).toBe(60);
    expect(limitOf('git.example', true)).toBeUndefined();
    expect(limitOf('constructor', true)).toBeUndefined();
  });

  it('a reset is a time or a span, and is taken relative to the Date of the answer', () => {
    const headers = { 'x-ratelimit-remaining': '10', 'x-ratelimit-reset': String(seconds + 60) };
    expect(readAllowance(headers, now)).toEqual({ remaining: 10, resetAt: now + 60_000 });
    const ahead = new Date(now + 30_000).toUTCString();
    expect(readAllowance({ ...headers, date: ahead }, now)).toEqual({ remaining: 10, resetAt: now + 30_000 });
    expect(readAllowance({ 'ratelimit-remaining': '0', 'ratelimit-reset': '5' }, now)).toEqual({
      remaining: 0,
      resetAt: now + 5000,
    });
  });

  it.for([
    [{}],
    [{ 'x-ratelimit-remaining': '10' }],
    [{ 'x-ratelimit-remaining': 'many', 'x-ratelimit-reset': '5' }],
    [{ 'x-ratelimit-remaining': '-1', 'x-ratelimit-reset': '5' }],
    [{ 'x-ratelimit-remaining': '10', 'x-ratelimit-reset': '4102444800' }],
    [{ 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '76;w=21600' }],
  ] as const)('%j says nothing', ([headers]) => {
    expect(readAllowance(headers, now)).toBeUndefined();
  });

  it('what is left is spread until the reset, less what others may use', () => {
    expect(limitBy({ remaining: 5000, resetAt: now + 3_600_000 }, now)).toBe(75);
    expect(limitBy({ remaining: 100, resetAt: now + 1000 }, now)).toBe(90);
    expect(limitBy({ remaining: 0, resetAt: now + 1000 }, now)).toBe(0);
  });
});

describe('revision/fair-share', () => {
  it('nobody waits while there is enough', () => {
    expect(stretchOf(new Map(Object.entries({ a: 40, b: 60 })), 100)).toEqual(new Map());
  });

  it('who asks for little is served whole, the rest share what is left', () => {
    const stretch = stretchOf(new Map(Object.entries({ a: 10, b: 90, c: 180 })), 100);
    expect(stretch).toEqual(new Map(Object.entries({ b: 2, c: 4 })));
  });

  it('without any budget the stretch has an end', () => {
    expect(stretchOf(new Map([['a', 10]]), 0).get('a')).toBe(720);
  });
});
