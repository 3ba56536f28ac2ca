// The part of kubectl's JSONPath that printer columns use: fields, indexes, wildcards, and filters by equality.
import { isJson } from '../object.ts';

type Step = (values: readonly unknown[]) => readonly unknown[];

/** Finds all values of a path such as `.status.conditions[?(@.type=="Ready")].status`. */
export type JsonPath = (object: unknown) => readonly unknown[];

/** Total: what cannot be read finds nothing. */
export function jsonPath(text: string): JsonPath {
  const steps = parse(text.trim().replace(/^\{(.*)\}$/s, '$1'));
  if (!steps) return () => [];
  return object => steps.reduce<readonly unknown[]>((values, step) => step(values), [object]);
}

const parts =
  /\.?\[\?\(\s*@(?<path>[^=!\s]+)\s*(?<operator>==|!=)\s*(?<value>"[^"]*"|'[^']*'|[^)\s]+)\s*\)\]|\.?\[(?<index>-?\d+|\*)\]|\.?\[(?<quoted>'[^']*'|"[^"]*")\]|\.(?<name>(?:\\.|[^.[\]])+)/gy;

function parse(text: string): readonly Step[] | undefined {
  const steps: Step[] = [];
  let end = 0;
  const source = text === '' || /^[.[]/.test(text) ? text : `.${text}`;
  for (const match of source.matchAll(parts)) {
    const { path, operator, value = '', index, quoted, name } = match.groups ?? {};
    end = match.index + match[0].length;
    if (path !== undefined) steps.push(filter(jsonPath(path), operator === '==', literal(value)));
    else if (index !== undefined) steps.push(index === '*' ? every : item(Number(index)));
    else steps.push(name === '*' ? every : field(quoted?.slice(1, -1) ?? (name ?? '').replace(/\\(.)/g, '$1')));
  }
  return end === source.length ? steps : undefined;
}

function literal(text: string): unknown {
  if (/^["']/.test(text)) return text.slice(1, -1);
  if (text === 'true' || text === 'false') return text === 'true';
  return Number.isNaN(Number(text)) ? text : Number(text);
}

function field(name: string): Step {
  return values => values.flatMap(value => (isJson(value) && value[name] !== undefined ? [value[name]] : []));
}

function item(index: number): Step {
  return values =>
    values.flatMap(value => (Array.isArray(value) && value.at(index) !== undefined ? [value.at(index)] : []));
}

const every: Step = values =>
  values.flatMap(value => (Array.isArray(value) ? value : isJson(value) ? Object.values(value) : []));

function filter(path: JsonPath, isEqual: boolean, wanted: unknown): Step {
  return values =>
    values.flatMap(value => (Array.isArray(value) ? value.filter(one => path(one).includes(wanted) === isEqual) : []));
}
