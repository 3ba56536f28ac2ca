// Merges what is applied into what is there.
import { isJson, type Json } from '../object.ts';
import type { Schema } from '../schema/schema.ts';
import { itemElement } from './element.ts';
import { childOrAnything, itemsOf, resourceSchema, shapeOf } from './shape.ts';

/** A whole object with the applied one merged in; neither is changed. */
export function mergeFields(schema: Schema, live: Json, applied: Json): Json {
  return mergeMaps(resourceSchema(schema), live, applied);
}

function merge(schema: Schema, live: unknown, applied: unknown): unknown {
  if (applied === undefined) return live;
  const shape = shapeOf(schema, applied);
  if (live === undefined || shape === 'leaf' || shapeOf(schema, live) !== shape) return applied;
  if (Array.isArray(live) && Array.isArray(applied)) return mergeLists(schema, live, applied);
  return isJson(live) && isJson(applied) ? mergeMaps(schema, live, applied) : applied;
}

function mergeMaps(schema: Schema, live: Json, applied: Json): Json {
  const merged: Json = { ...live };
  for (const [name, value] of Object.entries(applied)) {
    const result = merge(childOrAnything(schema, name), live[name], value);
    Object.defineProperty(merged, name, { value: result, enumerable: true, writable: true, configurable: true });
  }
  return merged;
}

interface Item {
  readonly element: string;
  readonly value: unknown;
}

/**
 * The items of both lists. Applied ones come in the applier's order; live ones that nobody applies keep their place
 * behind the live item before them.
 */
function mergeLists(schema: Schema, live: readonly unknown[], applied: readonly unknown[]): readonly unknown[] {
  const [there, sent] = [itemsIn(schema, live), itemsIn(schema, applied)];
  const [known, wanted] = [valuesOf(there), valuesOf(sent)];
  const shared = sent.filter(item => known.has(item.element));
  const done = new Set<string>();
  const merged: unknown[] = [];
  const queue = [...there];
  for (const { element } of sent) {
    while (queue[0] && queue[0].element !== element) {
      const next = queue[0];
      const isMisplaced = wanted.has(next.element) && shared[0] !== undefined && shared[0].element !== next.element;
      if (wanted.has(next.element) && !isMisplaced) {
        if (done.has(next.element)) queue.shift();
        break;
      }
      if (!isMisplaced) merged.push(next.value);
      queue.shift();
    }
    if (queue[0]?.element === element) queue.shift();
    merged.push(merge(itemsOf(schema), known.get(element), wanted.get(element)));
    done.add(element);
    if (shared[0]?.element === element) shared.shift();
  }
  return [...merged, ...queue.filter(item => !wanted.has(item.element)).map(item => item.value)];
}

function valuesOf(items: readonly Item[]): ReadonlyMap<string, unknown> {
  return new Map(items.map(item => [item.element, item.value]));
}

function itemsIn(schema: Schema, list: readonly unknown[]): readonly Item[] {
  return list.map((value, index) => {
    const element = itemElement(schema, value);
    return { element: typeof element === 'string' ? element : `i:${index}`, value };
  });
}
