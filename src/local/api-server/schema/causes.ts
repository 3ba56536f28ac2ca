// The wording of the faults that an API server finds in a field.
import { isJson } from '../object.ts';
import type { Cause } from '../status.ts';

/** A field that must be there; `detail` says what for, empty for nothing. */
export function required(field: string, detail = ''): Cause {
  return { reason: 'FieldValueRequired', message: `Required value${detail === '' ? '' : `: ${detail}`}`, field };
}

/** `value` is shown; undefined leaves it out. */
export function invalid(field: string, value: unknown, detail: string): Cause {
  const shown = value === undefined ? '' : `${show(value)}: `;
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${shown}${detail}`, field };
}

/** A field that may not be set, or not be changed. */
export function forbidden(field: string, detail: string): Cause {
  return { reason: 'FieldValueForbidden', message: `Forbidden: ${detail}`, field };
}

/** In the place of the value stands what it is. */
export function wrongType(field: string, wanted: string, found: string): Cause {
  const message = `Invalid value: ${show(found)}: ${field} in body must be of type ${wanted}: ${show(found)}`;
  return { reason: 'FieldValueTypeInvalid', message, field };
}

/** A text that is not of its format. */
export function wrongFormat(field: string, format: string, text: string): Cause {
  const message = `Invalid value: ${show(text)}: ${field} in body must be of type ${format}: ${show(text)}`;
  return { reason: 'FieldValueTypeInvalid', message, field };
}

/** A value outside a closed list, which is told. */
export function notSupported(field: string, value: unknown, supported: readonly unknown[]): Cause {
  const listed = supported.map(item => JSON.stringify(typeof item === 'string' ? item : show(item))).join(', ');
  const message = `Unsupported value: ${show(value)}: supported values: ${listed}`;
  return { reason: 'FieldValueNotSupported', message, field };
}

/** A text over its limit, in bytes. */
export function tooLong(field: string, limit: number): Cause {
  return { reason: 'FieldValueTooLong', message: `Too long: may not be more than ${limit} bytes`, field };
}

/** A list over its limit, in items. */
export function tooMany(field: string, count: number, limit: number): Cause {
  return { reason: 'FieldValueTooMany', message: `Too many: ${count}: must have at most ${limit} items`, field };
}

/** A value that a list of distinct ones has already. */
export function duplicate(field: string, value: unknown): Cause {
  return { reason: 'FieldValueDuplicate', message: `Duplicate value: ${show(value)}`, field };
}

/** JSON with sorted keys. */
export function show(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? 'null';
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isJson(value)) return value;
  const keys = Object.keys(value).toSorted();
  return Object.fromEntries(keys.map(key => [key, sorted(value[key])]));
}
