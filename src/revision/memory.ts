// What providers remember, in the state port, with a copy in the process so that a poll costs no further round trip.
import type { Clock } from '../platform/clock.ts';
import type { State } from '../platform/state/state.ts';
import type { Memory } from './provider.ts';

/** How long another worker's word may go unseen. */
const copiedMs = 60_000;
const mostCopies = 50_000;

/** A memory over a state, its keys under `memory:`. What is not there is remembered too. */
export function createMemory(state: State, clock: Clock): Memory {
  const copies = new Map<string, { readonly value: string | undefined; readonly until: number }>();
  const copy = (key: string, value: string | undefined, ttlMs: number) => {
    if (copies.size >= mostCopies) copies.clear();
    copies.set(key, { value, until: clock.now() + ttlMs });
  };
  return {
    async get(key) {
      const known = copies.get(key);
      if (known && known.until > clock.now()) return known.value;
      const value = await state.get(stateKey(key));
      copy(key, value, copiedMs);
      return value;
    },
    async set(key, value, ttlMs) {
      copy(key, value, Math.min(ttlMs, copiedMs));
      await state.set(stateKey(key), value, ttlMs);
    },
  };
}

/** The state's keys hold no spaces and nothing but ASCII. */
function stateKey(key: string): string {
  return `memory:${encodeURIComponent(key)}`;
}
