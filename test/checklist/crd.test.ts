// Core-build checklist 1 to 8: what the definitions of Function, Builder and Serving are to whoever talks to the API server.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { definitions } from '../../src/function/crd/definitions.ts';
import { kinds } from '../../src/function/kinds.ts';
import { parseFunction } from '../../src/function/schema.ts';
import { KubeError } from '../../src/platform/kube/kube.ts';
import { startTestCluster, type TestCluster } from '../servers/api-server.ts';

let cluster: TestCluster;
let namespace = '';
beforeAll(async () => {
  cluster = await startTestCluster();
  namespace = await cluster.namespace();
});
afterAll(() => cluster[Symbol.asyncDispose]());

interface Version {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly subresources: object;
  readonly additionalPrinterColumns: readonly { readonly name: string; readonly jsonPath: string }[];
  readonly schema: { readonly openAPIV3Schema: Schema };
}

interface Schema {
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
}

interface Definition {
  readonly group: string;
  readonly scope: string;
  readonly names: { readonly kind: string; readonly shortNames?: readonly string[] };
  readonly versions: readonly Version[];
}

const defined = definitions.map(definition => definition['spec'] as Definition);

function versionOf(kind: string, name = 'v1beta2'): Version {
  const found = defined.find(({ names }) => names.kind === kind)?.versions.find(version => version.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
}

let made = 0;

/** What the API server says to such an object: the status of its answer, and its message. */
async function answer(
  kind: 'function' | 'builder' | 'serving',
  spec: unknown,
): Promise<{ status: number; message: string }> {
  made += 1;
  const { apiVersion, kind: name } = kinds[kind];
  try {
    await cluster.kube.create(kinds[kind], { apiVersion, kind: name, metadata: { namespace, name: `o${made}` }, spec });
    return { status: 201, message: '' };
  } catch (error) {
    if (error instanceof KubeError) return { status: error.status, message: error.message };
    throw error;
  }
}

const image = 'reg.example/f:v1';
const srcRepo = { url: 'https://git.example/f.git' };

describe('the definitions', () => {
  it('checklist 1: group, kinds and scope are OpenFunction’s; v1beta2 is served and stored, v1beta1 known and not served yet', () => {
    expect(defined.map(({ group, scope, names }) => [group, scope, names.kind])).toEqual(
      ['Function', 'Builder', 'Serving'].map(kind => ['core.openfunction.io', 'Namespaced', kind]),
    );
    for (const { versions } of defined) {
      expect(versions.map(({ name, served, storage }) => [name, served, storage])).toEqual([
        ['v1beta2', true, true],
        ['v1beta1', false, false],
      ]);
      expect(versions.every(version => 'status' in version.subresources)).toBe(true);
    }
  });

  it('checklist 2: short names are fn and fb; Serving has none', () => {
    expect(defined.map(({ names }) => names.shortNames)).toEqual([['fn'], ['fb'], undefined]);
  });

  it('checklist 3: the columns are OpenFunction’s', () => {
    const columns = (kind: string) =>
      versionOf(kind).additionalPrinterColumns.map(({ name, jsonPath }) => `${name} ${jsonPath}`);
    expect(columns('Function')).toEqual([
      'BuildState .status.build.state',
      'ServingState .status.serving.state',
      'Builder .status.build.resourceRef',
      'Serving .status.serving.resourceRef',
      'Address .status.addresses[?(@.type=="Internal")].value',
      'Age .metadata.creationTimestamp',
    ]);
    expect(columns('Builder')).toEqual([
      'Phase .status.phase',
      'State .status.state',
      'Reason .status.reason',
      'BuildDuration .status.buildDuration',
      'Age .metadata.creationTimestamp',
    ]);
    expect(columns('Serving')).toEqual([
      'Phase .status.phase',
      'State .status.state',
      'Age .metadata.creationTimestamp',
    ]);
  });

  it('checklist 5: workloadRuntime OCIContainer is the only default in a spec', () => {
    const found = ['Function', 'Builder', 'Serving'].flatMap(kind =>
      defaultsIn(versionOf(kind).schema.openAPIV3Schema.properties?.['spec'] ?? {}, [kind]),
    );
    expect(found).toEqual(['Function.workloadRuntime: "OCIContainer"']);
  });

  it('checklist 6: the service is named in .status.url of a Serving and in .status.serving.service of a Function', () => {
    const status = (kind: string) => versionOf(kind).schema.openAPIV3Schema.properties?.['status']?.properties;
    expect(status('Serving')).toHaveProperty('url');
    expect(status('Function')?.['serving']?.properties).toHaveProperty('service');
  });
});

function defaultsIn(schema: Schema, path: readonly string[]): readonly string[] {
  const own = schema.default === undefined ? [] : [`${path.join('.')}: ${JSON.stringify(schema.default)}`];
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, each]) => defaultsIn(each, [...path, name]));
  const items = schema.items === undefined ? [] : defaultsIn(schema.items, [...path, '[]']);
  const values = typeof schema.additionalProperties === 'object' ? defaultsIn(schema.additionalProperties, path) : [];
  return [...own, ...below, ...items, ...values];
}

describe('an API server with the definitions', () => {
  it.each([
    ['function', { serving: {} }, 'image'],
    ['builder', { srcRepo }, 'image'],
    ['serving', {}, 'image'],
    ['function', { image, build: { builder: 'b' } }, 'srcRepo'],
    ['function', { image, serving: { triggers: { http: { route: { gatewayRef: { name: 'g' } } } } } }, 'namespace'],
    ['function', { image, serving: { triggers: { http: { route: { gatewayRef: { namespace: 'g' } } } } } }, 'name'],
  ] as const)('checklist 4: refuses a %s of %j with one 422 that names %s', async (kind, spec, field) => {
    const { status, message } = await answer(kind, spec);
    expect(status).toBe(422);
    expect(message).toContain(field);
  });

  it('checklist 4: refuses a srcRepo of null, and the loop says what to write', async () => {
    expect((await answer('function', { image, build: { builder: 'b', srcRepo: null } })).status).toBe(422);
    const { apiVersion, kind } = kinds.function;
    const metadata = { name: 'f', namespace: 'n', uid: 'u' };
    const parsed = parseFunction({
      apiVersion,
      kind,
      metadata,
      spec: { image, build: { builder: 'b', srcRepo: null } },
    });
    expect(parsed).toMatchObject({ problems: [{ path: 'spec.build.srcRepo' }] });
  });

  it.each(['text', 7, true, { a: { b: 1 } }])('checklist 7: takes %j as the value of Dapr metadata', async value => {
    const bindings = { b: { type: 'bindings.kafka', version: 'v1', metadata: [{ name: 'm', value }] } };
    expect(await answer('function', { image, serving: { bindings } })).toMatchObject({ status: 201 });
  });

  it.each(['hostnames', 'rules'])('checklist 8: takes 16 %s of a route and refuses 17', async field => {
    const items = (count: number) =>
      Array.from({ length: count }, (_, at) => (field === 'rules' ? {} : `h${at}.example.com`));
    const withItems = (count: number) => ({
      image,
      serving: { triggers: { http: { route: { [field]: items(count) } } } },
    });
    expect((await answer('function', withItems(16))).status).toBe(201);
    const refused = await answer('function', withItems(17));
    expect(refused.status).toBe(422);
    expect(refused.message).toContain(field);
  });
});
