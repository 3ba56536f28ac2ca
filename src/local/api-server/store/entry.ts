// One version of one object, as text and, while it is in use, as a value. Most objects are asked for as text alone.
import type { ApiObject } from '../object.ts';

export class Entry {
  /** `namespace/name`, or `name` where there are no namespaces. */
  readonly key: string;
  readonly version: number;
  readonly #apiVersion: string;
  readonly #kind: string;
  #tail: string | undefined;
  #object: ApiObject | undefined;

  constructor(key: string, object: ApiObject) {
    this.key = key;
    this.version = Number(object.metadata.resourceVersion);
    this.#apiVersion = object.apiVersion;
    this.#kind = object.kind;
    this.#object = object;
    inUse.add(this);
  }

  /** Never to be changed. */
  get object(): ApiObject {
    if (this.#object === undefined) {
      // The edge of what this class wrote itself.
      this.#object = JSON.parse(headOf(this.#apiVersion, this.#kind) + this.tail) as ApiObject;
      inUse.add(this);
    }
    return this.#object;
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
