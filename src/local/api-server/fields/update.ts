// What a write other than an apply does to metadata.managedFields.
import { isJson, type Json } from '../object.ts';
import type { FieldsEntry, Write } from './entry.ts';
import { identity, type Managed, type Managers, noManagers, readManagers, split, writeManagers } from './managers.ts';
import { changes, takeOver } from './ownership.ts';
import { noFields } from './set.ts';

export interface Update extends Write {
  /** The object as it will be stored, defaults included; its managedFields are those that the client sent. */
  readonly next: Json;
}

/** More updaters than this share one record. */
const maxUpdaters = 10;
const olderUpdaters = 'ancient-changes';

/**
 * The managedFields of `next`: what changed belongs to the manager from now on. Empty when nothing is tracked (they
 * were cleared). The times of entries stay when nothing changes.
 */
export function trackUpdate(update: Update): readonly FieldsEntry[] {
  const [next, sent] = split(update.next);
  const [live, stored] = split(update.live ?? {});
  const managers = startingPoint(update, stored, sent);
  if (update.live && managers.size === 0) return [];
  return writeManagers(capped(recordUpdate({ ...update, live, next }, managers)));
}

/** Clients may write managedFields themselves; who does not know them leaves them as they are. */
function startingPoint({ subresource }: Update, stored: unknown, sent: unknown): Managers {
  const known = readManagers(stored) ?? noManagers;
  if (subresource !== undefined) return known;
  if (isReset(sent)) return noManagers;
  const given = readManagers(sent);
  return given && given.size > 0 ? given : known;
}

/** `[]` and `[{}]` clear the record. */
function isReset(sent: unknown): boolean {
  if (!Array.isArray(sent)) return false;
  return sent.length === 0 || (sent.length === 1 && isJson(sent[0]) && Object.keys(sent[0]).length === 0);
}

/** Gives the manager what changes from `live` to `next`. */
export function recordUpdate(update: Update, managers: Managers): Managers {
  const { live, next, schema, reset, manager, apiVersion, subresource, time } = update;
  const change = changes({ schema, before: live ?? {}, after: next, reset });
  const left = new Map(takeOver(managers, '', change));
  const fields = change.modified.union(change.added);
  if (fields.empty) return left;
  const id = identity({ manager, operation: 'Update', apiVersion, subresource });
  const own = left.get(id)?.fields ?? noFields;
  left.set(id, { manager, operation: 'Update', apiVersion, subresource, time, fields: own.union(fields) });
  return left;
}

/** Folds the oldest updaters into one record for each version. */
function capped(managers: Managers): Managers {
  const updaters = [...managers].filter(([, managed]) => managed.operation === 'Update');
  if (updaters.length <= maxUpdaters) return managers;
  const byAge = updaters.toSorted(([, a], [, b]) => ((a.time ?? '') < (b.time ?? '') ? -1 : 1));
  const result = new Map(managers);
  for (const [id, managed] of byAge.slice(0, updaters.length - maxUpdaters + 1)) {
    result.delete(id);
    const older: Managed = { ...managed, manager: olderUpdaters, subresource: undefined };
    const bucket = result.get(identity(older));
    result.set(identity(older), { ...older, fields: older.fields.union(bucket?.fields ?? noFields) });
  }
  return result;
}
