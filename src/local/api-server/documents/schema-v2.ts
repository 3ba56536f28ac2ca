// A schema in the words of OpenAPI 2, which knows less than version 3.
import { isJson, type Json } from '../object.ts';

const unknownToV2 = ['default', 'anyOf', 'oneOf', 'not', 'nullable', 'x-kubernetes-embedded-resource'];

/** What version 2 cannot say is left out; a value that may be null, or a map with unknown fields, has no type. */
export function inV2(schema: Json): Json {
  const kept = Object.entries(schema).filter(([name]) => !unknownToV2.includes(name));
  const plain: Json = Object.fromEntries(kept.map(([name, value]) => [name, child(name, value)]));
  if (schema['nullable'] === true) return withoutType(plain);
  return schema['x-kubernetes-preserve-unknown-fields'] === true ? withoutType(plain) : plain;
}

function child(name: string, value: unknown): unknown {
  if (name === 'properties' && isJson(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, isJson(item) ? inV2(item) : item]));
  if ((name === 'items' || name === 'additionalProperties') && isJson(value)) return inV2(value);
  if (name === 'allOf' && Array.isArray(value)) return value.map(item => (isJson(item) ? inV2(item) : item));
  return value;
}

function withoutType({ type: _type, properties: _properties, items: _items, ...rest }: Json): Json {
  return rest;
}
