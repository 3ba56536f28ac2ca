// Shapes that several kinds of the API share. Fields that a schema does not name are kept: a parse checks the input and gives it back.
import { z } from 'zod';

/** A type whose every part is read-only. */
export type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T;

/** The name of an object in the same namespace; an empty or absent name means none. */
export const localRef = z.object({ name: z.string().exactOptional() }).meta({ 'x-kubernetes-map-type': 'atomic' });

/** String keys to string values. */
export const strings = z.record(z.string(), z.string());

/** An object of a foreign API that is passed on as it stands. */
export const passedOn = z.record(z.string(), z.unknown());

/** A Go duration such as `1m30s`. Only that it is text is checked here; validation.ts reads it. */
export const durationText = z.string();

/** A moment as RFC 3339 text. */
export const moment = z.string().meta({ format: 'date-time' });

/** Marks a list for the API server as one of objects that differ in `key`; all other lists are replaced as a whole. */
export function keyedBy(key: string): Record<string, unknown> {
  return { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key] };
}

const ownerReference = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string(),
  uid: z.string(),
  controller: z.boolean().exactOptional(),
  blockOwnerDeletion: z.boolean().exactOptional(),
});

/** Metadata of an object in a namespace, as an API server gives it. An object that was never saved gets a `uid` made from its names. */
export const namespacedMeta = z.object({
  name: z.string().min(1),
  namespace: z.string().min(1),
  uid: z.string().min(1),
  resourceVersion: z.string().exactOptional(),
  generation: z.int().exactOptional(),
  creationTimestamp: moment.exactOptional(),
  deletionTimestamp: moment.exactOptional(),
  labels: strings.exactOptional(),
  annotations: strings.exactOptional(),
  ownerReferences: z.array(ownerReference).exactOptional(),
  finalizers: z.array(z.string()).exactOptional(),
});
