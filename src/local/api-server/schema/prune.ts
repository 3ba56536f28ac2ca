// Takes fields that a schema does not know out of an object.
import { isJson, type Json } from '../object.ts';
import type { Schema } from './schema.ts';

const standard = ['apiVersion', 'kind', 'metadata'];

const metadataFields = new Set([
  'annotations',
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'finalizers',
  'generateName',
  'generation',
  'labels',
  'managedFields',
  'name',
  'namespace',
  'ownerReferences',
  'resourceVersion',
  'selfLink',
  'uid',
]);

const referenceFields = new Set(['apiVersion', 'blockOwnerDeletion', 'controller', 'kind', 'name', 'uid']);

/**
 * Removes what `schema` does not know from `object`, a whole API object, and from its metadata; changes it.
 * Returns the paths of what went, sorted: `spec.nested.wrong`, `spec.steps[0].wrong`.
 */
export function prune(schema: Schema, object: Json): readonly string[] {
  const removed: string[] = [];
  pruneResource(schema, object, { at: '', removed });
  return removed.toSorted();
}

interface Place {
  readonly at: string;
  readonly removed: string[];
}

function pruneResource(schema: Schema, object: Json, place: Place): void {
  pruneFields(schema, object, { ...place, known: standard });
  if (!isJson(object['metadata'])) return;
  const at = below(place.at, 'metadata');
  keep(metadataFields, object['metadata'], { ...place, at });
  const owners = object['metadata']['ownerReferences'];
  if (!Array.isArray(owners)) return;
  for (const [index, owner] of owners.entries()) {
    if (isJson(owner)) keep(referenceFields, owner, { ...place, at: `${at}.ownerReferences[${index}]` });
  }
}

function pruneValue(schema: Schema, value: unknown, place: Place): void {
  if (Array.isArray(value)) {
    const items = schema.items;
    if (items)
      for (const [index, item] of value.entries()) pruneValue(items, item, { ...place, at: `${place.at}[${index}]` });
  } else if (isJson(value)) {
    if (schema.embedded) pruneResource(schema, value, place);
    else pruneFields(schema, value, { ...place, known: [] });
  }
}

function pruneFields(schema: Schema, object: Json, place: Place & { readonly known: readonly string[] }): void {
  for (const [name, value] of Object.entries(object)) {
    if (place.known.includes(name)) continue;
    const child = schema.properties.get(name) ?? schema.additional;
    const at = below(place.at, name);
    if (child) pruneValue(child, value, { at, removed: place.removed });
    else if (!schema.preserve) {
      delete object[name];
      place.removed.push(at);
    }
  }
}

function keep(fields: ReadonlySet<string>, object: Json, { at, removed }: Place): void {
  for (const name of Object.keys(object)) {
    if (fields.has(name)) continue;
    delete object[name];
    removed.push(below(at, name));
  }
}

function below(at: string, name: string): string {
  return at === '' ? name : `${at}.${name}`;
}
