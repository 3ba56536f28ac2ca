// Every field of a definition's schema, with values of every type that it does not take.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** A node of a structural schema, as far as it is walked. */
interface Node {
  readonly type?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly additionalProperties?: Node;
  readonly required?: readonly string[];
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

export interface Field {
  /** `spec.build.srcRepo.url`, as API servers write it: `spec.outputs[0].dapr`, and a key of a map after a dot. */
  readonly path: string;
  readonly type: string;
  /** A whole spec with this value there, and with no more besides than must be. */
  readonly specWith: (value: unknown) => object;
}

export interface FieldCase extends Field {
  readonly wrong: unknown;
}

const definition = parse(
  readFileSync(join(import.meta.dirname, '../../deploy/crd/functions.core.openfunction.io.yaml'), 'utf8'),
) as {
  readonly spec: {
    readonly versions: readonly { readonly name: string; readonly schema: { openAPIV3Schema: Node } }[];
  };
};
const version = definition.spec.versions.find(({ name }) => name === 'v1beta2');
const root = version?.schema.openAPIV3Schema.properties?.['spec'] ?? {};

/** A key that a map is given. */
const someKey = 'k';

const wrongTypes: Readonly<Record<string, readonly unknown[]>> = {
  string: [7, true, ['x'], { a: 'x' }],
  integer: ['7', true, 1.5, [7], { a: 7 }],
  int32: ['7', true, 1.5, [7], { a: 7 }, 2 ** 40],
  boolean: ['true', 1, [true], { a: true }],
  array: ['x', 7, true, { a: 'x' }],
  object: ['x', 7, true, ['x']],
};

/** Every field of `spec`, those of lists' items and of maps' values included. */
export const fields: readonly Field[] = [...walk(root, 'spec', value => value as object)];

/** Each field with a value of each type that it does not take. */
export const fieldCases: readonly FieldCase[] = fields.flatMap(field =>
  (wrongTypes[field.type] ?? []).map(wrong => ({ ...field, wrong })),
);

function* walk(node: Node, path: string, specWith: Field['specWith']): Generator<Field> {
  if (node.type === undefined || node['x-kubernetes-int-or-string']) return;
  yield { path, type: node.format === 'int32' ? 'int32' : node.type, specWith };
  for (const [name, property] of Object.entries(node.properties ?? {})) {
    yield* walk(property, `${path}.${name}`, value => specWith({ ...least(node), [name]: value }));
  }
  if (node.items) yield* walk(node.items, `${path}[0]`, value => specWith([value]));
  if (node.additionalProperties) {
    yield* walk(node.additionalProperties, `${path}.${someKey}`, value => specWith({ [someKey]: value }));
  }
}

/** The least that the schema takes. */
function least(node: Node): Readonly<Record<string, unknown>> {
  return Object.fromEntries((node.required ?? []).map(name => [name, leastOf(node.properties?.[name] ?? {})]));
}

function leastOf(node: Node): unknown {
  if (node.type === 'string') return 'x';
  if (node.type === 'integer') return 1;
  if (node.type === 'boolean') return true;
  return node.type === 'array' ? [] : least(node);
}
