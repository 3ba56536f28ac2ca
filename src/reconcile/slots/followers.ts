// Which Functions share the run of which Builder, so that they are woken when something becomes of it.
import type { FunctionView } from '../leader/function-view.ts';

/** The followers of all Builders; kept by the leader from what the Functions record. */
export class Followers {
  /** Builder by key of the Function. */
  readonly #followed = new Map<string, string>();
  /** Keys of Functions by Builder. */
  readonly #followers = new Map<string, Set<string>>();

  /** A Function appeared or changed. */
  put({ key, namespace, follows }: FunctionView): void {
    const builder = follows && nameOf(namespace, follows.builder);
    if (this.#followed.get(key) === builder) return;
    this.drop(key);
    if (builder === undefined) return;
    this.#followed.set(key, builder);
    this.#followers.set(builder, (this.#followers.get(builder) ?? new Set()).add(key));
  }

  /** A Function is gone. */
  drop(key: string): void {
    const builder = this.#followed.get(key);
    if (builder === undefined) return;
    this.#followed.delete(key);
    const keys = this.#followers.get(builder);
    keys?.delete(key);
    if (keys?.size === 0) this.#followers.delete(builder);
  }

  /** Keys of the Functions that share the run of this Builder. */
  of(namespace: string, builder: string): readonly string[] {
    return [...(this.#followers.get(nameOf(namespace, builder)) ?? [])];
  }
}

function nameOf(namespace: string, builder: string): string {
  return `${namespace}/${builder}`;
}
