// Our schemas as the structural OpenAPI v3 that a CustomResourceDefinition wants.
import { z } from 'zod';

/** A node of a structural schema; `x-kubernetes-*` and OpenAPI's own words, as data. */
export interface Structural {
  readonly [word: string]: unknown;
  readonly properties?: Readonly<Record<string, Structural>>;
}

/** Any value, kept as it stands. */
const anything: Structural = { 'x-kubernetes-preserve-unknown-fields': true };

/** An object of any shape, kept as it stands. */
export const anyObject: Structural = { type: 'object', ...anything };

/** The structural schema of what this schema accepts; what it does not name is pruned, except below open objects. */
export function structural(schema: z.ZodType): Structural {
  return node(z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input', unrepresentable: 'any' }));
}

function node(given: object): Structural {
  const { properties, items, additionalProperties, ...all } = given as Structural & Record<string, unknown>;
  const words = all['type'] === 'integer' ? integer(all) : all;
  if (words['type'] === undefined) return { ...words, ...anything };
  return {
    ...words,
    ...(isObject(properties) ? { properties: mapped(properties) } : {}),
    ...(isObject(items)
      ? { 'x-kubernetes-list-type': words['x-kubernetes-list-type'] ?? 'atomic', items: node(items) }
      : {}),
    ...additional(additionalProperties),
  };
}

/** `additionalProperties: {}` means any value, and an object may not have that beside `properties`. */
function additional(values: unknown): Structural {
  if (!isObject(values)) return {};
  return Object.keys(values).length === 0 ? anything : { additionalProperties: node(values) };
}

/** The range of a number is its format's; JSON Schema has it as limits. */
function integer(words: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept = Object.entries(words).filter(([word]) => word !== 'minimum' && word !== 'maximum');
  return { ...Object.fromEntries(kept), format: words['maximum'] === 2 ** 31 - 1 ? 'int32' : 'int64' };
}

function mapped(properties: object): Readonly<Record<string, Structural>> {
  return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, node(property)]));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
