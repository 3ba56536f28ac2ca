import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createManualClock, type ManualClock } from '../../test/manual-clock.ts';
import { RetryableError } from '../platform/errors.ts';
import type { Log } from '../platform/log.ts';
import { createMemoryQueue } from '../platform/queue/memory.ts';
import type { Queue } from '../platform/queue/queue.ts';
import { createMemoryState } from '../platform/state/memory.ts';
import type { State } from '../platform/state/state.ts';
import type { Leader } from '../reconcile/leader/leader.ts';
import { Workers } from './workers.ts';

const log: Log = { error() {}, warn() {}, info() {}, debug() {} };

describe('the workers of a process', () => {
  let clock: ManualClock;
  let state: State;
  let queue: Queue;
  let handled: string[];
  let made: Workers[];

  beforeEach(() => {
    clock = createManualClock();
    state = createMemoryState({ clock });
    queue = createMemoryQueue({ clock, log });
    handled = [];
    made = [];
  });
  afterEach(async () => {
    for (const workers of made) await workers.close();
    await queue[Symbol.asyncDispose]();
  });

  function workersOn(shared: boolean, over: Partial<State> = {}): Workers {
    const jobs = [{ queue: 'source' as const, handler: async (key: string) => void handled.push(key), concurrency: 1 }];
    const workers = new Workers({ queue: { ...queue, shared }, state: { ...state, ...over }, clock, log, jobs });
    made.push(workers);
    return workers;
  }
  const leader: Leader = { ready: Promise.resolve(), [Symbol.asyncDispose]: async () => {} };
  /** Lets the event loop turn. */
  const turn = async () => {
    for (let count = 0; count < 5; count += 1) await new Promise(resolve => setImmediate(resolve));
  };
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 500) {
      clock.advance(500);
      await turn();
    }
  };
  /** Whether a key that is due is handled. */
  async function works(): Promise<boolean> {
    const before = handled.length;
    await queue.wake('source', `key-${before}`);
    await turn();
    return handled.length > before;
  }

  it('act on a queue of their own only while this process leads', async () => {
    const workers = workersOn(false);
    expect(await works()).toBe(false);
    const leading = workers.under(leader);
    await turn();
    expect(handled).toEqual(['key-0']);
    await leading[Symbol.asyncDispose]();
    expect(await works()).toBe(false);
  });

  it('act on a shared queue while another process leads, and stop some seconds after it was killed', async () => {
    const other = workersOn(true);
    const follower = workersOn(true);
    await pass(2_000);
    expect(await works()).toBe(false);
    other.under(leader);
    await pass(2_000);
    await other.close();
    expect(await works()).toBe(true);
    await pass(15_000);
    expect(await works()).toBe(false);
    expect(await follower.live()).toBe(true);
  });

  it('go on when Redis was emptied, since the leader says again that it leads', async () => {
    workersOn(true).under(leader);
    workersOn(true);
    await pass(3_000);
    await state.delete('leader');
    await pass(10_000);
    expect(await state.get('leader')).toBeDefined();
    expect(await works()).toBe(true);
  });

  it('go on as they did while the state cannot be asked', async () => {
    const fails = () => Promise.reject(new RetryableError('Unreachable', 'Redis is away'));
    let away = false;
    const get = (key: string) => (away ? fails() : state.get(key));
    await state.set('leader', 'leads', 3_600_000);
    workersOn(true, { get });
    await turn();
    expect(await works()).toBe(true);
    away = true;
    await pass(60_000);
    expect(await works()).toBe(true);
  });

  it('say that they are stuck when keys are due for minutes and nobody handles them', async () => {
    const ended = Promise.withResolvers<undefined>();
    const jobs = [{ queue: 'source' as const, handler: () => ended.promise, concurrency: 1 }];
    const stuck = new Workers({ queue, state, clock, log, jobs });
    made.push(stuck);
    stuck.under(leader);
    await queue.wake('source', 'one');
    await queue.wake('source', 'two');
    await turn();
    expect(await stuck.live()).toBe(true);
    await pass(6 * 60_000);
    expect(await stuck.live()).toBe(false);
    ended.resolve(undefined);
  });
});
