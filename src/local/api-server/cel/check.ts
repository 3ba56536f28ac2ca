// What makes the CEL rules of a definition refused.
import type { Json } from '../object.ts';
import { forbidden, required } from '../schema/causes.ts';
import { compileSchema, type Schema } from '../schema/schema.ts';
import type { Cause } from '../status.ts';
import { asMany } from './inspect.ts';
import { prepareRule, type ReadyRule } from './ready-rule.ts';
import { visibleSchema } from './resource.ts';
import type { Rule } from './rule.ts';

/** Steps that one rule may take for the largest object that its schema allows. */
const costLimit = 10_000_000;

/** Every fault of the rules in a structural schema; `path` is where it stands in the definition. */
export function checkRules(openapi: Json, path: string): readonly Cause[] {
  const schema = compileSchema(openapi);
  if (!schema.hasRules) return [];
  const causes: Cause[] = [];
  visit(schema, { path, times: 1, isResource: true, causes });
  return causes;
}

interface Place {
  readonly path: string;
  /** How often the node can occur in one object. */
  readonly times: number;
  readonly isResource: boolean;
  readonly causes: Cause[];
}

function visit(schema: Schema, place: Place): void {
  if (!schema.hasRules) return;
  const node = place.isResource || schema.embedded ? visibleSchema(schema) : schema;
  for (const [index, rule] of schema.rules.entries()) checkRule(rule, index, { ...place, node });
  const { path, causes } = place;
  const below = (child: Schema, step: string, times: number) =>
    visit(child, { path: `${path}.${step}`, times, isResource: false, causes });
  for (const [name, child] of schema.properties) below(child, `properties[${name}]`, place.times);
  if (schema.items) below(schema.items, 'items', occurrences(place.times, schema.limits.maxItems, schema.items));
  if (!schema.additional) return;
  below(
    schema.additional,
    'additionalProperties',
    occurrences(place.times, schema.limits.maxProperties, schema.additional),
  );
}

/** Not more than fit into one request. */
function occurrences(times: number, limit: number | undefined, child: Schema): number {
  const fitting = asMany(child);
  return limit === undefined ? fitting : Math.min(fitting, times * limit);
}

function checkRule(rule: Rule, index: number, place: Place & { readonly node: Schema }): void {
  const path = `${place.path}.x-kubernetes-validations[${index}]`;
  const ready = prepareRule(rule, place.node);
  if ('error' in ready) {
    const message = `Invalid value: ${shown(rule)}: compilation failed: ${ready.error}`;
    place.causes.push({ reason: 'FieldValueInvalid', message, field: `${path}.rule` });
    return;
  }
  const excess = (ready.cost * place.times) / costLimit;
  if (excess > 1) place.causes.push(forbidden(`${path}.rule`, tooCostly(excess)));
  checkMessage(rule, ready, { path, causes: place.causes });
}

function tooCostly(excess: number): string {
  const factor = excess > 100 ? 'more than 100x' : `${excess.toFixed(1)}x`;
  return `estimated rule cost exceeds budget by factor of ${factor} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}

function checkMessage(rule: Rule, ready: ReadyRule, place: { readonly path: string; readonly causes: Cause[] }): void {
  if (rule.rule.includes('\n') && rule.message === undefined && ready.message === undefined) {
    place.causes.push(required(`${place.path}.message`, 'message must be specified if rule contains line breaks'));
  }
}

/** A rule as Go prints it. */
function shown(rule: Rule): string {
  const json = JSON.stringify({
    Rule: rule.rule,
    Message: rule.message ?? '',
    MessageExpression: rule.messageExpression ?? '',
    Reason: rule.reason === 'FieldValueInvalid' ? null : rule.reason,
    FieldPath: rule.fieldPath ?? '',
    OptionalOldSelf: rule.optionalOldSelf ? true : null,
  });
  return json.replaceAll(/[<>&]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
