// PipelineRuns as Tekton v1 words them: those that revflow emits, whose pipeline is inlined and one of ours.
import { z } from 'zod';
import { strategyOf } from '../../build/tekton/pipelines.ts';
import { kinds } from '../../function/kinds.ts';
import type { Kube, KubeObject } from '../../platform/kube/kube.ts';
import type { BuildSpec } from './build-object.ts';
import {
  begun,
  endedBadly,
  type Found,
  type KnownSource,
  type Run,
  type RunDialect,
  refused,
  unlessMissing,
  withCondition,
} from './dialect.ts';
import { expand, type Inputs, ValueReader, variables } from './inputs.ts';
import { judgeBuild } from './registration.ts';
import type { RunSource } from './run-status.ts';

const text = z.string().optional().catch(undefined);
const named = z.object({ name: z.string(), value: z.unknown() });
const task = z.object({
  name: z.string(),
  taskSpec: z
    .looseObject({
      stepTemplate: z
        .object({ env: variables.catch([]) })
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
});
const pipelineRun = z.object({
  spec: z.object({
    params: z.array(named).catch([]),
    pipelineSpec: z
      .object({ tasks: z.array(task) })
      .optional()
      .catch(undefined),
    workspaces: z
      .array(z.object({ name: z.string(), secret: z.object({ secretName: text }).optional().catch(undefined) }))
      .catch([]),
    timeouts: z.object({ pipeline: text }).optional().catch(undefined),
    status: text,
  }),
  status: z
    .object({
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), lastTransitionTime: text }))
        .optional()
        .catch(undefined),
      startTime: text,
      completionTime: text,
      results: z.array(named).optional().catch(undefined),
    })
    .default({})
    .catch({}),
});

type PipelineRun = z.infer<typeof pipelineRun>;

/** Ways to say that it should stop; here they are one. */
const stopWords: ReadonlySet<string | undefined> = new Set(['Cancelled', 'CancelledRunFinally', 'StoppedRunFinally']);
/** Of Tasks that are given no variables of the build as a parameter: everything else among theirs is one. */
const ownVariables = /^(?:HOME|DOCKER_CONFIG|REVFLOW_DOLLAR|REVFLOW_VALUE_\d+)$/;

export const pipelineRuns: RunDialect = {
  kind: kinds.pipelineRun,
  read,
  find: ({ object }, get) => unlessMissing(() => find(object, get)),
  started: begun,
  fetched: (source, spec) => ({ results: sourceResults(source, spec) }),
  succeeded: (run, { image, digest, size, message }, now) => ({
    completionTime: now,
    results: [
      ...resultsOf(run),
      { name: 'IMAGE_URL', value: image },
      { name: 'IMAGE_DIGEST', value: digest },
      { name: 'image-size', value: String(size) },
    ],
    ...withCondition(run, { status: 'True', reason: 'Succeeded', message }, now),
  }),
  failed: endedBadly,
  stopped: (stop, name, timeout) =>
    stop === 'cancelled'
      ? { reason: 'Cancelled', message: `PipelineRun ${JSON.stringify(name)} was cancelled` }
      : {
          reason: 'PipelineRunTimeout',
          message: `PipelineRun ${JSON.stringify(name)} failed to finish within ${JSON.stringify(timeout)}`,
        },
};

function parse(object: KubeObject): PipelineRun | undefined {
  return pipelineRun.safeParse({ spec: object['spec'], status: object['status'] ?? {} }).data;
}

function read(object: KubeObject): Run | undefined {
  const run = parse(object);
  if (run === undefined) return undefined;
  const { spec, status } = run;
  return {
    object,
    finished: status.completionTime !== undefined,
    cancelled: stopWords.has(spec.status),
    pending: spec.status === 'PipelineRunPending',
    startTime: status.startTime,
    timeout: spec.timeouts?.pipeline,
    known: knownSource(status.results),
    succeeded: status.conditions?.find(({ type }) => type === 'Succeeded'),
  };
}

async function find(object: KubeObject, get: Kube['get']): Promise<Found> {
  const spec = parse(object)?.spec;
  const tasks = spec?.pipelineSpec?.tasks ?? [];
  const strategy = strategyOf(tasks);
  if (strategy === undefined) {
    return refused(
      'CouldntGetPipeline',
      'local mode carries out only the pipelines that revflow inlines into its runs',
    );
  }
  const others = tasks.filter(({ name }) => name !== 'fetch' && name !== 'build').map(({ name }) => name);
  if (others.length > 0) {
    return refused('CouldntGetTask', `the Tasks of ${others.join(', ')} need a cluster; local mode fetches and builds`);
  }
  const build = tasks.find(({ name }) => name === 'build');
  const reader = new ValueReader(get, object.metadata.namespace ?? '');
  const known = await reader.variables(build?.taskSpec?.stepTemplate?.env ?? []);
  const inputs = { ...inputsOf(spec?.params ?? [], known), secrets: reader.secrets };
  const found = specOf(strategy, inputs, spec?.workspaces ?? []);
  const { registered, message } = judgeBuild(found);
  return registered === 'True' ? { spec: found, inputs } : refused('InvalidParamValue', message);
}

function inputsOf(params: PipelineRun['spec']['params'], known: ReadonlyMap<string, string>): Omit<Inputs, 'secrets'> {
  const texts = new Map<string, string>();
  const lists = new Map<string, readonly string[]>();
  for (const { name, value } of params) {
    if (typeof value === 'string') texts.set(name, expand(value, known));
    if (Array.isArray(value))
      lists.set(
        name,
        value.map(item => expand(String(item), known)),
      );
  }
  const given = (lists.get('env') ?? []).map(entry => [entry.split('=', 1)[0] ?? '', entry] as const);
  const env = new Map([
    ...[...known].filter(([name]) => !ownVariables.test(name)),
    ...given.map(([name, entry]) => [name, entry.slice(name.length + 1)] as const),
  ]);
  return { texts, lists, env };
}

/** The same build in Shipwright's words. */
function specOf(strategy: string, { texts, lists }: Inputs, workspaces: PipelineRun['spec']['workspaces']): BuildSpec {
  const secretOf = (name: string) => workspaces.find(each => each.name === name)?.secret?.secretName;
  const contextDir = texts.get('context-dir');
  const bundle = texts.get('bundle');
  const source =
    bundle === undefined
      ? {
          type: 'Git',
          contextDir,
          git: {
            url: texts.get('git-url') ?? '',
            revision: texts.get('git-revision') || undefined,
            cloneSecret: secretOf('git-credentials'),
          },
        }
      : { type: 'OCI', contextDir, ociArtifact: { image: bundle, pullSecret: secretOf('bundle-dockerconfig') } };
  return {
    source,
    strategy: { name: strategy },
    output: {
      image: texts.get('image') ?? '',
      insecure: texts.get('insecure') === 'true',
      pushSecret: secretOf('dockerconfig'),
      labels: labelsOf([...(lists.get('labels') ?? []), ...(lists.get('label-flags') ?? [])]),
    },
  };
}

function labelsOf(items: readonly string[]): Readonly<Record<string, string>> {
  const entries = items.map(item => item.replace(/^--label=/, '')).filter(item => item.includes('='));
  return Object.fromEntries(entries.map(item => [item.split('=', 1)[0], item.slice(item.indexOf('=') + 1)]));
}

interface Result {
  readonly name: string;
  readonly value: unknown;
}

function resultsOf(run: Run): readonly Result[] {
  return (parse(run.object)?.status.results ?? []).map(({ name, value }) => ({ name, value }));
}

function sourceResults(source: RunSource, { source: asked }: BuildSpec): readonly Result[] {
  if (source.kind === 'oci') {
    const uri = (asked?.ociArtifact?.image ?? '').split('@')[0];
    return [
      { name: 'bundle-digest', value: source.digest },
      { name: 'BUNDLE_ARTIFACT_INPUTS', value: { uri, digest: source.digest } },
    ];
  }
  return [
    { name: 'CHAINS-GIT_URL', value: asked?.git?.url ?? '' },
    { name: 'CHAINS-GIT_COMMIT', value: source.commitSha },
    { name: 'commit-author', value: source.commitAuthor ?? '' },
  ];
}

function knownSource(results: readonly Result[] = []): KnownSource | undefined {
  const texts = new Map(results.flatMap(({ name, value }) => (typeof value === 'string' ? [[name, value]] : [])));
  const [commitSha, digest] = [texts.get('CHAINS-GIT_COMMIT'), texts.get('bundle-digest')];
  if (commitSha !== undefined) return { git: { commitSha } };
  return digest === undefined ? undefined : { ociArtifact: { digest } };
}
