// The metadata of what an engine is given for a Builder.
import { labels } from '../function/names.ts';
import type { BuilderObject } from '../function/schema.ts';
import type { KubeObject } from '../platform/kube/kube.ts';

/** The Builder's labels and its name, and it as the owner. */
export function runMetadata(builder: BuilderObject, name: string): KubeObject['metadata'] {
  const { apiVersion, kind, metadata: owner } = builder;
  return {
    name,
    ...(owner.namespace === undefined ? {} : { namespace: owner.namespace }),
    labels: { ...owner.labels, [labels.builder]: owner.name },
    ownerReferences: [
      { apiVersion, kind, name: owner.name, uid: owner.uid ?? '', controller: true, blockOwnerDeletion: true },
    ],
  };
}
