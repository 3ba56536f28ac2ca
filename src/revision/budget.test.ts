import { beforeEach, describe, expect, it } from 'vitest';
import { createManualClock, type ManualClock } from '../../test/manual-clock.ts';
import { RetryableError } from '../platform/errors.ts';
import type { Http, HttpRequest, HttpResponse } from '../platform/http/http.ts';
import { createMemoryState } from '../platform/state/memory.ts';
import type { State } from '../platform/state/state.ts';
import { gateOf } from '../watch/graph.ts';
import { BudgetSpent, Budgets, blockKey } from './budget.ts';

const request: HttpRequest = { method: 'GET', url: 'https://h.example/o/r' };
const minute = 60_000;

let clock: ManualClock;
let state: State;
let calls: string[];
let answer: () => HttpResponse;
const gauges: [string, number][] = [];
const metrics = {
  gauge: (_: string, labels: object | undefined, value: number) => gauges.push([JSON.stringify(labels), value]),
};
const http: Http = {
  request: async ({ url }) => {
    sent.push(url);
    return answer();
  },
};
let sent: string[];

beforeEach(() => {
  clock = createManualClock();
  calls = [];
  sent = [];
  answer = () => ({ status: 200, headers: {}, body: new Uint8Array(), url: request.url });
  const memory = createMemoryState({ clock });
  // Counts the round trips.
  state = new Proxy(memory, {
    get: (target, name, receiver) => {
      const value: unknown = Reflect.get(target, name, receiver);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        calls.push(String(name));
        return Reflect.apply(value, target, args);
      };
    },
  });
});

function budgets(limit: number): Budgets {
  return new Budgets({ state, clock, metrics, limitOf: () => limit });
}

/** Asks as often as it says; returns how many were let through. */
async function ask(from: Budgets, times: number, { namespace = 'a', credentialId = 'c' } = {}): Promise<number> {
  const guarded = from.guard(http, { credentialId, namespaces: [namespace] });
  let through = 0;
  for (let at = 0; at < times; at += 1) {
    try {
      await guarded.request(request);
      through += 1;
    } catch (error) {
      if (!(error instanceof BudgetSpent)) throw error;
      expect(error.retryAt).toBeGreaterThan(clock.now());
    }
  }
  return through;
}

describe('revision/budget', () => {
  it('what is beyond the limit is not asked, and comes in the next window', async () => {
    const budget = budgets(100);
    expect(await ask(budget, 150)).toBe(100);
    expect(sent).toHaveLength(100);
    clock.advance(minute);
    expect(await ask(budget, 10)).toBe(10);
  });

  it('many requests cost one round trip to the state', async () => {
    const budget = budgets(1000);
    await ask(budget, 50);
    expect(calls).toEqual(['add']);
  });

  it('a host without a known limit costs none, until it names one', async () => {
    const budget = new Budgets({ state, clock, metrics });
    await ask(budget, 50);
    expect(calls).toEqual([]);
    const reset = String(clock.now() / 1000 + 600);
    const headers = { 'x-ratelimit-remaining': '1000', 'x-ratelimit-reset': reset };
    answer = () => ({ status: 200, headers, body: new Uint8Array(), url: request.url });
    await ask(budget, 1);
    clock.advance(minute);
    expect(await ask(budget, 200)).toBe(100);
  });

  it('all workers share it', async () => {
    const [one, two] = [budgets(100), budgets(100)];
    const [first, second] = [await ask(one, 70), await ask(two, 70)];
    expect(first).toBe(70);
    expect(first + second).toBeLessThanOrEqual(100);
    expect(second).toBeGreaterThan(20);
  });

  it('another credential or host has its own', async () => {
    const budget = budgets(10);
    expect(await ask(budget, 20)).toBe(10);
    expect(await ask(budget, 20, { credentialId: 'd' })).toBe(10);
  });

  it('concurrent requests share one lease', async () => {
    const guarded = budgets(1000).guard(http, { credentialId: 'c', namespaces: ['a'] });
    await Promise.all(Array.from({ length: 40 }, () => guarded.request(request)));
    expect(calls).toEqual(['add']);
  });

  it('those who come too late are spread over the next window', async () => {
    const guarded = budgets(2).guard(http, { credentialId: 'c', namespaces: ['a'] });
    await Promise.all([guarded.request(request), guarded.request(request)]);
    const times = new Set<number>();
    for (let at = 0; at < 2; at += 1) {
      await guarded.request(request).catch((error: RetryableError) => times.add(error.retryAt ?? 0));
    }
    expect([...times].map(time => time - clock.now())).toEqual([minute, minute + 30_000]);
  });

  it('headers set the limit', async () => {
    const budget = budgets(10_000);
    const reset = String(clock.now() / 1000 + 600);
    answer = () => ({
      status: 200,
      headers: { 'x-ratelimit-remaining': '100', 'x-ratelimit-reset': reset },
      body: new Uint8Array(),
      url: request.url,
    });
    await ask(budget, 1);
    clock.advance(minute);
    expect(await ask(budget, 50)).toBe(10);
    expect(gauges).toContainEqual(['{"host":"h.example"}', 100]);
  });

  it('nothing left means nothing more until a second after the reset', async () => {
    const budget = budgets(100);
    const reset = String(clock.now() / 1000 + 90);
    answer = () => ({
      status: 200,
      headers: { 'ratelimit-remaining': '0', 'ratelimit-reset': reset },
      body: new Uint8Array(),
      url: request.url,
    });
    expect(await ask(budget, 5)).toBe(1);
    clock.advance(90_999);
    expect(await ask(budget, 5)).toBe(0);
    clock.advance(1);
    expect(await ask(budget, 1)).toBe(1);
  });

  it('a host that says when to come back is left alone until then, by every worker', async () => {
    const retryAt = clock.now() + 5 * minute;
    answer = () => {
      throw new RetryableError('RateLimited', 'later', { retryAt });
    };
    const [one, two] = [budgets(100), budgets(100)];
    await expect(ask(one, 1)).rejects.toThrow('later');
    const told = await state.get(blockKey(gateOf('h.example', 'c')));
    two.note('h.example', 'c', told);
    answer = () => ({ status: 200, headers: {}, body: new Uint8Array(), url: request.url });
    for (const budget of [one, two]) {
      const blocked = budget.guard(http, { credentialId: 'c', namespaces: ['a'] }).request(request);
      await expect(blocked).rejects.toThrow(expect.objectContaining({ name: 'BudgetSpent', retryAt }));
    }
    clock.advance(5 * minute);
    expect(await ask(two, 1)).toBe(1);
    expect(await state.get(blockKey(gateOf('h.example', 'c')))).toBeUndefined();
  });

  it('a limit without a time means a minute', async () => {
    const budget = budgets(100);
    answer = () => {
      throw new RetryableError('RateLimited', 'later');
    };
    await expect(ask(budget, 1)).rejects.toThrow('later');
    clock.advance(minute - 1);
    expect(await ask(budget, 1)).toBe(0);
  });

  it('other failures do not block the host', async () => {
    const budget = budgets(100);
    answer = () => {
      throw new RetryableError('ServerError', 'ill', { retryAt: clock.now() + minute });
    };
    await expect(ask(budget, 1)).rejects.toThrow('ill');
    await expect(ask(budget, 1)).rejects.toThrow('ill');
  });

  it('a namespace that asks for much leaves another its share', async () => {
    const budget = budgets(100);
    const account = (namespace: string) => ({ credentialId: 'c', namespaces: [namespace] });
    let served = { a: 0, b: 0 };
    for (let window = 0; window < 6; window += 1) {
      served = { a: await ask(budget, 300, { namespace: 'a' }), b: await ask(budget, 20, { namespace: 'b' }) };
      clock.advance(minute);
    }
    expect(served.b).toBeGreaterThanOrEqual(18);
    expect(served.a).toBeGreaterThanOrEqual(70);
    expect(budget.stretch('h.example', account('b'))).toBe(1);
    expect(budget.stretch('h.example', account('a'))).toBeGreaterThan(3);
    expect(budget.stretch('h.example', { credentialId: 'c', namespaces: ['a', 'b'] })).toBe(1);
  });

  it('who obeys the stretch keeps it steady, and loses it when the shortage ends', async () => {
    const budget = budgets(100);
    const account = { credentialId: 'c', namespaces: ['a'] };
    const stretches: number[] = [];
    for (let window = 0; window < 12; window += 1) {
      const stretch = budget.stretch('h.example', account);
      await ask(budget, Math.round(400 / stretch));
      stretches.push(stretch);
      clock.advance(minute);
    }
    for (const stretch of stretches.slice(-4)) expect(stretch).toBeCloseTo(4, 0);
    for (let window = 0; window < 8; window += 1) {
      await ask(budget, 10);
      clock.advance(minute);
    }
    expect(budget.stretch('h.example', account)).toBe(1);
  });
});
