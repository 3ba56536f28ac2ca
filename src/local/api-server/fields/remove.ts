// Takes fields out of an object.
import { isJson, type Json } from '../object.ts';
import type { Schema } from '../schema/schema.ts';
import { fieldElement, itemElement } from './element.ts';
import type { FieldSet } from './set.ts';
import { childOrAnything, itemsOf, resourceSchema, shapeOf } from './shape.ts';

/** A whole object without the members of `fields` and all that is below them; the object is not changed. */
export function removeFields(schema: Schema, object: Json, fields: FieldSet): Json {
  return removeFromMap(resourceSchema(schema), object, fields);
}

function removeFrom(schema: Schema, value: unknown, fields: FieldSet): unknown {
  if (fields.empty || shapeOf(schema, value) === 'leaf') return value;
  if (Array.isArray(value)) return removeFromList(schema, value, fields);
  return isJson(value) ? removeFromMap(schema, value, fields) : value;
}

function removeFromMap(schema: Schema, map: Json, fields: FieldSet): Json {
  const kept: Json = {};
  for (const [name, value] of Object.entries(map)) {
    const element = fieldElement(name);
    if (fields.members.has(element)) continue;
    const result = removeFrom(childOrAnything(schema, name), value, fields.child(element));
    Object.defineProperty(kept, name, { value: result, enumerable: true, writable: true, configurable: true });
  }
  return kept;
}

function removeFromList(schema: Schema, list: readonly unknown[], fields: FieldSet): readonly unknown[] {
  return list.flatMap(item => {
    const element = itemElement(schema, item);
    if (typeof element !== 'string') return [item];
    return fields.members.has(element) ? [] : [removeFrom(itemsOf(schema), item, fields.child(element))];
  });
}
