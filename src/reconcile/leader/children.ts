// The children of each Function, by the Function's UID: what pruning and slots look at without any LIST.

import type { Kube, Reflector } from '../../platform/kube/kube.ts';
import { type ChildKind, type ChildView, childSelector, matters, viewChild } from '../kinds.ts';

export interface ChildEvents {
  /** A child appeared or changed in a way that its Function's reconcile looks at. */
  readonly changed: (child: ChildView) => void;
  readonly gone: (child: ChildView) => void;
}

/** All children of one kind. */
export class Children implements AsyncDisposable {
  readonly #reflectors: readonly Reflector<ChildView>[];
  readonly #byFunction = new Map<string, Map<string, ChildView>>();

  /** `namespaces` undefined: all. */
  constructor(
    kube: Kube,
    child: ChildKind,
    options: ChildEvents & { readonly namespaces: readonly string[] | undefined },
  ) {
    const handlers = {
      kind: child.kind,
      labelSelector: childSelector,
      project: viewChild.bind(undefined, child),
      changed: (view: ChildView, previous: ChildView | undefined) => {
        this.#put(view);
        if (matters(view, previous)) options.changed(view);
      },
      gone: (view: ChildView) => {
        this.#remove(view);
        options.gone(view);
      },
    };
    const scopes = options.namespaces?.map(namespace => ({ namespace })) ?? [{}];
    this.#reflectors = scopes.map(scope => kube.reflect({ ...handlers, ...scope }));
  }

  get synced(): Promise<void> {
    return Promise.all(this.#reflectors.map(reflector => reflector.synced)).then(() => {});
  }

  /** The children of the Function with this UID, in no order. */
  of(functionUid: string): readonly ChildView[] {
    return [...(this.#byFunction.get(functionUid)?.values() ?? [])];
  }

  /** It was deleted; the informer tells so later. */
  drop(child: ChildView): void {
    this.#remove(child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#reflectors.map(reflector => reflector[Symbol.asyncDispose]()));
  }

  #put(view: ChildView): void {
    const siblings = this.#byFunction.get(view.functionUid) ?? new Map<string, ChildView>();
    this.#byFunction.set(view.functionUid, siblings.set(view.name, view));
  }

  #remove(view: ChildView): void {
    const siblings = this.#byFunction.get(view.functionUid);
    if (siblings?.get(view.name)?.uid !== view.uid) return;
    siblings.delete(view.name);
    if (siblings.size === 0) this.#byFunction.delete(view.functionUid);
  }
}
