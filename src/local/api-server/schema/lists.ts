// Duplicates in lists whose items must differ.
import { isJson } from '../object.ts';
import type { Cause } from '../status.ts';
import { duplicate, show } from './causes.ts';
import { below } from './faults.ts';
import type { Schema } from './schema.ts';

/** Every second item of a set, or with the same keys in a list of type map. `path` is the value's own. */
export function duplicatesIn(schema: Schema, value: unknown, path: string): readonly Cause[] {
  const found: Cause[] = [];
  search(schema, value, { path, found });
  return found;
}

function search(schema: Schema, value: unknown, at: { readonly path: string; readonly found: Cause[] }): void {
  if (!schema.hasKeyedLists) return;
  if (Array.isArray(value)) {
    if (schema.listType !== 'atomic') compare(schema, value, at);
    const { items } = schema;
    if (!items?.hasKeyedLists) return;
    for (const [index, item] of value.entries()) search(items, item, { ...at, path: `${at.path}[${index}]` });
  } else if (isJson(value)) {
    for (const [name, item] of Object.entries(value)) {
      const child = schema.properties.get(name) ?? schema.additional;
      if (child) search(child, item, { ...at, path: below(at.path, name) });
    }
  }
}

function compare(
  schema: Schema,
  list: readonly unknown[],
  at: { readonly path: string; readonly found: Cause[] },
): void {
  const seen = new Set<string>();
  for (const [index, item] of list.entries()) {
    const identity = schema.listType === 'set' ? item : keysOf(schema, item);
    const text = show(identity);
    if (identity !== undefined && seen.has(text)) at.found.push(duplicate(`${at.path}[${index}]`, identity));
    seen.add(text);
  }
}

function keysOf(schema: Schema, item: unknown): unknown {
  if (!isJson(item)) return undefined;
  const present = schema.mapKeys.filter(key => Object.hasOwn(item, key));
  return Object.fromEntries(present.map(key => [key, item[key]]));
}
