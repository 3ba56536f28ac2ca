// Holds a value against a schema node and those below it.
import { equal, isJson, type Json } from '../object.ts';
import type { Cause } from '../status.ts';
import { invalid, notSupported, required, tooLong, tooMany, wrongFormat, wrongType } from './causes.ts';
import { oldField, oldItem } from './correlation.ts';
import { formatCheck } from './formats.ts';
import type { Limits, Schema } from './schema.ts';

/** Where a value stands, and what it was. */
export interface Place {
  /** As refusals write it: `spec.steps[0].name`. */
  readonly path: string;
  /** The value before the write; what equals it has no faults. Undefined when there was none. */
  readonly old: unknown;
}

/** The field of a fault that belongs to none. */
export const nowhere = '<nil>';

/** Every fault of `value` except those of list types and CEL rules. */
export function faultsOf(schema: Schema, value: unknown, place: Place): readonly Cause[] {
  const faults: Cause[] = [];
  check(schema, value, { ...place, faults });
  return faults;
}

interface Report extends Place {
  readonly faults: Cause[];
}

function check(schema: Schema, value: unknown, at: Report): void {
  if (at.old !== undefined && equal(value, at.old)) return;
  checkType(schema, value, at);
  checkEnum(schema, value, at);
  if (value === null) return;
  if (typeof value === 'string') checkText(schema.limits, value, at);
  else if (typeof value === 'number') checkNumber(schema.limits, value, at);
  else if (Array.isArray(value)) checkList(schema, value, at);
  else if (isJson(value)) checkObject(schema, value, at);
  checkCombined(schema, value, at);
}

/** A value's type, and the format that Go gives to numbers. */
function kindOf(value: unknown): readonly [type: string, format: string] {
  if (value === null) return ['null', ''];
  if (typeof value === 'number') return Number.isInteger(value) ? ['integer', 'int64'] : ['number', 'double'];
  if (Array.isArray(value)) return ['array', ''];
  return [typeof value, ''];
}

function checkType({ type, intOrString, nullable, limits }: Schema, value: unknown, { path, faults }: Report): void {
  const wanted = intOrString ? ['integer', 'string'] : type === undefined ? [] : [type];
  if (wanted.length === 0) return;
  const [found, format] = kindOf(value);
  if (wanted.includes(found) || (found === 'integer' && type === 'number')) return;
  if (found === 'null') {
    if (!nullable) faults.push(wrongType(path, wanted.join(','), found));
    return;
  }
  const checked = limits.format !== undefined && formatCheck(limits.format) ? limits.format : undefined;
  if (checked !== undefined && found !== 'array' && found !== 'string') faults.push(wrongType(path, checked, format));
  else faults.push(wrongType(path, [...wanted, ...(nullable ? ['null'] : [])].join(','), found));
}

function checkEnum({ limits, nullable }: Schema, value: unknown, { path, faults }: Report): void {
  if (!limits.enum || (value === null && nullable)) return;
  if (!limits.enum.some(allowed => equal(allowed, value))) faults.push(notSupported(path, value, limits.enum));
}

function checkText(limits: Limits, text: string, { path, faults }: Report): void {
  const { maxLength, minLength, pattern, format } = limits;
  if (maxLength !== undefined && text.length > maxLength && length(text) > maxLength) {
    faults.push(tooLong(path, maxLength));
  }
  if (minLength !== undefined && length(text) < minLength) {
    faults.push(invalid(path, text, `${path} in body should be at least ${minLength} chars long`));
  }
  if (pattern && !pattern.test(text)) {
    faults.push(invalid(path, text, `${path} in body should match '${limits.patternSource}'`));
  }
  if (format === undefined) return;
  const known = formatCheck(format);
  if (known && !known(text)) faults.push(wrongFormat(path, format, text));
}

function length(text: string): number {
  return Array.from(text).length;
}

function checkNumber(limits: Limits, value: number, { path, faults }: Report): void {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum, multipleOf } = limits;
  const should = (what: string) => faults.push(invalid(path, value, `${path} in body should be ${what}`));
  if (multipleOf !== undefined && !isMultiple(value, multipleOf)) should(`a multiple of ${multipleOf}`);
  if (maximum !== undefined) {
    if (exclusiveMaximum && value >= maximum) should(`less than ${maximum}`);
    else if (value > maximum) should(`less than or equal to ${maximum}`);
  }
  if (minimum === undefined) return;
  if (exclusiveMinimum && value <= minimum) should(`greater than ${minimum}`);
  else if (value < minimum) should(`greater than or equal to ${minimum}`);
}

function isMultiple(value: number, of: number): boolean {
  const times = value / of;
  return Math.abs(times - Math.round(times)) < 1e-9 * Math.max(1, Math.abs(times));
}

function checkList(schema: Schema, list: readonly unknown[], { path, old, faults }: Report): void {
  const { minItems, maxItems } = schema.limits;
  if (minItems !== undefined && list.length < minItems) {
    faults.push(invalid(path, list.length, `${path} in body should have at least ${minItems} items`));
  }
  if (maxItems !== undefined && list.length > maxItems) faults.push(tooMany(path, list.length, maxItems));
  if (!schema.items) return;
  for (const [index, item] of list.entries()) {
    check(schema.items, item, { path: `${path}[${index}]`, old: oldItem(schema, old, item), faults });
  }
}

function checkObject(schema: Schema, object: Json, at: Report): void {
  const { path, faults } = at;
  checkSize(schema.limits, Object.keys(object).length, at);
  for (const name of schema.required) {
    if (!Object.hasOwn(object, name)) faults.push(required(below(path, name)));
  }
  for (const [name, value] of Object.entries(object)) {
    const child = schema.properties.get(name) ?? schema.additional;
    if (child) check(child, value, { path: below(path, name), old: oldField(at.old, name), faults });
  }
}

function checkSize({ minProperties, maxProperties }: Limits, count: number, { path, faults }: Report): void {
  if (minProperties !== undefined && count < minProperties) {
    faults.push(invalid(path, count, `${path} in body should have at least ${minProperties} properties`));
  }
  if (maxProperties !== undefined && count > maxProperties) faults.push(tooMany(path, count, maxProperties));
}

function checkCombined(schema: Schema, value: unknown, at: Report): void {
  const { path, faults } = at;
  const fail = (what: string) => faults.push(invalid(nowhere, '', `"${path}" must ${what}`));
  const tried = (schemas: readonly Schema[]) => schemas.map(one => faultsOf(one, value, { path, old: undefined }));
  if (schema.anyOf.length > 0) {
    const results = tried(schema.anyOf);
    if (!results.some(result => result.length === 0)) {
      fail('validate at least one schema (anyOf)');
      faults.push(...(results[0] ?? []));
    }
  }
  if (schema.oneOf.length > 0) {
    const results = tried(schema.oneOf);
    const valid = results.filter(result => result.length === 0).length;
    const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
    if (valid !== 1) fail(`validate one and only one schema (oneOf). ${found}`);
    if (valid === 0) faults.push(...(results[0] ?? []));
  }
  if (schema.allOf.length > 0) {
    const results = tried(schema.allOf);
    const valid = results.filter(result => result.length === 0).length;
    if (valid < results.length) fail(`validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`);
    faults.push(...results.flat());
  }
  if (schema.not && faultsOf(schema.not, value, { path, old: undefined }).length === 0) {
    fail('not validate the schema (not)');
  }
}

/** The path of a field. */
export function below(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
