// Turns an object into the values that rules see.
import { isJson, type Json } from '../object.ts';
import type { Schema } from '../schema/schema.ts';
import { fieldIdentifier } from './identifier.ts';
import { duration, timestamp, type Value } from './program.ts';

/** A whole object: its fields, and of its metadata the names. */
export function resourceValue(schema: Schema, object: Json): Map<string, Value> {
  const value = mapValue(schema, object);
  for (const name of ['apiVersion', 'kind'] as const) {
    if (typeof object[name] === 'string') value.set(name, object[name]);
  }
  const metadata = isJson(object['metadata']) ? object['metadata'] : {};
  const names = ['name', 'generateName'].flatMap(name =>
    typeof metadata[name] === 'string' ? [[name, metadata[name]] as const] : [],
  );
  return value.set('metadata', new Map<string, Value>(names));
}

/** One value; fields that the schema does not name are not seen, except in maps. */
export function ruleValue(schema: Schema, value: unknown): Value {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return isWhole(schema, value) ? BigInt(value) : value;
  if (typeof value === 'string') return textValue(schema.limits.format, value);
  if (Array.isArray(value)) return listValue(schema, value);
  if (!isJson(value)) return null;
  return schema.embedded ? resourceValue(schema, value) : mapValue(schema, value);
}

function isWhole({ type }: Schema, value: number): boolean {
  return type !== 'number' && Number.isInteger(value);
}

function textValue(format: string | undefined, text: string): Value {
  switch (format) {
    case 'date-time':
    case 'datetime':
      return timestamp(text) ?? text;
    case 'date':
      return timestamp(`${text}T00:00:00Z`) ?? text;
    case 'duration':
      return duration(text) ?? text;
    case 'byte':
      return new Uint8Array(Buffer.from(text, 'base64'));
    case undefined:
    default:
      return text;
  }
}

function listValue({ items }: Schema, list: readonly unknown[]): Value {
  return items ? list.map(item => ruleValue(items, item)) : [];
}

function mapValue(schema: Schema, object: Json): Map<string, Value> {
  const map = new Map<string, Value>();
  for (const [name, value] of Object.entries(object)) {
    const property = schema.properties.get(name);
    if (property) map.set(fieldIdentifier(name), ruleValue(property, value));
    else if (schema.additional) map.set(name, ruleValue(schema.additional, value));
  }
  return map;
}

/** The longest list or map in a value, itself included. */
export function longestIn(value: Value): number {
  if (Array.isArray(value))
    return value.reduce<number>((longest, item) => Math.max(longest, longestIn(item)), value.length);
  if (!(value instanceof Map)) return 0;
  return [...value.values()].reduce<number>((longest, item) => Math.max(longest, longestIn(item as Value)), value.size);
}
