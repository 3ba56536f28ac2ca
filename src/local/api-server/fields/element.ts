// One step of a field's path, in the text form that managedFields use: `f:name`, `k:{"name":"a"}`, `v:"a"`.
import { isJson, type Json } from '../object.ts';
import type { Schema } from '../schema/schema.ts';

/** The step to a field of a map. */
export function fieldElement(name: string): string {
  return `f:${name}`;
}

/** The name that a step leads to; undefined for items of lists. */
export function fieldName(element: string): string | undefined {
  return element.startsWith('f:') ? element.slice(2) : undefined;
}

/**
 * The step to an item of a set or of a list of type map; a sentence where the item cannot be told apart from others:
 * `{problem}`.
 */
export function itemElement(schema: Schema, item: unknown): string | { readonly problem: string } {
  return schema.listType === 'set' ? valueElement(item) : keyElement(schema, item);
}

function valueElement(item: unknown): string | { readonly problem: string } {
  const kind =
    item === null ? 'an explicit null' : Array.isArray(item) ? 'a list type' : isJson(item) ? 'a map type' : undefined;
  if (kind !== undefined) return { problem: `associative list without keys has an element that's ${kind}` };
  return `v:${JSON.stringify(item)}`;
}

function keyElement(schema: Schema, item: unknown): string | { readonly problem: string } {
  if (item === null) return { problem: 'associative list with keys may not have a null element' };
  if (!isJson(item)) return { problem: 'associative list with keys may not have non-map elements' };
  const keys: Json = {};
  for (const key of schema.mapKeys.toSorted()) {
    const value = item[key] ?? schema.items?.properties.get(key)?.default;
    if (value !== undefined) keys[key] = value;
  }
  if (Object.keys(keys).length > 0) return `k:${JSON.stringify(keys)}`;
  const names = schema.mapKeys.map(key => JSON.stringify(key)).join(' ');
  return {
    problem: `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
  };
}

/** The same step with the keys of an item in order, as clients may not write them. Throws SyntaxError for bad JSON. */
export function normalElement(element: string): string {
  if (!element.startsWith('k:')) return element;
  const keys: unknown = JSON.parse(element.slice(2));
  if (!isJson(keys)) throw new SyntaxError(`${element} is no step of a path`);
  const sorted = Object.keys(keys).toSorted();
  return `k:${JSON.stringify(Object.fromEntries(sorted.map(key => [key, keys[key]])))}`;
}

/** The path in words: `.spec.steps[name="s"].image`. */
export function pathText(path: readonly string[]): string {
  return path.map(elementText).join('');
}

/** One step in words: `.image`, `[name="s"]`, `[="x"]`. */
export function elementText(element: string): string {
  const rest = element.slice(2);
  if (element.startsWith('f:')) return `.${rest}`;
  if (element.startsWith('v:')) return `[=${rest}]`;
  if (!element.startsWith('k:')) return `[${rest}]`;
  const keys = JSON.parse(rest) as Json;
  const texts = Object.entries(keys).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `[${texts.join(',')}]`;
}
