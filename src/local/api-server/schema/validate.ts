// Holds an object against its schema.
import { brokenRules } from '../cel/validate.ts';
import { isJson, type Json } from '../object.ts';
import type { Cause } from '../status.ts';
import { invalid } from './causes.ts';
import { faultsOf, nowhere } from './faults.ts';
import { duplicatesIn } from './lists.ts';
import type { Schema } from './schema.ts';

/** These faults leave values of which rules cannot make sense. */
const blocking: ReadonlySet<string | undefined> = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

const unchecked =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

/**
 * Every fault of `object`, a whole API object with its defaults, empty when it is valid. With `old`, the object before
 * the write, what stayed as it was is not judged again, and rules may compare. Of metadata only what the schema says.
 */
export function validate(schema: Schema, object: Json, old?: Json): readonly Cause[] {
  const faults = [...faultsOf(schema, object, { path: '', old })];
  if (schema.hasKeyedLists && (!old || duplicatesIn(schema, old, '').length === 0)) {
    faults.push(...duplicatesIn(schema, object, ''));
  }
  if (!schema.hasRules) return faults;
  if (!isNamed(object) || faults.some(fault => blocking.has(fault.reason)))
    return [...faults, invalid(nowhere, null, unchecked)];
  return [...faults, ...brokenRules(schema, object, old)];
}

/** An object without a name is refused for that, and no rule is asked. */
function isNamed({ metadata }: Json): boolean {
  return !isJson(metadata) || Boolean(metadata['name'] || metadata['generateName']);
}
