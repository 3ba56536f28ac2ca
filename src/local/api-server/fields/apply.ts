// Server-side apply: merges what a manager wants into the object and keeps the record of who owns what.
import { equal, isJson, type Json, without } from '../object.ts';
import { fillDefaults } from '../schema/default.ts';
import type { Schema } from '../schema/schema.ts';
import { checkApplied } from './check.ts';
import { fieldsOf, withNamedFields } from './collect.ts';
import { applyConflict } from './conflicts.ts';
import type { FieldsEntry, Write } from './entry.ts';
import { identity, type Managed, type Managers, noManagers, readManagers, split, writeManagers } from './managers.ts';
import { mergeFields } from './merge.ts';
import { changes, conflictsOf, takeOver } from './ownership.ts';
import { removeFields } from './remove.ts';
import { type FieldSet, fieldsAt, noFields } from './set.ts';
import { recordUpdate } from './update.ts';

export interface Apply extends Write {
  /** What the client sent, not pruned, without managedFields. */
  readonly applied: Json;
  readonly force: boolean;
}

export interface Applied {
  /** The merged object with defaults, without managedFields; nulls that the client sent are in it. */
  readonly object: Json;
  readonly managedFields: readonly FieldsEntry[];
}

/** Owns what was there before anybody applied, where nobody kept a record. */
const beforeFirstApply = 'before-first-apply';

/**
 * Merges. Throws ApiError: 409 for conflicts with other managers unless `force`, 500 for an object that does not fit
 * the schema or has duplicates in its lists.
 */
export function serverSideApply(apply: Apply): Applied {
  const { schema, reset, manager, apiVersion, subresource, time } = apply;
  checkApplied(schema, apply.applied);
  const [live, stored] = split(apply.live ?? {});
  const managers = recorded(apply, live, stored);
  const wanted = without(split(apply.applied)[0], reset);
  const self: Managed = {
    manager,
    operation: 'Apply',
    apiVersion,
    subresource,
    time: undefined,
    fields: fieldsOf(schema, wanted).recursiveDifference(fieldsAt(...reset.map(name => [name]))),
  };
  const id = identity(self);
  const earlier = managers.get(id);
  const claimed = new Map([...managers, [id, { ...self, time: earlier?.time }]]);
  const merged = pruned(schema, mergeFields(schema, live, wanted), { claimed, last: earlier?.fields ?? noFields });
  const owned = settle(apply, { id, claimed, live, merged });
  const isSame = equal(live, merged);
  const mine = owned.get(id);
  if (!isSame && mine) owned.set(id, { ...mine, time });
  const object = structuredClone(isSame ? live : merged);
  fillDefaults(schema, object);
  return { object, managedFields: writeManagers(owned) };
}

/** The stored record; what an object without one has is put under a name of its own. */
function recorded(apply: Apply, live: Json, stored: unknown): Managers {
  const managers = readManagers(stored) ?? noManagers;
  if (managers.size > 0) return managers;
  return recordUpdate({ ...apply, manager: beforeFirstApply, live: undefined, next: live }, noManagers);
}

interface Claim {
  readonly id: string;
  readonly claimed: Managers;
  readonly live: Json;
  readonly merged: Json;
}

/** Takes what changes from its other owners, if that is allowed. */
function settle(apply: Apply, { id, claimed, live, merged }: Claim): Map<string, Managed> {
  const change = changes({ schema: apply.schema, before: live, after: merged, reset: apply.reset });
  const conflicts = conflictsOf(claimed, id, change);
  if (conflicts.size > 0 && !apply.force && !isOwnHistory(apply, claimed, conflicts)) {
    throw applyConflict(claimed, conflicts);
  }
  return new Map(takeOver(claimed, id, change));
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** kubectl takes over what it applied itself on the client's side, as its annotation tells. */
function isOwnHistory(
  { manager, schema, live }: Apply,
  managers: Managers,
  conflicts: ReadonlyMap<string, FieldSet>,
): boolean {
  if (manager !== 'kubectl') return false;
  const annotations = isJson(live?.['metadata']) ? live['metadata']['annotations'] : undefined;
  const text = isJson(annotations) ? annotations[lastApplied] : undefined;
  const applied = typeof text === 'string' ? parsed(text) : undefined;
  if (!applied || managers.size === 0) return false;
  const known = fieldsOf(schema, applied);
  return [...conflicts.values()].every(fields => fields.difference(known).empty);
}

function parsed(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJson(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Removes what the manager applied last time and does not own any more, unless somebody else owns it. */
function pruned(schema: Schema, merged: Json, { claimed, last }: { claimed: Managers; last: FieldSet }): Json {
  if (last.empty) return merged;
  const lastNamed = withNamedFields(schema, last);
  const all = withNamedFields(schema, fieldsOf(schema, merged));
  const owned = [...claimed.values()].reduce((set, { fields }) => set.union(fields), noFields);
  const kept = withNamedFields(schema, fieldsOf(schema, removeFields(schema, merged, lastNamed)));
  const withOwned = removeFields(schema, merged, all.difference(kept.union(withNamedFields(schema, owned))));
  const left = withNamedFields(schema, fieldsOf(schema, withOwned));
  return removeFields(schema, merged, all.difference(left).intersection(lastNamed));
}
