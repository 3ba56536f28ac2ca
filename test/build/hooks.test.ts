// Hooks of a build as Tekton is given them: the golden file, what engines take, and that every text arrives.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { shipwright, shipwrightV1alpha1 } from '../../src/build/shipwright/backend.ts';
import { tekton } from '../../src/build/tekton/backend.ts';
import { type BuildHooks, parseBuildHooks } from '../../src/function/build-hooks.ts';
import { annotations } from '../../src/function/names.ts';
import type { FunctionObject } from '../../src/function/schema.ts';
import type { Json } from '../../src/local/api-server/object.ts';
import { TerminalError } from '../../src/platform/errors.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import { formatYaml } from '../../src/platform/yaml.ts';
import { lintTekton } from '../pipelines/lint.ts';
import { hasPublished, manifest } from '../pipelines/manifests.ts';
import { faultsOf, readSchemas } from '../pipelines/schemas.ts';
import { isRealCluster } from '../servers/api-server.ts';
import { arrival } from './arrival.ts';
import { emit, goldenFunctions, goldens, readFunctions, strategies } from './emission.ts';

const commit = 'c'.repeat(40);
const [hooked] = readFunctions(join(goldens, 'hooked.yaml'));
if (!hooked) throw new Error('there is no Function with hooks');
const hooksOf = ({ metadata }: FunctionObject) => parseBuildHooks(metadata.annotations?.[annotations.buildHooks]).hooks;

interface Task extends Json {
  readonly name: string;
  readonly runAfter?: readonly string[];
  readonly taskSpec?: object;
  readonly params?: readonly { readonly name: string; readonly value: unknown }[];
}
interface RunSpec {
  readonly pipelineSpec: { readonly tasks: readonly Task[] };
  readonly taskRunTemplate: { readonly podTemplate: { readonly env?: readonly object[] } };
}
const specOf = (run: KubeObject | undefined): RunSpec => {
  if (!run) throw new Error('there is no run');
  return run['spec'] as RunSpec;
};
const tasksOf = (run: KubeObject | undefined) => specOf(run).pipelineSpec.tasks;
const runOf = (hooks: BuildHooks | undefined, how: Parameters<typeof emit>[2] = {}): KubeObject => {
  const run = emit(tekton, hooked, { revision: commit, ...how, hooks }).at(-1);
  if (!run) throw new Error('there is no run');
  return run;
};

/** With hooks around it, each strategy and source. */
const all = [hooked, ...goldenFunctions].flatMap(fn =>
  strategies.map(strategy => {
    const over = { shipwright: { strategy: { name: strategy } } };
    return {
      name: `${fn.metadata.name} with ${strategy}`,
      objects: emit(tekton, fn, { over, hooks: hooksOf(hooked) }),
    };
  }),
);

describe('hooks on Tekton', () => {
  it('are what the golden file shows', async () => {
    await expect(formatYaml(runOf(hooksOf(hooked)))).toMatchFileSnapshot(join(goldens, 'hooked-tekton.yaml'));
  });

  it('run one after the other around the build, for every strategy and source', () => {
    for (const { objects } of all) {
      const chain = tasksOf(objects.at(-1)).map(({ name, runAfter }) => [name, runAfter]);
      expect(chain).toEqual([
        ['fetch', undefined],
        ['before-1', ['fetch']],
        ['before-2', ['before-1']],
        ['build', ['before-2']],
        ['after-1', ['build']],
        ['after-2', ['after-1']],
      ]);
    }
  });

  it('leave the build as it is, and the build after the fetch where nothing runs before it', () => {
    const hooks = parseBuildHooks('after: [scan]').hooks;
    expect(tasksOf(runOf(hooks)).slice(0, 2)).toEqual(tasksOf(runOf(undefined)));
  });

  it('are given the image, its digest and the commit after the build, of a bundle its digest, where nothing else is written', () => {
    const hooks = parseBuildHooks('before: [a]\nafter: [a, {name: b, params: {x: {from: commit}}}]').hooks;
    const given = (run: KubeObject) =>
      tasksOf(run)
        .filter(({ taskSpec }) => !taskSpec)
        .map(({ params }) => params);
    const [image, digest] = ['IMAGE_URL', 'IMAGE_DIGEST'].map(name => `$(tasks.build.results.${name})`);
    const known = (id: string) => [
      undefined,
      [
        { name: 'image', value: `${image}@${digest}` },
        { name: 'digest', value: digest },
        { name: 'commit', value: id },
      ],
      [{ name: 'x', value: id }],
    ];
    expect(given(runOf(hooks))).toEqual(known('$(tasks.fetch.results.CHAINS-GIT_COMMIT)'));
    const over = { srcRepo: { bundleContainer: { image: 'reg.example/src:1' } } };
    expect(given(runOf(hooks, { over }))).toEqual(known('$(tasks.fetch.results.bundle-digest)'));
  });

  it('are what the linter finds no fault with, where it is shown their Tasks', async () => {
    const tasks = ['unit-tests', 'scan', 'cosign'].map(task);
    // It knows no resolvers.
    const named = (name: string) => ({ task: { name }, params: {}, workspaces: { source: 'source' as const } });
    const { before = [], after: [scan] = [] } = hooksOf(hooked) ?? {};
    const hooks = { before, after: [...(scan ? [scan] : []), named('cosign')] };
    const runs = strategies.map((strategy, at): Json => {
      const run = runOf(hooks, { over: { shipwright: { strategy: { name: strategy } } } });
      return { ...run, metadata: { name: `run-${at}` } };
    });
    expect(await lintTekton([...runs, ...tasks, manifest('Task', 'function-hook').object])).toEqual([]);
  });

  it('name no Task that is not there, which the linter would find', async () => {
    const found = await lintTekton([{ ...runOf(parseBuildHooks('after: [nowhere]').hooks) }]);
    expect(new Set(found.map(text => text.replace(/Pipeline '[^']*' /, '')))).toEqual(
      new Set([expect.stringContaining("references task 'nowhere' but the referenced task cannot be found")]),
    );
  });

  it.skipIf(!hasPublished)(
    `are taken by the published definition${hasPublished ? '' : ' (skipped: not at hand)'}`,
    async () => {
      const schemas = await readSchemas();
      for (const { objects } of all) {
        const run = objects.at(-1);
        const schema = schemas.get('tekton.dev/v1 PipelineRun');
        const ofPipeline = schemas.get('tekton.dev/v1 Pipeline');
        if (!run || !schema || !ofPipeline) throw new Error('there is no definition');
        expect(faultsOf(schema, run)).toEqual([]);
        const { pipelineSpec } = run['spec'] as { readonly pipelineSpec: object };
        const pipeline = { apiVersion: 'tekton.dev/v1', kind: 'Pipeline', metadata: { name: 'p' }, spec: pipelineSpec };
        expect(faultsOf(ofPipeline, pipeline)).toEqual([]);
      }
    },
  );

  it.skipIf(!isRealCluster)(
    'are taken by a real API server under strict validation (skipped without REVFLOW_TEST_KUBE=1)',
    () => {
      const items = all.map(({ objects }, at) => ({ ...objects.at(-1), metadata: { name: `hooked-${at}` } }));
      const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
      const args = ['create', '--dry-run=server', '--validate=strict', '-n', 'default', '-o', 'name', '-f', '-'];
      const { status, stderr } = spawnSync('kubectl', args, { input, encoding: 'utf8', maxBuffer: 1 << 26 });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    },
  );

  it('hand on every text as it was written, to a Task that takes it as an argument', () => {
    const part = fc.constantFrom(
      '$',
      '$$',
      '$(',
      ')',
      '$(date)',
      '$(HOME)',
      '$(REVFLOW_DOLLAR)',
      '$(params.image)',
      '$(params["image"])',
      '$(workspaces.source.path)',
      '$(context.pipelineRun.name)',
      '$(tasks.build.results.IMAGE_URL)',
      '\\',
      '\n',
      '"',
      "'",
      '#',
      ' ',
      '`id`',
    );
    const long = fc.constant(`${'x'.repeat(10_240)}$(params.image)`);
    const text = fc.oneof(
      long,
      fc.array(part, { maxLength: 6 }).map(list => list.join('')),
      fc.string({ unit: 'grapheme' }),
    );
    const check = (list: readonly string[]) => {
      const written = formatYaml({
        before: [{ name: 'function-hook', params: { image: 'i', command: ['c'], args: list } }],
        after: [{ name: 'function-hook', params: { image: 'i', command: ['c'], args: [...list, { from: 'image' }] } }],
      });
      const { hooks, problems } = parseBuildHooks(written);
      expect(problems).toEqual([]);
      const run = runOf(hooks);
      expect(parse(formatYaml(run))).toEqual(run);
      expect(arrival(withTask(run), 'before-1', 'run').args).toEqual(list);
      expect(arrival(withTask(run), 'after-1', 'run').args).toEqual([...list, 'TEKTON@TEKTON']);
    };
    fc.assert(fc.property(fc.array(text, { maxLength: 3 }), check), { numRuns: 100 });
  });
});

describe('hooks on Shipwright', () => {
  it.each([shipwright, shipwrightV1alpha1])('are refused rather than left out ($run.apiVersion)', backend => {
    const order = () => emit(backend, hooked, { hooks: hooksOf(hooked) });
    expect(order).toThrow(TerminalError);
    expect(order).toThrow('build-hooks are Tasks');
  });
});

/** The run with the Task that its hooks name inlined, as Tekton finds it, and the variables of the pods in its steps. */
function withTask(run: KubeObject): KubeObject {
  const spec = specOf(run);
  const env = spec.taskRunTemplate.podTemplate.env ?? [];
  const { spec: declared } = manifest('Task', 'function-hook');
  const steps = declared.steps?.map(step => ({ ...step, env: [...(step.env ?? []), ...env] }));
  const taskSpec = { ...declared, steps };
  const tasks = tasksOf(run).map(task => (task.taskSpec ? task : { ...task, taskSpec }));
  return { ...run, spec: { ...spec, pipelineSpec: { ...spec.pipelineSpec, tasks } } };
}

/** A Task such as people write for a hook: it takes what it is told, and needs none of it. */
function task(name: string): Json {
  const lists = ['targets'];
  const params = ['image', 'digest', 'commit', 'severity', ...lists].map(param => ({
    name: param,
    type: lists.includes(param) ? 'array' : 'string',
    description: 'What the build tells.',
    default: lists.includes(param) ? [] : '',
  }));
  const step = {
    name: 'run',
    image: 'reg.example/tool:1',
    args: params.map(param => `$(params.${param.name}${param.type === 'array' ? '[*]' : ''})`),
  };
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'Task',
    metadata: { name },
    spec: { params, workspaces: [{ name: 'source', description: 'The source.' }], steps: [step] },
  };
}
