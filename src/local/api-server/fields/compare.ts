// Which fields differ between two states of an object.
import { equal, isJson, type Json } from '../object.ts';
import type { Schema } from '../schema/schema.ts';
import { fieldElement, itemElement } from './element.ts';
import { type FieldSet, SetBuilder } from './set.ts';
import { childOrAnything, itemsOf, resourceSchema, shapeOf } from './shape.ts';

export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** From one state of a whole object to the next; maps and items that come or go are counted besides their fields. */
export function compareFields(schema: Schema, before: Json, after: Json): Comparison {
  return compareMaps(resourceSchema(schema), before, after);
}

class Builder {
  readonly added = new SetBuilder();
  readonly modified = new SetBuilder();
  readonly removed = new SetBuilder();

  /** Compares what stands at one step; undefined is nothing. */
  step(schema: Schema, element: string, [before, after]: readonly [unknown, unknown]): void {
    if (before === undefined) this.added.add(element);
    else if (after === undefined) this.removed.add(element);
    const [was, is] = [partsOf(schema, before), partsOf(schema, after)];
    const isChange = before !== undefined && after !== undefined;
    if (isEmpty(was) && isEmpty(is)) {
      if (isChange && !equal(before, after)) this.modified.add(element);
      return;
    }
    if (isChange && (was === undefined || is === undefined)) this.modified.add(element);
    const { added, modified, removed } = compareParts(schema, was, is);
    this.added.below(element, added);
    this.modified.below(element, modified);
    this.removed.below(element, removed);
  }

  build(): Comparison {
    return { added: this.added.build(), modified: this.modified.build(), removed: this.removed.build() };
  }
}

/** The value if its parts are fields of their own; undefined for leaves. */
function partsOf(schema: Schema, value: unknown): Json | readonly unknown[] | undefined {
  if (shapeOf(schema, value) === 'leaf') return undefined;
  return Array.isArray(value) || isJson(value) ? value : undefined;
}

function isEmpty(parts: Json | readonly unknown[] | undefined): boolean {
  return parts === undefined || Object.keys(parts).length === 0;
}

function compareParts(schema: Schema, was: Json | readonly unknown[] | undefined, is: typeof was): Comparison {
  const lists = [was, is].filter(value => Array.isArray(value));
  if (lists.length === 0) return compareMaps(schema, isJson(was) ? was : {}, isJson(is) ? is : {});
  return compareLists(schema, Array.isArray(was) ? was : [], Array.isArray(is) ? is : []);
}

function compareMaps(schema: Schema, before: Json, after: Json): Comparison {
  const builder = new Builder();
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    builder.step(childOrAnything(schema, name), fieldElement(name), [before[name], after[name]]);
  }
  return builder.build();
}

function compareLists(schema: Schema, before: readonly unknown[], after: readonly unknown[]): Comparison {
  const builder = new Builder();
  const [was, is] = [byElement(schema, before), byElement(schema, after)];
  for (const element of new Set([...was.keys(), ...is.keys()])) {
    builder.step(itemsOf(schema), element, [was.get(element), is.get(element)]);
  }
  return builder.build();
}

/** Of duplicates the last. */
function byElement(schema: Schema, list: readonly unknown[]): ReadonlyMap<string, unknown> {
  const items = new Map<string, unknown>();
  for (const item of list) {
    const element = itemElement(schema, item);
    if (typeof element === 'string') items.set(element, item);
  }
  return items;
}
