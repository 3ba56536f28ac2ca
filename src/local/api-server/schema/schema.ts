// A structural schema in the form in which objects are pruned, defaulted and validated.
import { type Rule, readRules } from '../cel/rule.ts';
import { isJson, type Json } from '../object.ts';
import { goPattern } from './pattern.ts';

type SchemaType = 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';

/** What a value must keep to besides its type; absent means no limit. */
export interface Limits {
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: RegExp;
  /** The pattern as written. */
  readonly patternSource?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly maximum?: number;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
}

/** One node of a compiled schema. Compile once with compileSchema; nodes are never changed. */
export interface Schema {
  /** Absent where anything goes, and for intOrString. */
  readonly type: SchemaType | undefined;
  readonly intOrString: boolean;
  readonly nullable: boolean;
  /** Keeps fields that the schema does not know (x-kubernetes-preserve-unknown-fields). */
  readonly preserve: boolean;
  /** An object with apiVersion, kind and metadata of its own. */
  readonly embedded: boolean;
  readonly properties: ReadonlyMap<string, Schema>;
  readonly required: readonly string[];
  /** The values of all other keys; undefined where there may be none. */
  readonly additional: Schema | undefined;
  readonly items: Schema | undefined;
  /** Undefined when there is none. */
  readonly default: unknown;
  readonly listType: 'atomic' | 'set' | 'map';
  /** What tells the items of a list of type map apart. */
  readonly mapKeys: readonly string[];
  /** A map that has one owner as a whole (x-kubernetes-map-type). */
  readonly atomic: boolean;
  readonly limits: Limits;
  readonly allOf: readonly Schema[];
  readonly anyOf: readonly Schema[];
  readonly oneOf: readonly Schema[];
  readonly not: Schema | undefined;
  /** The CEL rules of this node. */
  readonly rules: readonly Rule[];
  /** Somewhere in this node or below is a default. */
  readonly hasDefaults: boolean;
  /** Somewhere in this node or below is a CEL rule. */
  readonly hasRules: boolean;
  /** Somewhere in this node or below is a list of type set or map. */
  readonly hasKeyedLists: boolean;
}

/**
 * Compiles an OpenAPI v3 schema. Total: what checkSchema would refuse is ignored (a pattern that is not a regular
 * expression, a rule that does not parse).
 */
export function compileSchema(openapi: Json): Schema {
  const properties = new Map(entries(openapi['properties']).map(([name, child]) => [name, compileSchema(child)]));
  const additional = additionalOf(openapi);
  const items = isJson(openapi['items']) ? compileSchema(openapi['items']) : undefined;
  const children = [...properties.values(), ...(additional ? [additional] : []), ...(items ? [items] : [])];
  const rules = readRules(openapi['x-kubernetes-validations']);
  const listType = listTypeOf(openapi);
  return {
    type: typeOf(openapi),
    intOrString: openapi['x-kubernetes-int-or-string'] === true,
    nullable: openapi['nullable'] === true,
    preserve: openapi['x-kubernetes-preserve-unknown-fields'] === true,
    embedded: openapi['x-kubernetes-embedded-resource'] === true,
    properties,
    required: texts(openapi['required']),
    additional,
    items,
    default: openapi['default'],
    listType,
    mapKeys: texts(openapi['x-kubernetes-list-map-keys']),
    atomic: openapi['x-kubernetes-map-type'] === 'atomic',
    limits: limitsOf(openapi),
    allOf: compileAll(openapi['allOf']),
    anyOf: compileAll(openapi['anyOf']),
    oneOf: compileAll(openapi['oneOf']),
    not: isJson(openapi['not']) ? compileSchema(openapi['not']) : undefined,
    rules,
    hasDefaults: openapi['default'] !== undefined || children.some(child => child.hasDefaults),
    hasRules: rules.length > 0 || children.some(child => child.hasRules),
    hasKeyedLists: listType !== 'atomic' || children.some(child => child.hasKeyedLists),
  };
}

const types: ReadonlySet<unknown> = new Set(['object', 'array', 'string', 'integer', 'number', 'boolean']);

function typeOf(openapi: Json): SchemaType | undefined {
  const type = openapi['type'];
  return types.has(type) ? (type as SchemaType) : undefined;
}

function listTypeOf(openapi: Json): 'atomic' | 'set' | 'map' {
  const type = openapi['x-kubernetes-list-type'];
  return type === 'set' || type === 'map' ? type : 'atomic';
}

function additionalOf(openapi: Json): Schema | undefined {
  const additional = openapi['additionalProperties'];
  if (additional === true) return anything;
  return isJson(additional) ? compileSchema(additional) : undefined;
}

const numbers = [
  'minimum',
  'maximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
] as const;

function limitsOf(openapi: Json): Limits {
  const limits: { -readonly [name in keyof Limits]: Limits[name] } = {};
  for (const name of numbers) {
    const limit = openapi[name];
    if (typeof limit === 'number') limits[name] = limit;
  }
  if (openapi['exclusiveMinimum'] === true) limits.exclusiveMinimum = true;
  if (openapi['exclusiveMaximum'] === true) limits.exclusiveMaximum = true;
  if (Array.isArray(openapi['enum'])) limits.enum = openapi['enum'];
  if (typeof openapi['format'] === 'string') limits.format = openapi['format'];
  const source = openapi['pattern'];
  const pattern = typeof source === 'string' ? goPattern(source) : undefined;
  if (typeof source === 'string' && pattern instanceof RegExp) {
    limits.pattern = pattern;
    limits.patternSource = source;
  }
  return limits;
}

function compileAll(list: unknown): readonly Schema[] {
  return Array.isArray(list) ? list.filter(isJson).map(compileSchema) : [];
}

function entries(value: unknown): readonly (readonly [string, Json])[] {
  return isJson(value) ? Object.entries(value).flatMap(([name, child]) => (isJson(child) ? [[name, child]] : [])) : [];
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : [];
}

/** Accepts and keeps everything. */
export const anything: Schema = compileSchema({ 'x-kubernetes-preserve-unknown-fields': true });
