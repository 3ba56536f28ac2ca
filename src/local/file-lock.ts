// A lock that the operating system takes back when its holder dies, however it dies: no stale locks, no trust in process ids.
import { readFile, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';

export interface HeldElsewhere {
  /** The process that says it holds the lock; undefined while it has not said so yet. */
  readonly heldBy: number | undefined;
}

/** `SQLITE_BUSY`. */
const busy = 5;

/** Takes the lock, or tells who has it. Beside the file, `<file>.pid` names the holder to people. */
export async function lockFile(file: string): Promise<Disposable | HeldElsewhere> {
  // Node has no file locks of its own, but SQLite's are those of the system.
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!(error instanceof Error) || !('errcode' in error) || error.errcode !== busy) throw error;
    return { heldBy: await readPid(`${file}.pid`) };
  }
  await writeFile(`${file}.pid`, `${process.pid}\n`, { mode: 0o600 });
  return { [Symbol.dispose]: () => database.close() };
}

async function readPid(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return /^\d+\n$/.test(text) ? Number(text) : undefined;
}
