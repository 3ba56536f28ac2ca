// Who owns what after an object has changed.
import type { Json } from '../object.ts';
import type { Schema } from '../schema/schema.ts';
import { type Comparison, compareFields } from './compare.ts';
import { type Managed, type Managers, unowned } from './managers.ts';
import { type FieldSet, fieldsAt } from './set.ts';

/** A change of a whole object, by one manager. */
export interface Change {
  readonly schema: Schema;
  readonly before: Json;
  readonly after: Json;
  /** Top-level fields that do not count. */
  readonly reset: readonly string[];
}

/** The fields that a change touches, as far as managers can own them. */
export function changes({ schema, before, after, reset }: Change): Comparison {
  const { added, modified, removed } = compareFields(schema, before, after);
  const ignored = fieldsAt(...reset.map(name => [name]));
  const counted = (fields: FieldSet) => fields.difference(unowned).recursiveDifference(ignored);
  return { added: counted(added), modified: counted(modified), removed: counted(removed) };
}

/** What others own of the fields that a change gives another value; empty sets are left out. */
export function conflictsOf(managers: Managers, self: string, change: Comparison): ReadonlyMap<string, FieldSet> {
  const taken = change.modified.union(change.added);
  const conflicts = [...managers].flatMap(([id, { fields }]) => {
    const conflict = id === self ? undefined : fields.intersection(taken);
    return conflict && !conflict.empty ? [[id, conflict] as const] : [];
  });
  return new Map(conflicts);
}

/** Takes from all others what a change sets or removes; who has nothing left is gone. */
export function takeOver(managers: Managers, self: string, change: Comparison): Managers {
  const taken = change.modified.union(change.added).union(change.removed);
  const left = [...managers].flatMap(([id, managed]): (readonly [string, Managed])[] => {
    const fields = id === self ? managed.fields : managed.fields.difference(taken);
    return fields.empty ? [] : [[id, { ...managed, fields }]];
  });
  return new Map(left);
}
