// Our definitions hold what OpenFunction's hold: whatever its schemas accept, ours accept and keep.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../platform/yaml.ts';
import { definitions } from './definitions.ts';

interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly [word: string]: unknown;
}

interface Definition {
  readonly spec: {
    readonly names: { readonly shortNames?: readonly string[] };
    readonly versions: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly storage: boolean;
      readonly additionalPrinterColumns: readonly object[];
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

const upstreamFolder = new URL('../../../../shared/crds/openfunction/', import.meta.url);
const upstream = (name: string) =>
  parseYaml(readFileSync(new URL(`${name}.yaml`, upstreamFolder), 'utf8')) as Definition;

const ours = definitions.map(object => ({
  name: object.metadata.name,
  definition: object as unknown as Definition,
}));

function stored({ spec }: Definition) {
  const [version] = spec.versions.filter(candidate => candidate.storage);
  if (version === undefined) throw new Error('no stored version');
  return version;
}

/** Places where `mine` refuses or prunes what `theirs` accepts. */
function narrower(theirs: Schema, mine: Schema, path: string): string[] {
  const open = mine['x-kubernetes-preserve-unknown-fields'] === true;
  const found: string[] = [];
  if (mine.type !== undefined && mine.type !== theirs.type) found.push(`${path}: type ${mine.type}`);
  for (const word of ['format', 'pattern', 'minLength', 'maxLength', 'maxItems', 'minItems', 'enum', 'minimum']) {
    if (mine[word] !== undefined && JSON.stringify(mine[word]) !== JSON.stringify(theirs[word]))
      found.push(`${path}: ${word}`);
  }
  for (const name of mine.required ?? []) if (!theirs.required?.includes(name)) found.push(`${path}: requires ${name}`);
  for (const [name, schema] of Object.entries(theirs.properties ?? {})) {
    const counterpart = mine.properties?.[name];
    if (counterpart !== undefined) found.push(...narrower(schema, counterpart, `${path}.${name}`));
    else if (!open) found.push(`${path}.${name}: pruned`);
  }
  for (const word of ['items', 'additionalProperties'] as const) {
    const [inner, counterpart] = [theirs[word], mine[word]];
    if (inner === undefined || open) continue;
    if (counterpart === undefined) found.push(`${path}: ${word} pruned`);
    else found.push(...narrower(inner, counterpart, `${path}[]`));
  }
  return found;
}

function* nodes(schema: Schema, path = ''): Generator<[string, Schema]> {
  yield [path, schema];
  for (const [name, inner] of Object.entries(schema.properties ?? {})) yield* nodes(inner, `${path}.${name}`);
  if (schema.items) yield* nodes(schema.items, `${path}[]`);
  if (schema.additionalProperties) yield* nodes(schema.additionalProperties, `${path}{}`);
}

/** Times are checked: only revflow writes them. A CRD without `spec` accepts objects that no reconcile can use. */
const intended = [': requires spec', 'lastTransitionTime: format'];

describe.skipIf(!existsSync(upstreamFolder))("beside OpenFunction's own definitions (../shared/crds)", () => {
  it.each(ours)('$name accepts and keeps whatever OpenFunction accepts', ({ name, definition }) => {
    const theirs = stored(upstream(name)).schema.openAPIV3Schema;
    const found = narrower(theirs, stored(definition).schema.openAPIV3Schema, '');
    expect(found.filter(line => !intended.some(end => line.endsWith(end)))).toEqual([]);
  });

  it.each(ours)('$name has the same columns and short names', ({ name, definition }) => {
    const theirs = upstream(name);
    expect(stored(definition).additionalPrinterColumns).toEqual(stored(theirs).additionalPrinterColumns);
    expect(definition.spec.names.shortNames).toEqual(theirs.spec.names.shortNames);
  });

  it.each(ours)('$name sets no default that OpenFunction does not set', ({ name, definition }) => {
    const defaults = (schema: Schema) =>
      [...nodes(schema)]
        .filter(([, node]) => node.default !== undefined)
        .map(([path, node]) => `${path}=${String(node.default)}`);
    const theirs = defaults(stored(upstream(name)).schema.openAPIV3Schema);
    expect(defaults(stored(definition).schema.openAPIV3Schema).filter(entry => !theirs.includes(entry))).toEqual([]);
  });
});

describe('as a structural schema', () => {
  const faults = (definition: Definition, isFault: (node: Schema) => boolean) =>
    [...nodes(stored(definition).schema.openAPIV3Schema)].filter(([, node]) => isFault(node)).map(([path]) => path);

  it.each(ours)('$name gives every node a type or keeps everything', ({ definition }) => {
    const isFault = (node: Schema) => node.type === undefined && node['x-kubernetes-preserve-unknown-fields'] !== true;
    expect(faults(definition, isFault)).toEqual([]);
    expect(
      faults(definition, node => node.properties !== undefined && node.additionalProperties !== undefined),
    ).toEqual([]);
  });

  it.each(ours)('$name gives every list a type and every keyed list its key', ({ definition }) => {
    const isFault = (node: Schema) =>
      (node.type === 'array') !== ['atomic', 'map'].includes(node['x-kubernetes-list-type'] ?? '') ||
      (node['x-kubernetes-list-map-keys'] ?? []).some(key => !node.items?.required?.includes(key));
    expect(faults(definition, isFault)).toEqual([]);
  });

  it.each(ours)('$name names v1beta1 without serving it', ({ definition }) => {
    const versions = definition.spec.versions.map(({ name, served, storage }) => ({ name, served, storage }));
    expect(versions).toEqual([
      { name: 'v1beta2', served: true, storage: true },
      { name: 'v1beta1', served: false, storage: false },
    ]);
  });
});
