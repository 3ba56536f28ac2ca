// Everything that is emitted, for every sample, strategy and engine: engines take it, and it means what pipelines/ declares.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { tekton } from '../../src/build/tekton/backend.ts';
import type { Json } from '../../src/local/api-server/object.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import { formatYaml } from '../../src/platform/yaml.ts';
import { eventually } from '../eventually.ts';
import { lintTekton } from '../pipelines/lint.ts';
import { hasPublished, manifest, published as publishedFolder } from '../pipelines/manifests.ts';
import { faultsOf, readSchemas } from '../pipelines/schemas.ts';
import { isRealCluster, readDefinitions } from '../servers/api-server.ts';
import {
  emit,
  engine,
  engines,
  goldenFunctions,
  goldens,
  hasSamples,
  sampleFunctions,
  strategies,
} from './emission.ts';

const commit = 'c'.repeat(40);
const digest = `sha256:${'1'.repeat(64)}`;
const pinOf = (fn: { readonly spec: { readonly build?: { readonly srcRepo: object } } }) =>
  fn.spec.build && 'bundleContainer' in fn.spec.build.srcRepo ? digest : commit;

const functions = [...goldenFunctions, ...sampleFunctions];
/** Each Function with its own strategy and parameters, and with every other strategy and none; pinned and as it is written. */
const emitted = functions.flatMap(fn =>
  engines.flatMap(name => [
    { name: `${name} ${fn.metadata.name}`, objects: emit(engine(name), fn, { revision: pinOf(fn) }) },
    { name: `${name} ${fn.metadata.name} as written`, objects: emit(engine(name), fn, { insecureRegistry: true }) },
    ...strategies.map(strategy => {
      const over = { shipwright: { strategy: { name: strategy, kind: 'ClusterBuildStrategy' } } };
      return { name: `${name} ${fn.metadata.name} with ${strategy}`, objects: emit(engine(name), fn, { over }) };
    }),
  ]),
);

interface RunSpec {
  readonly pipelineSpec: Json & {
    readonly tasks: readonly (Json & { readonly name: string; readonly taskSpec: Json })[];
  };
  readonly params: readonly { readonly name: string; readonly value: unknown }[];
}
const specOf = (object: KubeObject | undefined) => object?.['spec'] as RunSpec;
const runs = emitted.flatMap(({ objects }) => objects.filter(({ kind }) => kind === 'PipelineRun'));

describe(`what is emitted${hasSamples ? '' : ' (the samples are skipped: not at hand)'}`, () => {
  it('is there for every strategy and engine', () => {
    expect(emitted.length).toBeGreaterThanOrEqual(goldenFunctions.length * engines.length * (strategies.length + 2));
  });

  it.each(goldenFunctions.flatMap(fn => engines.map(name => ({ name, fn, of: fn.metadata.name }))))(
    'to $name for $of is what its golden file shows',
    async ({ name, fn, of }) => {
      const objects = emit(engine(name), fn, { revision: pinOf(fn), insecureRegistry: of === 'go-ko' });
      await expect(objects.map(object => formatYaml(object)).join('---\n')).toMatchFileSnapshot(
        join(goldens, `${of}-${name}.yaml`),
      );
    },
  );

  it('asks no engine to delete runs: how many are kept is up to the history limits of the Function', () => {
    for (const { name, objects } of emitted) {
      for (const { kind, metadata, spec } of objects) {
        const asked = JSON.stringify([metadata, spec]).match(/"(?:retention|ttl\w*|[^"]*build-run-deletion)":/i);
        expect({ name, kind, asked }).toEqual({ name, kind, asked: null });
      }
    }
  });

  it('means the same to readers of YAML 1.1, and is the same once it was read and written', () => {
    for (const { name, objects } of emitted) {
      for (const object of objects) {
        const text = formatYaml(object);
        expect({ name, object: parse(text) as unknown }).toEqual({ name, object });
        expect({ name, object: parse(text, { version: '1.1' }) as unknown }).toEqual({ name, object });
        expect(formatYaml(parse(text))).toBe(text);
      }
    }
  });
});

describe.skipIf(!hasPublished)(
  `published definitions${hasPublished ? '' : ' (skipped: not at hand)'} take it, and drop nothing`,
  () => {
    it.each(emitted)('$name', async ({ objects }) => {
      const schemas = await published;
      for (const object of [...objects, ...objects.flatMap(inlined)]) {
        const schema = schemas.get(`${object.apiVersion} ${object.kind}`);
        if (!schema) throw new Error(`there is no definition of ${object.kind}`);
        expect(faultsOf(schema, object)).toEqual([]);
      }
    });
  },
);
const published = hasPublished ? readSchemas() : Promise.resolve(new Map<string, never>());

/** The definition of a PipelineRun looks into nothing that is inlined. */
function inlined(object: KubeObject): readonly KubeObject[] {
  if (object.kind !== 'PipelineRun') return [];
  const { pipelineSpec } = specOf(object);
  const apiVersion = 'tekton.dev/v1';
  return [
    { apiVersion, kind: 'Pipeline', metadata: { name: 'p' }, spec: pipelineSpec },
    ...pipelineSpec.tasks.map(({ name, taskSpec }) => ({
      apiVersion,
      kind: 'Task',
      metadata: { name },
      spec: taskSpec,
    })),
  ];
}

describe.skipIf(!isRealCluster)(
  `a real API server${isRealCluster ? '' : ' (skipped without REVFLOW_TEST_KUBE=1)'}`,
  () => {
    const kubectl = (args: readonly string[], objects: readonly object[]) => {
      const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
      return spawnSync('kubectl', [...args, '-f', '-'], { input, encoding: 'utf8', maxBuffer: 1 << 26 });
    };
    const strictly = ['create', '--dry-run=server', '--validate=strict', '-n', 'default', '-o', 'name'];
    const given = (name: string) =>
      emitted
        .filter(each => each.name.startsWith(`${name} `))
        .flatMap(({ objects }, at) =>
          objects.map(({ metadata, ...object }) => ({
            ...object,
            metadata: { name: `r${at}-${metadata.name}`.slice(0, 63) },
          })),
        );

    it.each(engines.filter(name => name !== 'shipwright-v1alpha1'))(
      'takes what is emitted to %s under strict validation',
      name => {
        const items = given(name);
        const { status, stdout, stderr } = kubectl(strictly, items);
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
        expect(stdout.trim().split('\n')).toHaveLength(items.length);
      },
    );

    // Shipwright's own definition needs its webhook for an old version; the same schema stands alone under another group.
    it.skipIf(!hasPublished)(
      'takes what is emitted to shipwright-v1alpha1 under strict validation',
      async () => {
        const definitions = await oldDefinitions();
        const items = given('shipwright-v1alpha1').map(item => ({ ...item, apiVersion: `${oldGroup}/v1alpha1` }));
        try {
          expect(kubectl(['apply', '--server-side'], definitions).stderr).toBe('');
          const wait = ['wait', '--for=condition=Established', '--timeout=10s'];
          await eventually('its definitions are served', () => kubectl(wait, definitions).status === 0, 60_000);
          const { status, stdout, stderr } = kubectl(strictly, items);
          expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
          expect(stdout.trim().split('\n')).toHaveLength(items.length);
        } finally {
          kubectl(['delete', '--wait=false'], definitions);
        }
      },
      120_000,
    );
  },
);

const oldGroup = 'v1alpha1.shipwright.test';

async function oldDefinitions(): Promise<readonly object[]> {
  const definitions = await readDefinitions(join(publishedFolder, 'shipwright-build'));
  return definitions
    .filter(({ metadata }) => /^build(?:run)?s\./.test(metadata.name))
    .map(({ apiVersion, kind, ...definition }) => {
      const spec = definition['spec'] as {
        readonly scope: string;
        readonly names: { readonly plural: string };
        readonly versions: readonly { readonly name: string }[];
      };
      const { scope, names } = spec;
      const versions = spec.versions
        .filter(({ name }) => name === 'v1alpha1')
        .map(each => ({ ...each, storage: true }));
      const name = `${names.plural}.${oldGroup}`;
      return { apiVersion, kind, metadata: { name }, spec: { group: oldGroup, scope, names, versions } };
    });
}

describe('what Shipwright is given', () => {
  const builds = emitted.flatMap(({ name, objects }) =>
    objects.flatMap(object => {
      const { strategy, paramValues = [] } = object['spec'] as {
        readonly strategy?: { readonly name: string };
        readonly paramValues?: readonly { readonly name: string; readonly values?: unknown }[];
      };
      return object.kind === 'Build' && strategy ? [{ name, strategy: strategy.name, paramValues }] : [];
    }),
  );

  it.each(builds.filter(build => strategies.includes(build.strategy)))(
    '$name: the strategy $strategy declares each parameter, and its type',
    ({ strategy, paramValues }) => {
      const { parameters = [] } = manifest('ClusterBuildStrategy', strategy).spec;
      const types = new Map(parameters.map(({ name, type }) => [name, type]));
      for (const { name, values } of paramValues) {
        expect({ name, type: types.get(name) }).toEqual({ name, type: values === undefined ? 'string' : 'array' });
      }
    },
  );
});

describe('what Tekton is given', () => {
  it.each(strategies)('has the Pipeline and the Tasks of pipelines/tekton/%s inlined, and nothing else', strategy => {
    const [fn] = goldenFunctions;
    if (!fn) throw new Error('there are no Functions');
    const over = { env: {}, shipwright: { strategy: { name: strategy } } };
    const { tasks, ...pipeline } = specOf(emit(tekton, fn, { over })[0]).pipelineSpec;
    const { tasks: declared = [], ...expected } = manifest('Pipeline', `function-${strategy}`).spec;
    expect(pipeline).toEqual(expected);
    expect(tasks).toEqual(
      declared.map(({ taskRef, ...task }) => ({ ...task, taskSpec: manifest('Task', taskRef.name).spec })),
    );
  });

  it('is what its linter finds no fault with', async () => {
    const different = new Map(runs.map(run => [JSON.stringify([specOf(run).pipelineSpec, specOf(run).params]), run]));
    const byPipeline = new Map([...different.values()].map(run => [JSON.stringify(specOf(run).pipelineSpec), run]));
    const objects = [...byPipeline.values()].map((run, at): Json => ({ ...run, metadata: { name: `run-${at}` } }));
    expect(objects.length).toBeGreaterThan(strategies.length);
    expect(await lintTekton(objects)).toEqual([]);
  });

  it('has a value for every parameter without a default, of its type', () => {
    for (const run of runs) {
      const { pipelineSpec, params } = specOf(run);
      const declared = pipelineSpec['params'] as readonly {
        readonly name: string;
        readonly type: string;
        readonly default?: unknown;
      }[];
      const given = new Map(params.map(({ name, value }) => [name, Array.isArray(value) ? 'array' : 'string']));
      for (const { name, type, default: value } of declared) {
        if (value === undefined && name === 'builder-image') continue;
        expect({ name, type: given.get(name) ?? (value === undefined ? 'missing' : type) }).toEqual({ name, type });
      }
      expect(declared.map(({ name }) => name)).toEqual(expect.arrayContaining([...given.keys()]));
    }
  });

  it('has no value of a user in a script, a command or an image', () => {
    for (const run of runs) {
      for (const { taskSpec } of specOf(run).pipelineSpec.tasks) {
        for (const step of taskSpec['steps'] as readonly Json[]) {
          expect(JSON.stringify(step['script'] ?? '')).not.toContain('$(');
          expect(step['image']).toMatch(/^\$\(params\.[\w-]+\)$/);
        }
      }
    }
  });
});

it('golden files are objects that can be applied', () => {
  for (const fn of goldenFunctions) expect(parseAllDocuments(formatYaml(fn))[0]?.errors).toEqual([]);
});
