// A binary heap of entries by time that knows where each entry stands, so that one can be moved or taken out.

/** What a heap holds. `at` is its time and `slot` its place in the heap (-1: not in one); only the heap writes them. */
export interface Timed {
  at: number;
  slot: number;
}

/** Entries in order of `at`. Every operation costs the logarithm of the size; an entry is in one heap at most. */
export class Heap<T extends Timed> {
  private readonly entries: T[] = [];

  get size(): number {
    return this.entries.length;
  }

  /** The entry with the earliest time, left in its place; undefined when the heap is empty. */
  get first(): T | undefined {
    return this.entries[0];
  }

  /** Puts an entry in at a time, or moves it there when it is already in. */
  put(entry: T, at: number): void {
    entry.at = at;
    if (entry.slot < 0) entry.slot = this.entries.push(entry) - 1;
    this.rise(entry);
    this.sink(entry);
  }

  /** Takes an entry out; harmless when it is not in. */
  remove(entry: T): void {
    if (entry.slot < 0) return;
    const last = this.entries.pop();
    if (last && last !== entry) {
      this.place(last, entry.slot);
      this.rise(last);
      this.sink(last);
    }
    entry.slot = -1;
  }

  private rise(entry: T): void {
    while (entry.slot > 0) {
      const parent = this.entries[(entry.slot - 1) >> 1];
      if (!parent || parent.at <= entry.at) return;
      this.exchange(entry, parent);
    }
  }

  private sink(entry: T): void {
    for (;;) {
      const left = this.entries[2 * entry.slot + 1];
      const right = this.entries[2 * entry.slot + 2];
      const child = left && right && right.at < left.at ? right : left;
      if (!child || child.at >= entry.at) return;
      this.exchange(entry, child);
    }
  }

  private exchange(one: T, other: T): void {
    const { slot } = one;
    this.place(one, other.slot);
    this.place(other, slot);
  }

  private place(entry: T, slot: number): void {
    entry.slot = slot;
    this.entries[slot] = entry;
  }
}
