// What a state promises, whichever driver it is.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { State } from '../../src/platform/state/state.ts';

/** One driver under test. */
export interface StateWorld extends AsyncDisposable {
  readonly state: State;
  /** The same state as another process sees it; where there is one process only, the same object. */
  readonly other: State;
  /** Lets time pass until the condition holds; throws after long. */
  until(condition: () => Promise<boolean>): Promise<void>;
}

export interface StateContract {
  readonly driver: string;
  readonly skip?: string | undefined;
  open(): Promise<StateWorld>;
}

const hourMs = 60 * 60_000;

export function stateContract(contract: StateContract): void {
  const { driver, skip } = contract;
  describe.skipIf(skip !== undefined)(`the state ${driver}${skip ? ` (${skip})` : ''}`, () => {
    let world: StateWorld;
    let state: State;
    let other: State;
    let key: string;
    let tests = 0;
    const gone = (name: string) => world.until(async () => (await state.get(name)) === undefined);

    beforeAll(async () => {
      world = await contract.open();
      ({ state, other } = world);
    });
    afterAll(() => world?.[Symbol.asyncDispose]());
    beforeEach(() => {
      tests += 1;
      key = `test:${tests}`;
    });

    test('a value is there until its time is over, for every process', async () => {
      expect(await state.get(key)).toBeUndefined();
      await state.set(key, 'ü "1"', hourMs);
      expect(await other.get(key)).toBe('ü "1"');
      await other.set(key, '', 20);
      expect(await state.get(key)).toBe('');
      await gone(key);
    });

    test('writing anew begins a new time', async () => {
      await state.set(key, 'short', 20);
      await state.set(`${key}:later`, 'short', 40);
      await state.set(key, 'long', hourMs);
      await gone(`${key}:later`);
      expect(await state.get(key)).toBe('long');
    });

    test('a time of nothing, or of a part of a millisecond, is short and no error', async () => {
      await state.set(key, 'value', 0);
      await state.set(`${key}:part`, 'value', 0.3);
      await gone(key);
      await gone(`${key}:part`);
    });

    test('several keys are read in order, absent ones too', async () => {
      await state.set(`${key}:a`, '1', hourMs);
      await state.set(`${key}:c`, '3', hourMs);
      expect(await state.getMany([`${key}:c`, `${key}:b`, `${key}:a`, `${key}:c`])).toEqual(['3', undefined, '1', '3']);
      expect(await state.getMany([])).toEqual([]);
    });

    test('a swap writes only over what was expected', async () => {
      const next = { value: 'new', ttlMs: hourMs };
      expect(await state.swap(key, 'old', next)).toBe(false);
      expect(await state.get(key)).toBeUndefined();
      expect(await state.swap(key, undefined, { value: '', ttlMs: hourMs })).toBe(true);
      expect(await state.swap(key, undefined, next)).toBe(false);
      expect(await state.swap(key, 'old', next)).toBe(false);
      expect(await state.swap(key, '', next)).toBe(true);
      expect(await state.get(key)).toBe('new');
    });

    test('a swap without a next value deletes', async () => {
      await state.set(key, 'value', hourMs);
      expect(await state.swap(key, 'other', undefined)).toBe(false);
      expect(await state.swap(key, 'value', undefined)).toBe(true);
      expect(await state.get(key)).toBeUndefined();
      expect(await state.swap(key, undefined, undefined)).toBe(true);
    });

    test('what a swap wrote has its own time, and what expired is absent to a swap', async () => {
      expect(await state.swap(key, undefined, { value: 'value', ttlMs: 20 })).toBe(true);
      await gone(key);
      expect(await state.swap(key, 'value', undefined)).toBe(false);
      expect(await state.swap(key, undefined, { value: 'again', ttlMs: hourMs })).toBe(true);
    });

    test('of many that swap at once one wins', async () => {
      const tries = Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? state : other).swap(key, undefined, { value: String(index), ttlMs: hourMs }),
      );
      expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
    });

    test('of many that add at once none is lost', async () => {
      const sums = await Promise.all(
        Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? state : other).add(key, 2, hourMs)),
      );
      expect(sums.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => 2 * index + 2));
      expect(await state.add(key, -101, hourMs)).toBe(-1);
      expect(await state.get(key)).toBe('-1');
    });

    test('the time of a counter begins when it is new and not with each addition', async () => {
      await state.add(key, 1, 40);
      await world.until(async () => (await state.add(key, 1, hourMs)) === 1);
      expect(await state.add(key, 1, 1)).toBe(2);
    });

    test('adding to what is no number is an error and changes nothing', async () => {
      await state.set(key, 'text', hourMs);
      await expect(state.add(key, 1, hourMs)).rejects.toThrow(key);
      expect(await state.get(key)).toBe('text');
    });

    test('deleting is for good, and no error when nothing is there', async () => {
      await state.set(key, 'value', hourMs);
      await other.delete(key);
      await other.delete(key);
      expect(await state.get(key)).toBeUndefined();
    });
  });
}
