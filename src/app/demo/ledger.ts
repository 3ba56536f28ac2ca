// Every run that the API server ever created for the demo, told by a watch and kept in a file: what was pruned since still counts.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';

const Entry = z.object({ uid: z.string(), run: z.string(), function: z.string(), revision: z.string().optional() });

export type LedgerEntry = z.infer<typeof Entry>;

/** The ledger in one file; each run stands in it once. */
export class Ledger {
  private readonly file: string;
  private readonly entries = new Map<string, LedgerEntry>();

  /** Reads what earlier runs of the demo saw. A line that a killed process left unfinished is told again by the watch. */
  constructor(file: string) {
    this.file = file;
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    for (const line of lines) {
      const entry = Entry.safeParse(parseJson(line)).data;
      if (entry) this.entries.set(entry.uid, entry);
    }
  }

  /** Notes a run, or the revision that it turned out to build. Whether anything in it was new. */
  note(entry: LedgerEntry): boolean {
    const known = this.entries.get(entry.uid);
    if (known && (known.revision !== undefined || entry.revision === undefined)) return false;
    this.entries.set(entry.uid, entry);
    // A leading line end parts it from what a killed process may have left.
    appendFileSync(this.file, `\n${JSON.stringify(entry)}\n`, { mode: 0o600 });
    return true;
  }

  /** All runs, each once. */
  runs(): readonly LedgerEntry[] {
    return [...this.entries.values()];
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
