// The children of a Function: what each one carries so that it can be found, ordered and told from others of its name.
import type { KubeObject } from '../platform/kube/kube.ts';
import { functionLabel, labels } from './names.ts';
import type { FunctionObject } from './schema.ts';

/** One attempt of a Function: a Builder or a Serving. */
export interface Attempt {
  readonly name: string;
  readonly sequence: number;
}

/** Metadata of a Builder or a Serving. */
export function childMetadata(fn: FunctionObject, { name, sequence }: Attempt): KubeObject['metadata'] {
  const { apiVersion, kind, metadata: owner } = fn;
  return {
    name,
    namespace: owner.namespace,
    labels: {
      [labels.function]: functionLabel(owner.name),
      [labels.functionUid]: owner.uid,
      [labels.sequence]: String(sequence),
    },
    ownerReferences: [
      { apiVersion, kind, name: owner.name, uid: owner.uid, controller: true, blockOwnerDeletion: true },
    ],
  };
}

/** Whether an object belongs to the owner with this UID and is not on its way out. */
export function belongsTo(object: KubeObject, ownerUid: string): boolean {
  const { ownerReferences = [], deletionTimestamp } = object.metadata;
  return deletionTimestamp === undefined && ownerReferences.some(owner => owner.uid === ownerUid);
}

/** Whether an object that is there is this attempt of this Function. */
export function isAttempt(found: KubeObject, fn: FunctionObject, { name, sequence }: Attempt): boolean {
  const { metadata } = found;
  return (
    metadata.name === name &&
    metadata.labels?.[labels.sequence] === String(sequence) &&
    belongsTo(found, fn.metadata.uid)
  );
}

/** When the API server took it, milliseconds since the epoch; undefined when that is not told. */
export function createdAt(object: KubeObject): number | undefined {
  return Date.parse(object.metadata.creationTimestamp ?? '') || undefined;
}
