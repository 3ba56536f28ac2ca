// Secrets that say that they may be watched: a change of one is acted on at once. Nothing of their content is kept.
import { labels } from '../../function/names.ts';
import type { Kube, Reflector } from '../../platform/kube/kube.ts';
import { secretKind } from '../../revision/credential.ts';
import type { SecretRef } from '../../watch/source.ts';

/** The Secrets with the label `openfunction.io/watch: "true"`; needs list and watch on them. */
export class Secrets implements AsyncDisposable {
  readonly #reflectors: readonly Reflector<SecretRef>[];
  #listed = false;

  /** `namespaces` undefined: all. `changed` is told of what is new, other or gone after the first list. */
  constructor(
    kube: Pick<Kube, 'reflect'>,
    options: { readonly namespaces: readonly string[] | undefined; readonly changed: (secret: SecretRef) => void },
  ) {
    const tell = (secret: SecretRef) => {
      if (this.#listed) options.changed(secret);
    };
    const handlers = {
      kind: secretKind,
      labelSelector: `${labels.watch}=true`,
      project: ({ metadata }: { readonly metadata: { readonly name: string; readonly namespace?: string } }) => {
        return { namespace: metadata.namespace ?? '', name: metadata.name };
      },
      changed: tell,
      gone: tell,
    };
    const scopes = options.namespaces?.map(namespace => ({ namespace })) ?? [{}];
    this.#reflectors = scopes.map(scope => kube.reflect<SecretRef>({ ...handlers, ...scope }));
    // Nobody waits for these lists: without them Secrets are read again within a minute, as everywhere.
    Promise.all(this.#reflectors.map(reflector => reflector.synced)).then(
      () => (this.#listed = true),
      () => {},
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#reflectors.map(reflector => reflector[Symbol.asyncDispose]()));
  }
}
