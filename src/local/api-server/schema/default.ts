// Fills the defaults of a schema into an object.
import { isJson, type Json } from '../object.ts';
import type { Schema } from './schema.ts';

/**
 * Fills in defaults, also those inside defaults, and drops nulls of fields that are not nullable; changes `object`.
 * For what clients send and for what is read from the store. Not for the result of an apply, whose nulls are faults.
 */
export function applyDefaults(schema: Schema, object: Json): void {
  dropNulls(schema, object);
  fillDefaults(schema, object);
}

/** Fills in defaults, also in the place of nulls of fields that are not nullable; changes `value`. */
export function fillDefaults(schema: Schema, value: unknown): void {
  if (!schema.hasDefaults) return;
  if (Array.isArray(value)) {
    if (schema.items) for (const item of value) fillDefaults(schema.items, item);
    return;
  }
  if (!isJson(value)) return;
  for (const [name, child] of schema.properties) {
    if (!child.hasDefaults) continue;
    const present = value[name];
    const missing = present === undefined || (present === null && !child.nullable);
    if (missing && child.default !== undefined) value[name] = structuredClone(child.default);
    fillDefaults(child, value[name]);
  }
  const { additional } = schema;
  if (!additional?.hasDefaults) return;
  for (const [name, present] of Object.entries(value)) {
    if (schema.properties.has(name)) continue;
    if (present === null && !additional.nullable && additional.default !== undefined) {
      value[name] = structuredClone(additional.default);
    }
    fillDefaults(additional, value[name]);
  }
}

/** Drops nulls of fields that are neither nullable nor have a default. */
function dropNulls(schema: Schema, value: unknown): void {
  if (Array.isArray(value)) {
    if (schema.items) for (const item of value) dropNulls(schema.items, item);
    return;
  }
  if (!isJson(value)) return;
  for (const [name, present] of Object.entries(value)) {
    const child = schema.properties.get(name) ?? schema.additional;
    if (!child) continue;
    if (present !== null) dropNulls(child, present);
    else if (!child.nullable && !child.preserve && child.default === undefined) delete value[name];
  }
}
