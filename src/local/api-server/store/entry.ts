// One version of one object, as text and, while it is in use, as a value. Most objects are asked for as text alone.
import type { ApiObject } from '../object.ts';

/** Immutable. Text and value are made from one another when they are first asked for. */
export class Entry {
  /** `namespace/name`, or `name` where there are no namespaces. */
  readonly key: string;
  readonly version: number;
  readonly #head: string;
  #tail: string | undefined;
  #object: ApiObject | undefined;

  private constructor(key: string, version: number, head: string) {
    this.key = key;
    this.version = version;
    this.#head = head;
  }

  /** Takes the object over: nobody may change it any more. */
  static of(key: string, object: ApiObject): Entry {
    const entry = new Entry(key, Number(object.metadata.resourceVersion), headOf(object.apiVersion, object.kind));
    entry.#object = object;
    inUse.add(entry);
    return entry;
  }

  /** From a text that an entry gave. */
  static fromText(key: string, version: number, text: string): Entry {
    const at = text.indexOf('"metadata":');
    const entry = new Entry(key, version, text.slice(0, at));
    entry.#tail = text.slice(at);
    return entry;
  }

  /** Never to be changed. */
  get object(): ApiObject {
    if (this.#object === undefined) {
      // The edge of what this class wrote itself.
      this.#object = JSON.parse(this.text) as ApiObject;
      inUse.add(this);
    }
    return this.#object;
  }

  /** The whole JSON, in the stored version. */
  get text(): string {
    return this.#head + this.tail;
  }

  /** The object's JSON without the opening brace, apiVersion and kind: each served version puts its own head before it. */
  get tail(): string {
    if (this.#tail === undefined) {
      const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = this.object;
      this.#tail = JSON.stringify({ metadata, ...rest }).slice(1);
    }
    return this.#tail;
  }

  /** Keeps the text alone; the value is made again when it is asked for. */
  release(): void {
    void this.tail;
    this.#object = undefined;
  }
}

/** The beginning of an object's JSON, before its tail. */
export function headOf(apiVersion: string, kind: string): string {
  return `{"apiVersion":${JSON.stringify(apiVersion)},"kind":${JSON.stringify(kind)},`;
}

/** Values take about four times the memory of their text: only the last ones are kept. */
class InUse {
  readonly #ring: (Entry | undefined)[] = Array.from({ length: 4096 });
  #next = 0;

  add(entry: Entry): void {
    this.#ring[this.#next]?.release();
    this.#ring[this.#next] = entry;
    this.#next = (this.#next + 1) % this.#ring.length;
  }
}

const inUse = new InUse();
