// Evaluates the CEL rules of a schema on an object.
import { equal, isJson, type Json } from '../object.ts';
import { duplicate, forbidden, invalid, required } from '../schema/causes.ts';
import { oldField, oldItem } from '../schema/correlation.ts';
import type { Schema } from '../schema/schema.ts';
import type { Cause } from '../status.ts';
import type { Value } from './program.ts';
import { prepareRule, type ReadyRule } from './ready-rule.ts';
import { visibleSchema } from './resource.ts';
import type { Rule } from './rule.ts';
import { longestIn, resourceValue, ruleValue } from './value.ts';

/** Steps that one rule may take. */
const costLimit = 10_000_000;

/**
 * A cause for every rule that `object` breaks, a whole object that fits its schema. With `old`, rules about changes
 * are judged too, and others only where something has changed.
 */
export function brokenRules(schema: Schema, object: Json, old?: Json): readonly Cause[] {
  const causes: Cause[] = [];
  visit(schema, { value: object, old, path: '', isResource: true, causes });
  return causes;
}

interface Place {
  readonly value: unknown;
  /** Undefined when there was none. */
  readonly old: unknown;
  readonly path: string;
  readonly isResource: boolean;
  readonly causes: Cause[];
}

function visit(schema: Schema, place: Place): void {
  const { value, old, path, causes } = place;
  if (!schema.hasRules || value === null) return;
  if (schema.rules.length > 0) judge(schema, place);
  const below = (child: Schema, next: Pick<Place, 'value' | 'old' | 'path'>) =>
    visit(child, { ...next, isResource: child.embedded, causes });
  if (Array.isArray(value)) {
    const { items } = schema;
    if (!items?.hasRules) return;
    for (const [index, item] of value.entries()) {
      below(items, { value: item, old: oldItem(schema, old, item), path: `${path}[${index}]` });
    }
  } else if (isJson(value)) {
    for (const [name, item] of Object.entries(value)) {
      const property = schema.properties.get(name);
      const at = property ? child(path, name) : `${path}[${name}]`;
      const next = property ?? schema.additional;
      if (next) below(next, { value: item, old: oldField(old, name), path: at });
    }
  }
}

function child(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function judge(schema: Schema, { value, old, path, isResource, causes }: Place): void {
  const convert = (from: unknown) =>
    isResource && isJson(from) ? resourceValue(schema, from) : ruleValue(schema, from);
  const self = convert(value);
  const oldSelf = old === undefined ? undefined : convert(old);
  const isSame = old !== undefined && equal(value, old);
  const longest = Math.max(longestIn(self), oldSelf === undefined ? 0 : longestIn(oldSelf));
  const node = isResource ? visibleSchema(schema) : schema;
  for (const rule of schema.rules) {
    const ready = prepareRule(rule, node);
    if ('error' in ready) {
      causes.push(invalid(path === '' ? '<nil>' : path, undefined, `rule compile error: ${ready.error}`));
      continue;
    }
    const isSkipped = ready.usesOldSelf ? old === undefined && !rule.optionalOldSelf : isSame;
    if (isSkipped) continue;
    const variables = { self, ...(ready.usesOldSelf ? { oldSelf: before(rule, oldSelf) } : {}) };
    const cost = ready.size * Math.max(1, longest) ** ready.depth;
    const fault = cost > costLimit ? tooCostly(rule) : run(ready, variables);
    if (fault) causes.push(causeOf(rule, fault, { value, path }));
  }
}

function before({ optionalOldSelf }: Rule, oldSelf: Value | undefined): Value {
  if (!optionalOldSelf) return oldSelf ?? null;
  return new Map<string, Value>(oldSelf === undefined ? [] : [['value', oldSelf]]);
}

/** Why a rule does not hold; `isBroken` when it ran and said so. */
interface Fault {
  readonly message: string;
  readonly isBroken: boolean;
}

function tooCostly({ rule }: Rule): Fault {
  const message = `validation failed due to running out of cost budget, no further validation rules will be run: ${rule}`;
  return { message, isBroken: false };
}

function run({ rule, program, message }: ReadyRule, variables: Readonly<Record<string, Value>>): Fault | undefined {
  const result = program.run(variables);
  if ('error' in result)
    return { message: `${worded(result.error)} evaluating rule: ${rule.message ?? rule.rule.trim()}`, isBroken: false };
  if (result.value === true) return undefined;
  const said = message?.run(variables);
  const text = said && 'value' in said && typeof said.value === 'string' ? said.value.trim() : '';
  return { message: text || (rule.message?.trim() ?? `failed rule: ${rule.rule.trim()}`), isBroken: true };
}

/** Another implementation's words for the commonest failure. */
function worded(error: string): string {
  return error.replace(/^field not found: /, 'no such key: ');
}

function causeOf(rule: Rule, { message, isBroken }: Fault, { value, path }: Pick<Place, 'value' | 'path'>): Cause {
  const field = (isBroken ? `${path}${fieldPath(rule)}` : path).replace(/^\./, '') || '<nil>';
  const shown = isBroken ? (typeof value === 'object' ? undefined : value) : typeOf(value);
  if (isBroken && rule.reason === 'FieldValueForbidden') return forbidden(field, message);
  if (isBroken && rule.reason === 'FieldValueRequired') return required(field, message);
  if (isBroken && rule.reason === 'FieldValueDuplicate') return duplicate(field, value);
  return invalid(field, shown, message);
}

/** `.a['b']` as `.a.b`. */
function fieldPath({ fieldPath }: Rule): string {
  return (fieldPath ?? '').replaceAll(/\['([^']*)'\]/g, '.$1');
}

function typeOf(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return Array.isArray(value) ? 'array' : typeof value;
}
