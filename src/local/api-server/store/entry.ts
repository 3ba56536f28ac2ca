// One version of one object, with its text, made once and shared by every answer that shows it.
import type { ApiObject } from '../object.ts';

export class Entry {
  /** `namespace/name`, or `name` where there are no namespaces. */
  readonly key: string;
  readonly object: ApiObject;
  readonly version: number;
  #tail: string | undefined;

  /** `tail` is given where the text is at hand. */
  constructor(key: string, object: ApiObject, tail?: string) {
    this.key = key;
    this.object = object;
    this.version = Number(object.metadata.resourceVersion);
    this.#tail = tail;
  }

  /** The object's JSON without the opening brace, apiVersion and kind: each served version puts its own head before it. */
  get tail(): string {
    if (this.#tail === undefined) {
      const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = this.object;
      this.#tail = JSON.stringify({ metadata, ...rest }).slice(1);
    }
    return this.#tail;
  }
}

/** The beginning of an object's JSON, before its tail. */
export function headOf(apiVersion: string, kind: string): string {
  return `{"apiVersion":${JSON.stringify(apiVersion)},"kind":${JSON.stringify(kind)},`;
}
