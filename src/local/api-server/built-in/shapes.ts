// The shapes that several built-in kinds share.
import { int, list, map, object, type Schema, text, texts } from '../../crd/schema.ts';

/** Anything goes: parts that this server stores as they are sent. */
export const open: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
export const openList: Schema = { type: 'array', items: { 'x-kubernetes-preserve-unknown-fields': true } };

export const intOrText: Schema = { 'x-kubernetes-int-or-string': true };
export const quantities: Schema = map(intOrText);
export const moment: Schema = { type: 'string', format: 'date-time', nullable: true };

export const objectReference: Schema = {
  ...object({
    apiVersion: text,
    fieldPath: text,
    kind: text,
    name: text,
    namespace: text,
    resourceVersion: text,
    uid: text,
  }),
  'x-kubernetes-map-type': 'atomic',
};

export const localReference: Schema = { ...object({ name: text }), 'x-kubernetes-map-type': 'atomic' };

export const labelSelector: Schema = {
  ...object({
    matchLabels: texts,
    matchExpressions: list(object({ key: text, operator: text, values: list(text) })),
  }),
  'x-kubernetes-map-type': 'atomic',
};

/** A list whose items strategic patches and appliers tell apart by `keys`; patches by the first. */
export function keyed(items: Schema, ...keys: readonly [string, ...string[]]): Schema {
  return {
    ...list(items, ...keys),
    'x-kubernetes-patch-merge-key': keys[0],
    'x-kubernetes-patch-strategy': 'merge',
  };
}

export const condition: Schema = object({
  type: text,
  status: text,
  reason: text,
  message: text,
  observedGeneration: int,
  lastTransitionTime: moment,
  lastUpdateTime: moment,
  lastProbeTime: moment,
  lastHeartbeatTime: moment,
});

export const conditions: Schema = keyed(condition, 'type');
