// Strategic merge patch: a merge patch whose lists are merged by key, for the kinds whose lists have keys.
import { childOrAnything, itemsOf, resourceSchema } from '../fields/shape.ts';
import { equal, isJson, type Json } from '../object.ts';
import type { Schema } from '../schema/schema.ts';
import { internal } from '../status.ts';

const directive = '$patch';
const retainKeys = '$retainKeys';
const deleteFrom = '$deleteFromPrimitiveList/';
const setOrder = '$setElementOrder/';

/**
 * The patched document, a whole object of `schema`; neither argument is changed. Knows the directives of kubectl.
 * Throws ApiError 500 for an item without the key of its list, or an unknown directive.
 */
export function applyStrategicPatch(document: Json, patch: Json, schema: Schema): Json {
  const patched = patchMap(resourceSchema(schema), document, patch);
  return patched ?? {};
}

/** Undefined when the patch deletes the map. */
function patchMap(schema: Schema, map: Json, patch: Json): Json | undefined {
  switch (patch[directive]) {
    case undefined:
    case 'merge':
      return mergeMap(schema, retained(map, patch[retainKeys]), patch);
    case 'replace':
      return mergeMap(schema, {}, patch);
    case 'delete':
      return undefined;
    default:
      throw internal(`unrecognized ${directive} directive in a map: ${JSON.stringify(patch[directive])}`);
  }
}

function retained(map: Json, keys: unknown): Json {
  if (!Array.isArray(keys)) return map;
  return Object.fromEntries(Object.entries(map).filter(([name]) => keys.includes(name)));
}

function mergeMap(schema: Schema, map: Json, patch: Json): Json {
  const result = new Map(Object.entries(map));
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith(deleteFrom)) deleteItems(result, name.slice(deleteFrom.length), value);
    else if (!name.startsWith('$')) patchField(childOrAnything(schema, name), result, [name, value]);
  }
  for (const [name, order] of Object.entries(patch)) {
    if (!name.startsWith(setOrder)) continue;
    const field = name.slice(setOrder.length);
    const list = result.get(field);
    const before = map[field];
    if (!Array.isArray(list) || !Array.isArray(order)) continue;
    result.set(
      field,
      ordered(childOrAnything(schema, field), list, { order, before: Array.isArray(before) ? before : [] }),
    );
  }
  return Object.fromEntries(result);
}

function deleteItems(map: Map<string, unknown>, field: string, gone: unknown): void {
  const list = map.get(field);
  if (Array.isArray(list) && Array.isArray(gone))
    map.set(
      field,
      list.filter(item => !gone.includes(item)),
    );
}

function patchField(schema: Schema, map: Map<string, unknown>, [name, value]: readonly [string, unknown]): void {
  const before = map.get(name);
  const after = value === null ? undefined : patched(schema, before, value);
  if (after === undefined) map.delete(name);
  else map.set(name, after);
}

function patched(schema: Schema, before: unknown, value: unknown): unknown {
  if (isJson(value)) return patchMap(schema, isJson(before) ? before : {}, value);
  if (!Array.isArray(value)) return value;
  return patchList(schema, Array.isArray(before) ? before : [], value);
}

function patchList(schema: Schema, list: readonly unknown[], patch: readonly unknown[]): readonly unknown[] {
  const isReplaced = patch.some(
    item => isJson(item) && item[directive] === 'replace' && Object.keys(item).length === 1,
  );
  const items = patch.filter(item => !(isReplaced && isJson(item) && item[directive] === 'replace'));
  if (isReplaced || schema.listType === 'atomic') return items.map(item => patched(itemsOf(schema), undefined, item));
  if (schema.listType === 'set') return [...list, ...items.filter(item => !list.includes(item))];
  return items.reduce<readonly unknown[]>((merged, item) => patchItem(schema, merged, item), list);
}

function patchItem(schema: Schema, list: readonly unknown[], item: unknown): readonly unknown[] {
  const key = keyOf(schema);
  if (!isJson(item) || item[key] === undefined)
    throw internal(`map: ${goMap(item)} does not contain declared merge key: ${key}`);
  const at = list.findIndex(other => isSame(schema, other, item));
  if (item[directive] === 'delete') return list.filter(other => !isSame(schema, other, item));
  const result = patched(itemsOf(schema), list[at], item);
  return at < 0 ? [...list, result] : list.with(at, result);
}

/** Patches know one key of a list, the first. */
function keyOf(schema: Schema): string {
  return schema.mapKeys[0] ?? 'name';
}

function isSame(schema: Schema, item: unknown, other: unknown): boolean {
  const key = keyOf(schema);
  if (!isJson(item) || !isJson(other)) return equal(item, other);
  return item[key] !== undefined && equal(item[key], other[key]);
}

/** As Go prints a map. */
function goMap(item: unknown): string {
  if (!isJson(item)) return JSON.stringify(item) ?? '';
  const parts = Object.keys(item).toSorted();
  return `map[${parts.map(name => `${name}:${isJson(item[name]) ? goMap(item[name]) : String(item[name])}`).join(' ')}]`;
}

/** The items named by `order` in that order; each other one stays before the one that it came before. */
function ordered(
  schema: Schema,
  list: readonly unknown[],
  { order, before }: { readonly order: readonly unknown[]; readonly before: readonly unknown[] },
): readonly unknown[] {
  const place = (item: unknown, among: readonly unknown[]) => among.findIndex(other => isSame(schema, other, item));
  const named = list.filter(item => place(item, order) >= 0).toSorted((a, b) => place(a, order) - place(b, order));
  const rest = list.filter(item => place(item, order) < 0);
  const result: unknown[] = [];
  for (const item of named) {
    const limit = place(item, before);
    while (rest.length > 0 && limit >= 0 && place(rest[0], before) < limit) result.push(rest.shift());
    result.push(item);
  }
  return [...result, ...rest];
}
