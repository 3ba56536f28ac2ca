// Finds what a part of an object was before the write.
import { equal, isJson } from '../object.ts';
import type { Schema } from './schema.ts';

/** The old value of a field; undefined when there is none. */
export function oldField(old: unknown, name: string): unknown {
  return isJson(old) && Object.hasOwn(old, name) ? old[name] : undefined;
}

/** The old form of a list's item: only items of lists of type map can be told apart. Undefined when there is none. */
export function oldItem(schema: Schema, old: unknown, item: unknown): unknown {
  if (schema.listType !== 'map' || !Array.isArray(old) || !isJson(item)) return undefined;
  return old.find(
    candidate => isJson(candidate) && schema.mapKeys.every(key => sameKey(schema, key, [candidate, item])),
  );
}

function sameKey(
  schema: Schema,
  key: string,
  [a, b]: readonly [Record<string, unknown>, Record<string, unknown>],
): boolean {
  const fallback = schema.items?.properties.get(key)?.default;
  return equal(a[key] ?? fallback, b[key] ?? fallback);
}
