// The state of one process. What has expired is dropped by whatever operation comes next, so nothing piles up.
import type { Clock } from '../clock.ts';
import { Heap, type Timed } from '../queue/heap.ts';
import type { State } from './state.ts';

/** `at` is when it expires. */
interface Entry extends Timed {
  readonly key: string;
  value: string;
}

/** A state in memory. */
export function createMemoryState({ clock }: { readonly clock: Clock }): State {
  const store = new Store(clock);
  return {
    get: async key => store.get(key),
    getMany: async keys => keys.map(key => store.get(key)),
    set: async (key, value, ttlMs) => store.set(key, value, ttlMs),
    async swap(key, expected, next) {
      if (store.get(key) !== expected) return false;
      if (next) store.set(key, next.value, next.ttlMs);
      else store.delete(key);
      return true;
    },
    async add(key, delta, ttlMs) {
      const before = store.get(key);
      const sum = Number(before ?? 0) + delta;
      if (!Number.isSafeInteger(sum)) throw new Error(`cannot add to ${key}: it is not a counter`);
      if (before === undefined) store.set(key, String(sum), ttlMs);
      else store.write(key, String(sum));
      return sum;
    },
    delete: async key => store.delete(key),
    async [Symbol.asyncDispose]() {
      store.clear();
    },
  };
}

class Store {
  private readonly clock: Clock;
  private readonly entries = new Map<string, Entry>();
  private readonly byExpiry = new Heap<Entry>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get(key: string): string | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.at > this.clock.now()) return entry.value;
    this.expire();
    return undefined;
  }

  set(key: string, value: string, ttlMs: number): void {
    this.expire();
    const at = this.clock.now() + Math.max(ttlMs, 1);
    const entry = this.entries.get(key) ?? { key, value, at, slot: -1 };
    entry.value = value;
    this.entries.set(key, entry);
    this.byExpiry.put(entry, at);
  }

  /** Changes a value that is there and leaves its expiry. */
  write(key: string, value: string): void {
    const entry = this.entries.get(key);
    if (entry) entry.value = value;
  }

  delete(key: string): void {
    const entry = this.entries.get(key);
    if (!entry) return;
    this.entries.delete(key);
    this.byExpiry.remove(entry);
  }

  clear(): void {
    for (const key of this.entries.keys()) this.delete(key);
  }

  private expire(): void {
    const now = this.clock.now();
    for (let first = this.byExpiry.first; first && first.at <= now; first = this.byExpiry.first) this.delete(first.key);
  }
}
