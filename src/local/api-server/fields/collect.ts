// The fields that an object has, as one who applies it owns them.
import { isJson, type Json } from '../object.ts';
import type { Schema } from '../schema/schema.ts';
import { fieldElement, fieldName, itemElement } from './element.ts';
import { FieldSet, noFields, SetBuilder } from './set.ts';
import { childOrAnything, itemsOf, resourceSchema, shapeOf } from './shape.ts';

/** The fields of a whole object: its leaves, keys that the schema does not name, items of lists, and empty maps. */
export function fieldsOf(schema: Schema, object: Json): FieldSet {
  return collectMap(resourceSchema(schema), object);
}

function collect(schema: Schema, value: unknown): FieldSet {
  if (isJson(value)) return collectMap(schema, value);
  return Array.isArray(value) ? collectList(schema, value) : noFields;
}

function collectMap(schema: Schema, map: Json): FieldSet {
  const set = new SetBuilder();
  for (const [name, value] of Object.entries(map)) {
    const child = childOrAnything(schema, name);
    const shape = shapeOf(child, value);
    const element = fieldElement(name);
    const isEmpty = shape === 'map' && isJson(value) && Object.keys(value).length === 0;
    if (shape === 'leaf' || isEmpty || !schema.properties.has(name)) set.add(element);
    if (shape !== 'leaf') set.below(element, collect(child, value));
  }
  return set.build();
}

function collectList(schema: Schema, list: readonly unknown[]): FieldSet {
  const set = new SetBuilder();
  const items = itemsOf(schema);
  for (const item of list) {
    const element = itemElement(schema, item);
    if (typeof element !== 'string') continue;
    set.add(element);
    if (shapeOf(items, item) !== 'leaf') set.below(element, collect(items, item));
  }
  return set.build();
}

/**
 * With a member for each field that the schema names and that has something below it: removing what stands below
 * removes the field.
 */
export function withNamedFields(schema: Schema, set: FieldSet): FieldSet {
  return ensureNamed(resourceSchema(schema), set);
}

function ensureNamed(schema: Schema, set: FieldSet): FieldSet {
  const members = new Set(set.members);
  const children = new Map<string, FieldSet>();
  for (const [element, child] of set.children) {
    const name = fieldName(element);
    if (name !== undefined && schema.properties.has(name)) members.add(element);
    children.set(element, ensureNamed(name === undefined ? itemsOf(schema) : childOrAnything(schema, name), child));
  }
  return new FieldSet(members, children);
}
