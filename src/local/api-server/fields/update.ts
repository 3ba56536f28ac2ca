// What a write other than an apply does to metadata.managedFields.
import type { Json } from '../object.ts';
import type { FieldsEntry, Write } from './entry.ts';

export interface Update extends Write {
  /** The object as it will be stored, defaults included; its managedFields are those that the client sent. */
  readonly next: Json;
}

/**
 * The managedFields of `next`: what changed belongs to the manager from now on. Empty when nothing is tracked (they
 * were cleared). The times of entries stay when nothing changes.
 */
export function trackUpdate(update: Update): readonly FieldsEntry[] {
  void update;
  return [];
}
