// How a schema divides an object into fields that managers can own.
import { isJson } from '../object.ts';
import { anything, compileSchema, type Schema } from '../schema/schema.ts';

const text = { type: 'string' };
const texts = { type: 'object', additionalProperties: text };

const metadata = compileSchema({
  type: 'object',
  properties: {
    annotations: texts,
    creationTimestamp: text,
    deletionGracePeriodSeconds: { type: 'integer' },
    deletionTimestamp: text,
    finalizers: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
    generateName: text,
    generation: { type: 'integer' },
    labels: texts,
    managedFields: { type: 'array', items: { 'x-kubernetes-preserve-unknown-fields': true } },
    name: text,
    namespace: text,
    ownerReferences: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['uid'],
      items: {
        type: 'object',
        'x-kubernetes-map-type': 'atomic',
        properties: {
          apiVersion: text,
          blockOwnerDeletion: { type: 'boolean' },
          controller: { type: 'boolean' },
          kind: text,
          name: text,
          uid: text,
        },
      },
    },
    resourceVersion: text,
    selfLink: text,
    uid: text,
  },
});

const scalar = compileSchema(text);
const resources = new WeakMap<Schema, Schema>();

/** The schema of a whole object: with the fields that every object has. */
export function resourceSchema(schema: Schema): Schema {
  const known = resources.get(schema);
  if (known) return known;
  const standard = [
    ['apiVersion', scalar],
    ['kind', scalar],
    ['metadata', metadata],
  ] as const;
  const resource: Schema = { ...schema, type: 'object', properties: new Map([...schema.properties, ...standard]) };
  resources.set(schema, resource);
  return resource;
}

/** What a value is to its owners: a leaf has one, of the others each part has its own. */
export type Shape = 'leaf' | 'map' | 'list';

/** By the value first: where value and schema disagree, or the schema calls it atomic, it is a leaf. */
export function shapeOf(schema: Schema, value: unknown): Shape {
  if (Array.isArray(value)) return schema.type === 'array' && schema.listType !== 'atomic' ? 'list' : 'leaf';
  if (!isJson(value)) return 'leaf';
  return schema.atomic || !(schema.type === 'object' || isOpen(schema)) ? 'leaf' : 'map';
}

/** The schema of a map's key; undefined when there may be no such key. */
export function childOf(schema: Schema, name: string): Schema | undefined {
  const child = schema.properties.get(name) ?? schema.additional ?? (isOpen(schema) ? anything : undefined);
  return child?.embedded ? resourceSchema(child) : child;
}

/** The schema of a key that may be one that the schema has lost since. */
export function childOrAnything(schema: Schema, name: string): Schema {
  return childOf(schema, name) ?? anything;
}

/** The schema of a list's items; one that takes anything where the schema says nothing of them. */
export function itemsOf(schema: Schema): Schema {
  const items = schema.items ?? anything;
  return items.embedded ? resourceSchema(items) : items;
}

/** Takes any key: nothing is said about them. */
function isOpen(schema: Schema): boolean {
  if (schema.preserve) return true;
  if (schema.type === undefined) return !schema.intOrString;
  return schema.type === 'object' && schema.properties.size === 0 && !schema.additional;
}
