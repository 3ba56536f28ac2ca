// All objects: SQLite behind, memory in front. Everything is read from memory; every write is one row and one number.
import type { ApiObject } from '../object.ts';
import { type ChangeType, Database } from './database.ts';
import { Entry } from './entry.ts';
import { type Change, Table } from './table.ts';

export interface StoreOptions {
  readonly file: string;
  /** How many of the last writes watches and pages can look back on. */
  readonly history: number;
}

/** The one writer: versions rise by one with every write, over all resources. */
export class Store {
  readonly #database: Database;
  readonly #tables = new Map<string, Table>();
  readonly #listeners: ((change: Change, table: Table) => void)[] = [];
  readonly #history: number;
  #version: number;
  #compacted: number;

  /** Reads the whole file into memory. */
  constructor(options: StoreOptions) {
    this.#history = options.history;
    this.#database = new Database(options.file);
    this.#compacted = this.#database.compacted;
    this.#version = this.#compacted;
    for (const row of this.#database.rows()) {
      this.#version = row.version;
      const entry = Entry.fromText(row.key, row.version, row.object);
      const table = this.table(row.resource);
      table.take({ type: row.type, version: row.version, entry, previous: table.get(row.key) });
    }
    this.#forget(this.#compacted);
  }

  /** The version of the last write. */
  get version(): number {
    return this.#version;
  }

  /** Lists can no longer be shown as they were at an earlier version than this. */
  get compacted(): number {
    return this.#compacted;
  }

  /** The table of a resource (`group/plural`), made when it is first asked for. */
  table(resource: string): Table {
    let table = this.#tables.get(resource);
    if (!table) {
      table = new Table(resource, this.#compacted);
      this.#tables.set(resource, table);
    }
    return table;
  }

  tables(): IterableIterator<Table> {
    return this.#tables.values();
  }

  /** Stores a new state of the object under `key`, and gives it its resourceVersion. On disk when it returns. */
  put(table: Table, key: string, object: ApiObject): Entry {
    return this.#commit(table, table.get(key) ? 'MODIFIED' : 'ADDED', { key, object });
  }

  /** Removes the object under `key`; the deletion has a version of its own. */
  remove(table: Table, entry: Entry): Entry {
    return this.#commit(table, 'DELETED', { key: entry.key, object: entry.object });
  }

  /** Shows every object of a table as `edit` makes it, under the version that it has: what a new schema makes of what is stored. */
  rewrite(table: Table, edit: (object: ApiObject) => ApiObject): void {
    this.#database.overwrite(table.rewrite(edit).map(entry => ({ version: entry.version, object: entry.text })));
  }

  /** Calls `listener` after each write, with the tables as they are after it. */
  listen(listener: (change: Change, table: Table) => void): void {
    this.#listeners.push(listener);
  }

  /** Forgets the past of lists; watches keep the changes that are in memory. */
  compact(): void {
    this.#compacted = this.#version;
    this.#database.compact(this.#compacted);
  }

  close(): void {
    this.#database.close();
  }

  #commit(table: Table, type: ChangeType, { key, object }: { key: string; object: ApiObject }): Entry {
    const version = this.#version + 1;
    const previous = table.get(key);
    const metadata = { ...object.metadata, resourceVersion: String(version) };
    const entry = Entry.of(key, { ...object, metadata });
    const row = { version, resource: table.resource, key, type, previous: previous?.version ?? null };
    this.#database.append({ ...row, object: entry.text });
    this.#version = version;
    const change: Change = { type, version, entry, previous };
    table.take(change);
    for (const listener of this.#listeners) listener(change, table);
    // A tenth at a time: one sweep costs about as much as that many writes.
    if (version - this.#compacted > this.#history * 1.1) this.#sweep(version - this.#history);
    return entry;
  }

  #sweep(version: number): void {
    this.#compacted = version;
    this.#database.compact(version);
    this.#forget(version);
  }

  #forget(version: number): void {
    for (const table of this.#tables.values()) table.forget(version);
  }
}
