// The SQLite file: one row for each write, the newest row of a key being the object, the older ones its history.
import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface Row {
  readonly version: number;
  /** `group/plural`. */
  readonly resource: string;
  readonly key: string;
  readonly type: ChangeType;
  /** The version of the row that this one supersedes; null where it is the first, or the older one is forgotten. */
  readonly previous: number | null;
  /** The object's JSON, apiVersion and kind first. */
  readonly object: string;
}

/** Versions start here rather than at 1, so that a version from before the first write can be told as too old. */
const firstVersion = 1000;

// NORMAL: a process that dies loses nothing that was answered; a power cut may take the last writes, all of them after a point in
// time, as if they had not been made. FULL would make every write wait for the disk, for objects that a laptop's checkout owns.
const setup = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA wal_autocheckpoint = 4000;
  CREATE TABLE IF NOT EXISTS revision (
    version INTEGER PRIMARY KEY, resource TEXT NOT NULL, key TEXT NOT NULL, type TEXT NOT NULL, previous INTEGER, object TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS superseding ON revision (version, previous) WHERE previous IS NOT NULL;
  CREATE INDEX IF NOT EXISTS deletion ON revision (version) WHERE type = 'DELETED';
  CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
`;

/** The one file. Throws what SQLite throws; after `close` nothing may be asked any more. */
export class Database {
  readonly #sqlite: DatabaseSync;
  readonly #insert: StatementSync;

  /** Opens or makes the file. Throws when another process holds it or it is no database of ours. */
  constructor(file: string) {
    // Made before SQLite makes it, so that it is its owner's alone: it holds Secrets.
    closeSync(openSync(file, 'a', 0o600));
    this.#sqlite = new DatabaseSync(file, { timeout: 2000 });
    // One server for one file: two would give the same version twice.
    this.#sqlite.exec('PRAGMA locking_mode = EXCLUSIVE');
    this.#sqlite.exec(setup);
    const sql = 'INSERT INTO revision (version, resource, key, type, previous, object) VALUES (?, ?, ?, ?, ?, ?)';
    this.#insert = this.#sqlite.prepare(sql);
  }

  /** The version up to which history is forgotten. */
  get compacted(): number {
    const row = this.#sqlite.prepare("SELECT value FROM setting WHERE name = 'compacted'").get();
    return Number(row?.['value'] ?? firstVersion);
  }

  /** Every row, oldest first. */
  *rows(): Generator<Row> {
    const sql = 'SELECT version, resource, key, type, previous, object FROM revision ORDER BY version';
    for (const row of this.#sqlite.prepare(sql).iterate()) yield row as unknown as Row;
  }

  append(row: Row): void {
    this.#insert.run(row.version, row.resource, row.key, row.type, row.previous, row.object);
  }

  /** Puts other texts into rows that are there. */
  overwrite(rows: readonly Pick<Row, 'version' | 'object'>[]): void {
    if (rows.length === 0) return;
    const update = this.#sqlite.prepare('UPDATE revision SET object = ? WHERE version = ?');
    this.#sqlite.exec('BEGIN');
    for (const { version, object } of rows) update.run(object, version);
    this.#sqlite.exec('COMMIT');
  }

  /** Forgets what was superseded or deleted at `version` or before. The newest row stays, so that no version is given twice. */
  compact(version: number): void {
    this.#sqlite.exec('BEGIN');
    const steps = [
      'DELETE FROM revision WHERE version IN (SELECT previous FROM revision WHERE version <= ? AND previous IS NOT NULL)',
      'UPDATE revision SET previous = NULL WHERE version <= ? AND previous IS NOT NULL',
      "DELETE FROM revision WHERE version <= ? AND type = 'DELETED' AND version < (SELECT max(version) FROM revision)",
      "INSERT OR REPLACE INTO setting (name, value) VALUES ('compacted', ?)",
    ];
    for (const sql of steps) this.#sqlite.prepare(sql).run(version);
    this.#sqlite.exec('COMMIT');
  }

  close(): void {
    this.#sqlite.close();
  }
}
