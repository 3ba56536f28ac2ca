// The Serving of one attempt: its object, and whether one that is there is it.
import { type Attempt, childMetadata, isAttempt } from '../function/child.ts';
import { withDefaults } from '../function/defaults.ts';
import { kinds } from '../function/kinds.ts';
import type { FunctionObject, ServingObject } from '../function/schema.ts';
import type { ServingSpec } from '../function/schema-serving.ts';
import type { KubeObject } from '../platform/kube/kube.ts';
import { servingInputHash } from './plan.ts';

/** kubectl's own bookkeeping: it describes the Function, not the Serving. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** The Serving to create; it carries the Function's annotations. */
export function servingFor(fn: FunctionObject, attempt: Attempt, spec: ServingSpec): KubeObject {
  const { [lastApplied]: _, ...annotations } = withDefaults(fn).metadata.annotations ?? {};
  const metadata = childMetadata(fn, attempt);
  return {
    apiVersion: kinds.serving.apiVersion,
    kind: kinds.serving.kind,
    metadata: Object.keys(annotations).length === 0 ? metadata : { ...metadata, annotations },
    spec,
  };
}

/** Whether a Serving that is there already is the one that was wanted. */
export function isSameServing(
  found: ServingObject,
  order: { readonly fn: FunctionObject; readonly attempt: Attempt; readonly spec: ServingSpec },
): boolean {
  return isAttempt(found, order.fn, order.attempt) && servingInputHash(found.spec) === servingInputHash(order.spec);
}
