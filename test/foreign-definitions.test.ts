// Our own definitions of foreign kinds, held against the ones that Shipwright and Tekton publish: what ours accept, theirs accept.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { foreignDefinitions } from '../src/local/crd/foreign.ts';
import type { KubeObject } from '../src/platform/kube/kube.ts';
import { readDefinitions } from './servers/api-server.ts';

const crds = join(import.meta.dirname, '../../shared/crds');
const folders = ['shipwright-build', 'tekton-pipeline'].map(name => join(crds, name));
const isHere = existsSync(crds);
const why = isHere ? '' : ' (skipped: the published definitions are not at hand)';

type Schema = Readonly<Record<string, unknown>>;

describe.skipIf(!isHere)(`what our definitions accept, the published ones accept${why}`, async () => {
  const published = (await Promise.all(folders.map(readDefinitions))).flat();

  it.each(foreignDefinitions.map(definition => [definition.metadata.name, definition] as const))('%s', (name, ours) => {
    const theirs = published.find(definition => definition.metadata.name === name);
    expect(differences(schemaOf(ours, ours), schemaOf(theirs, ours), name)).toEqual([]);
  });

  it.each(foreignDefinitions.map(definition => [definition.metadata.name, definition] as const))(
    '%s is addressed and printed the same',
    (name, ours) => {
      const theirs = published.find(definition => definition.metadata.name === name);
      expect(namesOf(ours, ours)).toEqual(namesOf(theirs, ours));
    },
  );
});

it('notices what the other schema would refuse or drop', () => {
  const theirs = { type: 'object', required: ['a'], properties: { a: { type: 'string', pattern: '^x' } } };
  const ours = { type: 'object', properties: { a: { type: 'string' }, b: { type: 'integer' } } };
  expect(differences(ours, theirs, 'it')).toEqual([
    'it: theirs require a',
    'it.a: lacks their pattern',
    'it.b: they have no such field',
  ]);
});

interface Definition {
  readonly group: string;
  readonly scope: string;
  readonly names: Readonly<Record<string, unknown>>;
  readonly versions: readonly {
    readonly name: string;
    readonly subresources?: object;
    readonly additionalPrinterColumns?: readonly { readonly name: string; readonly jsonPath: string }[];
    readonly schema: { readonly openAPIV3Schema: Schema };
  }[];
}

/** The version that ours has. */
function versionOf(definition: KubeObject | undefined, ours: KubeObject) {
  const spec = definition?.['spec'] as Definition | undefined;
  const [wanted] = (ours['spec'] as Definition).versions;
  const version = spec?.versions.find(({ name }) => name === wanted?.name);
  if (!spec || !version) throw new Error(`no such definition, or not of ${wanted?.name}`);
  return { spec, version };
}

function schemaOf(definition: KubeObject | undefined, ours: KubeObject): Schema {
  return versionOf(definition, ours).version.schema.openAPIV3Schema;
}

function namesOf(definition: KubeObject | undefined, ours: KubeObject) {
  const { spec, version } = versionOf(definition, ours);
  const { kind, plural, singular, shortNames = [] } = spec.names;
  const columns = (version.additionalPrinterColumns ?? []).map(({ name, jsonPath }) => `${name} ${jsonPath}`);
  const names = { kind, plural, singular, shortNames };
  return { group: spec.group, scope: spec.scope, names, columns, subresources: version.subresources };
}

/** Words that narrow what is accepted: where theirs has one, ours must have the same. */
const narrowing = ['pattern', 'enum', 'format', 'minLength', 'maxLength', 'minItems', 'maxItems', 'minimum', 'maximum'];

/** Where ours would accept a value that theirs refuses or drops. */
function differences(ours: Schema, theirs: Schema | undefined, path: string): string[] {
  if (theirs === undefined) return [`${path}: they have no such field`];
  const found: string[] = [];
  if (ours['type'] !== theirs['type']) found.push(`${path}: of another type`);
  if (ours['x-kubernetes-preserve-unknown-fields'] === true && !theirs['x-kubernetes-preserve-unknown-fields'])
    found.push(`${path}: keeps anything, theirs does not`);
  for (const word of ['x-kubernetes-int-or-string', 'nullable'])
    if (ours[word] === true && theirs[word] !== true) found.push(`${path}: ${word}`);
  for (const word of narrowing) {
    const same = JSON.stringify(ours[word]) === JSON.stringify(theirs[word]);
    if (theirs[word] !== undefined && !same) found.push(`${path}: lacks their ${word}`);
  }
  const rules = (schema: Schema) => (schema['x-kubernetes-validations'] ?? []) as readonly { readonly rule: string }[];
  for (const { rule } of rules(theirs))
    if (!rules(ours).some(own => own.rule === rule)) found.push(`${path}: lacks the rule ${rule}`);
  if (theirs['x-kubernetes-list-type'] === 'map' || theirs['x-kubernetes-list-type'] === 'set')
    if (JSON.stringify(listOf(ours)) !== JSON.stringify(listOf(theirs)))
      found.push(`${path}: list type ${JSON.stringify(listOf(ours))}, theirs ${JSON.stringify(listOf(theirs))}`);
  const required = (schema: Schema) => (schema['required'] ?? []) as readonly string[];
  const open = required(theirs).filter(name => !required(ours).includes(name));
  if (open.length > 0) found.push(`${path}: theirs require ${open.join(', ')}`);
  return [...found, ...deeper(ours, theirs, path)];
}

function listOf(schema: Schema): unknown {
  return [schema['x-kubernetes-list-type'], schema['x-kubernetes-list-map-keys']];
}

function deeper(ours: Schema, theirs: Schema, path: string): string[] {
  const properties = (schema: Schema) => (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>;
  const found = Object.entries(properties(ours)).flatMap(([name, schema]) =>
    differences(schema, properties(theirs)[name], `${path}.${name}`),
  );
  for (const word of ['items', 'additionalProperties']) {
    const inner = ours[word] as Schema | undefined;
    if (inner) found.push(...differences(inner, theirs[word] as Schema | undefined, `${path}.${word}`));
  }
  return found;
}
