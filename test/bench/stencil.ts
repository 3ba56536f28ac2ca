// Copies of objects as the database of an API server holds them: texts in which names and UIDs are other ones.
import type { Kind, KubeObject } from '../../src/platform/kube/kube.ts';

/** What stands in a template's texts, and is another thing in each copy. */
export type Names = ReadonlyMap<string, string>;

export const versionPattern = /"resourceVersion":"(\d+)"/;

/** A text cut at the names that are to be replaced. */
export class Stencil {
  readonly kind: Kind;
  readonly version: number;
  readonly text: string;
  readonly #parts: readonly string[];

  constructor(kind: Kind, object: KubeObject, names: readonly string[]) {
    const { apiVersion, kind: word, ...rest } = object;
    this.kind = kind;
    this.text = JSON.stringify({ apiVersion, kind: word, ...rest });
    this.version = Number(versionPattern.exec(this.text)?.[1]);
    const longestFirst = names.toSorted((a, b) => b.length - a.length).map(name => name.replace(/[.+]/g, '\\$&'));
    this.#parts = this.text.split(new RegExp(`(${longestFirst.join('|')})`));
  }

  fill(names: Names): string {
    return this.#parts.map((part, at) => (at % 2 === 0 ? part : (names.get(part) ?? part))).join('');
  }
}

/** Where the database of the API server keeps objects of this kind. */
export function resourceOf({ apiVersion, plural }: Kind): string {
  return `${apiVersion.split('/')[0]}/${plural}`;
}

/** And under which key. */
export function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}
