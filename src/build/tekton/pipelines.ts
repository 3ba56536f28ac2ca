// The pipelines of the strategies, as pipelines/tekton has them: with their Tasks inlined, a run needs nothing that a cluster installed.
import { TerminalError } from '../../platform/errors.ts';
import data from './pipelines.json' with { type: 'json' };

export interface PipelineParam {
  readonly name: string;
  readonly type: string;
  readonly [field: string]: unknown;
}

interface Named {
  readonly name: string;
  readonly [field: string]: unknown;
}

export interface TaskSpec {
  readonly params: readonly PipelineParam[];
  readonly stepTemplate?: { readonly env: readonly { readonly name: string }[] };
  readonly [field: string]: unknown;
}

interface Task extends Named {
  readonly taskRef: { readonly name: string };
  readonly params?: readonly { readonly name: string; readonly value: unknown }[];
}

export interface InlinedTask extends Named {
  readonly taskSpec: TaskSpec;
}

interface Pipeline {
  readonly params: readonly PipelineParam[];
  readonly workspaces: readonly Named[];
  readonly results: readonly Named[];
  readonly tasks: readonly Task[];
}

export interface PipelineSpec extends Omit<Pipeline, 'tasks'> {
  readonly tasks: readonly InlinedTask[];
}

const pipelines: Readonly<Record<string, Pipeline>> = data.pipelines;
const specs: Readonly<Record<string, TaskSpec>> = data.tasks;

/** Throws a TerminalError where there is no such strategy. */
export function pipelineOf(strategy: string, source: 'git' | 'bundle'): PipelineSpec {
  const found = Object.hasOwn(pipelines, strategy) ? pipelines[strategy] : undefined;
  if (found === undefined) {
    const known = Object.keys(pipelines).join(', ');
    throw new TerminalError(
      'BuildStartFailed',
      `the strategy ${strategy} is not known to Tekton builds; there are ${known}`,
    );
  }
  return inlined(source === 'bundle' ? ofBundle(found) : found);
}

/** Which strategy builds in a pipeline, by the parameters of its task `build`; undefined: none of ours. */
export function strategyOf(
  tasks: readonly { readonly name: string; readonly taskSpec?: unknown }[],
): string | undefined {
  const build = Object(tasks.find(({ name }) => name === 'build')?.taskSpec) as Partial<TaskSpec>;
  const names = (params: readonly PipelineParam[]) => JSON.stringify(params.map(({ name }) => name));
  const wanted = names(build.params ?? []);
  return Object.keys(pipelines).find(strategy => names(specs[`function-${strategy}`]?.params ?? []) === wanted);
}

function inlined(pipeline: Pipeline): PipelineSpec {
  return {
    ...pipeline,
    tasks: pipeline.tasks.map(({ taskRef, ...task }) => ({ ...task, taskSpec: taskNamed(taskRef.name) })),
  };
}

function taskNamed(name: string): TaskSpec {
  const spec = specs[name];
  if (spec === undefined) throw new TypeError(`pipelines/tekton has no Task ${name}`);
  return spec;
}

const bundleParams: readonly PipelineParam[] = [
  { name: 'bundle', description: 'The image that holds the source.', type: 'string' },
  {
    name: 'bundle-insecure',
    description: 'True pulls it without a valid certificate, or over plain HTTP.',
    type: 'string',
    default: 'false',
  },
];

const bundleResults: readonly Named[] = [
  {
    name: 'bundle-digest',
    description: 'The digest that was unpacked.',
    value: '$(tasks.fetch.results.bundle-digest)',
  },
  {
    name: 'BUNDLE_ARTIFACT_INPUTS',
    description: 'The same with its repository. Tekton Chains reads names that end like this.',
    type: 'object',
    value: { uri: '$(tasks.fetch.results.bundle-uri)', digest: '$(tasks.fetch.results.bundle-digest)' },
  },
];

const fetchBundle: Task = {
  name: 'fetch',
  taskRef: { name: 'function-fetch-bundle' },
  params: [
    { name: 'bundle', value: '$(params.bundle)' },
    { name: 'insecure', value: '$(params.bundle-insecure)' },
  ],
  workspaces: [
    { name: 'source', workspace: 'source' },
    { name: 'dockerconfig', workspace: 'bundle-dockerconfig' },
  ],
};

/** The same with function-fetch-bundle in the place of function-fetch. */
function ofBundle({ params, workspaces, results, tasks: steps }: Pipeline): Pipeline {
  const bundleLogin = {
    name: 'bundle-dockerconfig',
    description: 'A folder with the config.json of Docker, for the registry of the bundle.',
    optional: true,
  };
  return {
    params: [...bundleParams, ...params.filter(({ name }) => !name.startsWith('git-'))],
    workspaces: workspaces.map(workspace => (workspace.name === 'git-credentials' ? bundleLogin : workspace)),
    results: [...bundleResults, ...results.filter(({ value }) => !String(value).startsWith('$(tasks.fetch.'))],
    tasks: [fetchBundle, ...steps.filter(({ name }) => name !== 'fetch').map(withBundleResults)],
  };
}

/** A bundle has a digest, and no repository to name. */
function withBundleResults(task: Task): Task {
  const told = (value: unknown): unknown =>
    Array.isArray(value)
      ? value
          .filter(item => !String(item).includes('.CHAINS-GIT_URL'))
          .map(item => String(item).replace('.CHAINS-GIT_COMMIT', '.bundle-digest'))
      : value;
  const params = (task.params ?? []).map(param => ({ ...param, value: told(param.value) }));
  return { ...task, params };
}
