// Field selectors: names, namespaces, and what a kind says can be selected.
import { type ApiObject, asText } from '../object.ts';
import type { Served } from '../registry.ts';
import { badRequest } from '../status.ts';
import { at } from '../version.ts';

export interface FieldMatch {
  matches(object: ApiObject): boolean;
  /** The only name that can match, when there is one. */
  readonly name: string | undefined;
}

interface Term {
  readonly path: string;
  readonly negated: boolean;
  readonly value: string;
}

/** Undefined for an empty selector. Throws ApiError BadRequest for what does not parse and for fields that cannot be selected. */
export function fieldSelector(text: string, served: Served): FieldMatch | undefined {
  if (text === '') return undefined;
  const terms = text
    .split(',')
    .filter(term => term !== '')
    .map(parseTerm);
  for (const { path } of terms) checkField(path, served);
  return {
    matches: object => terms.every(term => (valueOf(object, term.path) === term.value) !== term.negated),
    name: terms.find(term => term.path === 'metadata.name' && !term.negated)?.value,
  };
}

function parseTerm(text: string): Term {
  const parts = /^([^=!]*)(==|!=|=)(.*)$/.exec(text);
  if (!parts) throw badRequest(`invalid selector: '${text}'; can't understand '${text}'`);
  const [, path = '', operator = '', value = ''] = parts;
  return { path, negated: operator === '!=', value };
}

function checkField(path: string, { resource, version }: Served): void {
  if (path === 'metadata.name' || (path === 'metadata.namespace' && resource.namespaced)) return;
  if (version.selectable.includes(path)) return;
  if (!resource.builtIn) throw badRequest(`field label not supported: ${path}`);
  throw badRequest(`"${path}" is not a known field selector: only "metadata.name", "metadata.namespace"`);
}

function valueOf(object: ApiObject, path: string): string {
  return asText(at(object, path));
}
