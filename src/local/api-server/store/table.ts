// The objects of one resource in memory: the newest of each, in order, and what happened of late.
import { type ApiObject, equal } from '../object.ts';
import type { ChangeType } from './database.ts';
import { Entry } from './entry.ts';

/** One write, as watches tell it. */
export interface Change {
  readonly type: ChangeType;
  readonly version: number;
  /** The object after the write; of a deletion the last state, under the deletion's version. */
  readonly entry: Entry;
  readonly previous: Entry | undefined;
}

/** Objects whose key starts with `prefix` and is not before `from`, at a version. */
export interface Range {
  readonly prefix: string;
  readonly from: string;
  readonly version: number;
}

/** Fed by the store alone. Listeners are told that something happened, and read the changes themselves. */
export class Table {
  /** `group/plural`. */
  readonly resource: string;
  readonly #entries = new Map<string, Entry>();
  /** Sorted bytewise. */
  readonly #keys: string[] = [];
  #changes: Change[] = [];
  /** How many changes were forgotten: the position of the first that is kept. */
  #forgotten = 0;
  /** What happened at this version or before is forgotten. */
  #floor: number;
  readonly #listeners = new Set<() => void>();

  constructor(resource: string, floor: number) {
    this.resource = resource;
    this.#floor = floor;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  /** The newest of all objects whose key starts with `prefix`, in order. */
  list(prefix = ''): Entry[] {
    return [...this.#present(prefix, prefix)];
  }

  /** The objects of a range in order, as they were at its version; undefined when that is forgotten. To be read at once. */
  entriesAt(range: Range): Iterable<Entry> | undefined {
    const past = this.#since(range.version);
    if (!past) return undefined;
    const from = range.from > range.prefix ? range.from : range.prefix;
    return past.size === 0 ? this.#present(range.prefix, from) : this.#merged(past, { ...range, from });
  }

  /** How many `entriesAt` would give; 0 when the version is forgotten. */
  countAt({ prefix, from, version }: Range): number {
    const past = this.#since(version);
    if (!past) return 0;
    let count = lowerBound(this.#keys, `${prefix}\uffff`) - lowerBound(this.#keys, from > prefix ? from : prefix);
    for (const [key, entry] of past) {
      if (key < from || !key.startsWith(prefix)) continue;
      if (this.#entries.has(key)) count -= entry ? 0 : 1;
      else count += entry ? 1 : 0;
    }
    return count;
  }

  *#present(prefix: string, from: string): Generator<Entry> {
    for (let at = lowerBound(this.#keys, from); at < this.#keys.length; at += 1) {
      const key = this.#keys[at] ?? '';
      if (!key.startsWith(prefix)) break;
      const entry = this.#entries.get(key);
      if (entry) yield entry;
    }
  }

  /** What the keys that changed after `version` held at it; undefined when that is forgotten. */
  #since(version: number): ReadonlyMap<string, Entry | undefined> | undefined {
    if (version < this.#floor) return undefined;
    const past = new Map<string, Entry | undefined>();
    for (let at = this.#changes.length - 1; at >= 0; at -= 1) {
      const change = this.#changes[at];
      if (!change || change.version <= version) break;
      past.set(change.entry.key, change.previous);
    }
    return past;
  }

  *#merged(past: ReadonlyMap<string, Entry | undefined>, { prefix, from }: Range): Generator<Entry> {
    const held = [...past]
      .filter(([key, entry]) => entry && key >= from && key.startsWith(prefix))
      .map(([, entry]) => entry);
    const waiting = held.filter(entry => entry !== undefined).toSorted((a, b) => (a.key < b.key ? -1 : 1));
    let next = 0;
    for (const entry of this.#present(prefix, from)) {
      for (let old = waiting[next]; old && old.key <= entry.key; old = waiting[next]) {
        yield old;
        next += 1;
      }
      if (!past.has(entry.key)) yield entry;
    }
    yield* waiting.slice(next);
  }

  /** Takes a change in, in memory, and tells the listeners. */
  take(change: Change): void {
    const { key } = change.entry;
    if (change.type === 'DELETED') {
      this.#entries.delete(key);
      this.#keys.splice(lowerBound(this.#keys, key), 1);
    } else {
      if (!this.#entries.has(key)) this.#keys.splice(lowerBound(this.#keys, key), 0, key);
      this.#entries.set(key, change.entry);
    }
    this.#changes.push(change);
    for (const listener of this.#listeners) listener();
  }

  /** The position after the last change; changes are read by position. */
  get end(): number {
    return this.#forgotten + this.#changes.length;
  }

  /** The position of the first change after `version`; undefined when it is forgotten. */
  positionAfter(version: number): number | undefined {
    if (version < this.#floor) return undefined;
    let low = 0;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#changes[middle]?.version ?? 0) <= version) low = middle + 1;
      else high = middle;
    }
    return this.#forgotten + low;
  }

  /** The change at a position; undefined when it is forgotten or has not happened. */
  change(position: number): Change | undefined {
    return position < this.#forgotten ? undefined : this.#changes[position - this.#forgotten];
  }

  /** Forgets changes up to and with `version`. */
  forget(version: number): void {
    const position = this.positionAfter(version);
    if (position === undefined) return;
    this.#changes = this.#changes.slice(position - this.#forgotten);
    this.#forgotten = position;
    this.#floor = version;
  }

  /** Calls `listener` after each change until the returned function is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Puts other contents in place of objects, without a change of version; returns what changed. */
  rewrite(edit: (object: ApiObject) => ApiObject): readonly Entry[] {
    const changed: Entry[] = [];
    for (const [key, { object }] of this.#entries) {
      const edited = edit(object);
      if (equal(edited, object)) continue;
      const entry = Entry.of(key, edited);
      this.#entries.set(key, entry);
      changed.push(entry);
    }
    return changed;
  }
}

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
