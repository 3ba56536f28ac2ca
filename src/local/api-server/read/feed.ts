// Feeds one watch: first what is there, then what happens, as fast as its client reads.
import type { Sink } from '../http/answer.ts';
import type { Entry } from '../store/entry.ts';
import type { Change, Table } from '../store/table.ts';
import { type Line, leaving, type Told } from './event-line.ts';
import type { Selection } from './selection.ts';

export interface FeedOptions {
  readonly table: Table;
  readonly selection: Selection;
  readonly sink: Sink;
  readonly line: Line;
  /** Told as ADDED before anything else. */
  readonly initial: readonly Entry[];
  /** Where in the table's changes the watch goes on. */
  readonly position: number;
  /** Changes up to this version are not told. */
  readonly after: number;
  /** Asked once, when all of `initial` is told: what follows it. */
  readonly caughtUp: () => Buffer | undefined;
}

/** Small events go out together, large ones do not pile up. */
const chunkBytes = 64 * 1024;

/** Starts with its making and goes on until the client is gone or `stop` is called; waits while the client reads slowly. */
export class Feed {
  readonly #options: FeedOptions;
  #initial = 0;
  #position: number;
  #isBlocked = false;
  #isScheduled = false;
  #isOver = false;
  readonly #unlisten: () => void;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#position = options.position;
    this.#unlisten = options.table.listen(() => this.#wake());
    options.sink.onDrain(() => {
      this.#isBlocked = false;
      this.drain();
    });
    options.sink.onClose(() => this.stop());
    this.drain();
  }

  stop(): void {
    this.#isOver = true;
    this.#unlisten();
  }

  /** Whether all that has happened is told. */
  get isCurrent(): boolean {
    return (
      !this.#isBlocked && this.#initial > this.#options.initial.length && this.#position >= this.#options.table.end
    );
  }

  /** Writes what there is, until the client cannot take more. */
  drain(): void {
    let chunk: Buffer[] = [];
    let size = 0;
    while (!this.#isBlocked && !this.#isOver) {
      const line = this.#next();
      if (line) {
        chunk.push(line);
        size += line.length;
      }
      if (size > chunkBytes || (!line && size > 0)) {
        this.#isBlocked = !this.#options.sink.write(Buffer.concat(chunk, size));
        chunk = [];
        size = 0;
      } else if (!line) return;
    }
  }

  /** Changes of one turn of the event loop are written together. */
  #wake(): void {
    if (this.#isScheduled || this.#isBlocked) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.drain();
    });
  }

  #next(): Buffer | undefined {
    const { initial, line } = this.#options;
    const entry = initial[this.#initial];
    if (entry) {
      this.#initial += 1;
      return line({ type: 'ADDED', entry });
    }
    if (this.#initial === initial.length) {
      this.#initial += 1;
      const mark = this.#options.caughtUp();
      if (mark) return mark;
    }
    const told = this.#nextTold();
    return told && line(told);
  }

  /** Undefined when there is nothing more to tell now. */
  #nextTold(): Told | undefined {
    const { table, selection, after, sink } = this.#options;
    while (this.#position < table.end) {
      const change = table.change(this.#position);
      if (!change) {
        // The client was too slow: what it has not read is forgotten. It comes back and is told so.
        this.stop();
        sink.end();
        return undefined;
      }
      this.#position += 1;
      const told = change.version > after ? toldOf(change, selection) : undefined;
      if (told) return told;
    }
    return undefined;
  }
}

/** What a change means to those who see a selection alone. */
function toldOf({ type, version, entry, previous }: Change, selection: Selection): Told | undefined {
  if (!entry.key.startsWith(selection.prefix)) return undefined;
  if (selection.all) return { type, entry };
  const isNow = type !== 'DELETED' && selection.has(entry);
  const wasBefore = previous !== undefined && selection.has(previous);
  if (isNow) return { type: wasBefore ? 'MODIFIED' : 'ADDED', entry };
  if (!wasBefore) return undefined;
  return { type: 'DELETED', entry: type === 'DELETED' ? entry : leaving(previous, version) };
}
