// All Functions as the leader keeps them, by key and by UID.
import { kinds } from '../../function/kinds.ts';
import type { Kube, Reflector } from '../../platform/kube/kube.ts';
import { type FunctionView, viewFunction } from './function-view.ts';

export interface FunctionEvents {
  readonly changed: (view: FunctionView, previous: FunctionView | undefined) => void;
  readonly gone: (view: FunctionView) => void;
}

/** The cache of all Functions. */
export class Functions implements AsyncDisposable {
  readonly #reflectors: readonly Reflector<FunctionView>[];
  readonly #byKey = new Map<string, FunctionView>();
  readonly #byUid = new Map<string, FunctionView>();

  /** `namespaces` undefined: all. */
  constructor(kube: Kube, options: FunctionEvents & { readonly namespaces: readonly string[] | undefined }) {
    const handlers = {
      kind: kinds.function,
      project: viewFunction,
      changed: (view: FunctionView, previous: FunctionView | undefined) => {
        this.#byKey.set(view.key, view);
        this.#byUid.set(view.uid, view);
        options.changed(view, previous);
      },
      gone: (view: FunctionView) => {
        if (this.#byKey.get(view.key)?.uid === view.uid) this.#byKey.delete(view.key);
        this.#byUid.delete(view.uid);
        options.gone(view);
      },
    };
    const scopes = options.namespaces?.map(namespace => ({ namespace })) ?? [{}];
    this.#reflectors = scopes.map(scope => kube.reflect({ ...handlers, ...scope }));
  }

  get synced(): Promise<void> {
    return Promise.all(this.#reflectors.map(reflector => reflector.synced)).then(() => {});
  }

  get(key: string): FunctionView | undefined {
    return this.#byKey.get(key);
  }

  withUid(uid: string): FunctionView | undefined {
    return this.#byUid.get(uid);
  }

  values(): IterableIterator<FunctionView> {
    return this.#byKey.values();
  }

  get size(): number {
    return this.#byKey.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#reflectors.map(reflector => reflector[Symbol.asyncDispose]()));
  }
}
