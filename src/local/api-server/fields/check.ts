// Refuses to apply what does not fit the schema.
import { isJson, type Json } from '../object.ts';
import type { Schema } from '../schema/schema.ts';
import { internal } from '../status.ts';
import { elementText, fieldElement, itemElement } from './element.ts';
import { childOf, itemsOf, resourceSchema, shapeOf } from './shape.ts';

/** Throws ApiError 500 for unknown fields, values of other types, and list items that cannot be told apart. */
export function checkApplied(schema: Schema, applied: Json): void {
  const problems = checkMap(resourceSchema(schema), applied).map(({ path, what }) =>
    path === '' ? what : `${path}: ${what}`,
  );
  if (problems.length === 0) return;
  const text = problems.length === 1 ? problems[0] : `errors:\n${problems.map(problem => `  ${problem}`).join('\n')}`;
  throw internal(`failed to create typed patch object (${nameOf(applied)}): ${text}`);
}

interface Problem {
  readonly path: string;
  readonly what: string;
}

function nameOf({ apiVersion, kind, metadata }: Json): string {
  const { namespace, name } = isJson(metadata) ? metadata : {};
  return `${text(namespace)}/${text(name)}; ${text(apiVersion)}, Kind=${text(kind)}`;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function check(schema: Schema, value: unknown): readonly Problem[] {
  if (value === null) return [];
  const mismatch = typeProblem(schema, value);
  if (mismatch !== undefined) return [{ path: '', what: mismatch }];
  if (isJson(value)) return checkMap(schema, value);
  return Array.isArray(value) ? checkList(schema, value) : [];
}

function typeProblem({ type, intOrString }: Schema, value: unknown): string | undefined {
  const isScalar = typeof value !== 'object';
  if (intOrString) return isScalar ? undefined : `expected any scalar, got ${shown(value)}`;
  switch (type) {
    case 'object':
      return isJson(value) ? undefined : `expected map, got ${shown(value)}`;
    case 'array':
      return Array.isArray(value) ? undefined : `expected list, got ${shown(value)}`;
    case 'integer':
    case 'number':
      return typeof value === 'number' ? undefined : `expected numeric (int or float), got ${goType(value)}`;
    case 'string':
      return typeof value === 'string' ? undefined : `expected string, got ${shown(value)}`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got ${shown(value)}`;
    case undefined:
      return undefined;
  }
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (isJson(value)) return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function shown(value: unknown): string {
  return `&{${typeof value === 'string' ? value : JSON.stringify(value)}}`;
}

function checkMap(schema: Schema, map: Json): readonly Problem[] {
  return Object.entries(map).flatMap(([name, value]) => {
    const child = childOf(schema, name);
    const path = elementText(fieldElement(name));
    if (!child) return [{ path, what: 'field not declared in schema' }];
    return below(path, check(child, value));
  });
}

function checkList(schema: Schema, list: readonly unknown[]): readonly Problem[] {
  const items = itemsOf(schema);
  if (shapeOf(schema, list) === 'leaf') {
    return list.flatMap((item, index) => below(`[${index}]`, check(items, item)));
  }
  const seen = new Set<string>();
  return list.flatMap((item, index) => {
    const element = itemElement(schema, item);
    if (typeof element !== 'string') return [{ path: '', what: `element ${index}: ${element.problem}` }];
    if (seen.has(element)) return [{ path: '', what: `duplicate entries for key ${elementText(element)}` }];
    seen.add(element);
    return below(elementText(element), check(items, item));
  });
}

function below(path: string, problems: readonly Problem[]): readonly Problem[] {
  return problems.map(problem => ({ path: `${path}${problem.path}`, what: problem.what }));
}
