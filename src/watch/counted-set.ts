// A sorted set whose members are counted: a member goes when it was removed as often as it was added.

/** Of which only the first few are shown, so that a set of thousands can change without anybody noticing. */
export class CountedSet<T> {
  private readonly counts = new Map<T, number>();
  private readonly sorted: T[] = [];
  private readonly shown: number;
  private readonly compare: (a: T, b: T) => number;

  constructor(shown: number, compare: (a: T, b: T) => number) {
    this.shown = shown;
    this.compare = compare;
  }

  /** The first members in order. */
  get first(): readonly T[] {
    return this.sorted.slice(0, Math.min(this.shown, this.sorted.length));
  }

  /** How many distinct members there are. */
  get size(): number {
    return this.sorted.length;
  }

  /** Returns whether `first` changed. */
  add(member: T): boolean {
    const count = this.counts.get(member) ?? 0;
    this.counts.set(member, count + 1);
    if (count > 0) return false;
    const at = this.place(member);
    this.sorted.splice(at, 0, member);
    return at < this.shown;
  }

  /** Returns whether `first` changed. A member that is not in is left out. */
  remove(member: T): boolean {
    const count = this.counts.get(member) ?? 0;
    if (count > 1) this.counts.set(member, count - 1);
    if (count !== 1) return false;
    this.counts.delete(member);
    const at = this.place(member);
    this.sorted.splice(at, 1);
    return at < this.shown;
  }

  /** Where a member stands, or would stand. */
  private place(member: T): number {
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const there = this.sorted[middle];
      if (there !== undefined && this.compare(there, member) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
