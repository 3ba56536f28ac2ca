// Builder → PipelineRun, as targets.md §1.2 has it: the pipeline is inlined, and whatever a user wrote is the value of a parameter.
import { kinds } from '../../function/kinds.ts';
import { pipelineRunName } from '../../function/names.ts';
import type { BuilderSpec } from '../../function/schema-build.ts';
import type { KubeObject } from '../../platform/kube/kube.ts';
import type { BuildOrder } from '../backend.ts';
import { buildTimeout, sortedEnv } from '../plan.ts';
import { runMetadata } from '../run-metadata.ts';
import { Texts, type Variable } from '../texts.ts';
import { withHooks } from './hooks.ts';
import { runParams } from './params.ts';
import { type InlinedTask, type PipelineSpec, pipelineOf } from './pipelines.ts';

/** What builds where a Function names no strategy. */
const defaultStrategy = 'openfunction';

/** Throws a TerminalError where strategy or parameters are not known here. */
export function emitPipelineRun(order: BuildOrder): KubeObject {
  const { builder, hooks } = order;
  const { spec } = builder;
  const isBundle = spec.srcRepo.bundleContainer !== undefined;
  const pipeline = pipelineOf(spec.shipwright?.strategy?.name ?? defaultStrategy, isBundle ? 'bundle' : 'git');
  const texts = new Texts();
  const params = runParams(order, pipeline.params, texts);
  const env = pipeline.params.some(({ name }) => name === 'env') ? [] : sortedEnv(spec);
  const variables = env.map(([name, value]) => ({ name, value: texts.plain(value) }));
  const spoken = withVariables(pipeline, texts.variables, variables);
  const ofHooks = new Texts();
  const timeout = buildTimeout(spec);
  return {
    apiVersion: kinds.pipelineRun.apiVersion,
    kind: kinds.pipelineRun.kind,
    metadata: runMetadata(builder, pipelineRunName(builder.metadata.name)),
    spec: {
      pipelineSpec: hooks === undefined ? spoken : withHooks(spoken, hooks, ofHooks),
      params,
      ...(timeout ? { timeouts: { pipeline: timeout } } : {}),
      taskRunTemplate: { podTemplate: podTemplate(spec, ofHooks.variables) },
      workspaces: workspaces(spec),
    },
  };
}

/** What arguments read is known to every step; the build's own variables only to those that build. */
function withVariables(
  pipeline: PipelineSpec,
  ofArguments: readonly Variable[],
  ofBuild: readonly Variable[],
): PipelineSpec {
  const tasks = pipeline.tasks.map(task =>
    withEnv(task, task.name === 'build' ? [...ofArguments, ...ofBuild] : ofArguments),
  );
  return { ...pipeline, tasks };
}

/** A variable that the Task has itself stays what it is. */
function withEnv(task: InlinedTask, variables: readonly Variable[]): InlinedTask {
  if (variables.length === 0) return task;
  const { taskSpec } = task;
  const own = taskSpec.stepTemplate?.env ?? [];
  const added = variables.filter(({ name }) => !own.some(each => each.name === name));
  return { ...task, taskSpec: { ...taskSpec, stepTemplate: { env: [...own, ...added] } } };
}

/** Steps run as user 1000 and share a volume; their images may be private. Tasks that are not ours find their variables here. */
function podTemplate({ builderCredentials }: BuilderSpec, env: readonly Variable[]): object {
  const name = builderCredentials?.name;
  return {
    securityContext: { fsGroup: 1000 },
    ...(name ? { imagePullSecrets: [{ name }] } : {}),
    ...(env.length === 0 ? {} : { env }),
  };
}

const sourceVolume = {
  name: 'source',
  volumeClaimTemplate: {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  },
};

function workspaces({ srcRepo, imageCredentials }: BuilderSpec): readonly object[] {
  const secret = srcRepo.credentials?.name;
  const isBundle = srcRepo.bundleContainer !== undefined;
  return [
    sourceVolume,
    ...(secret
      ? [isBundle ? login('bundle-dockerconfig', secret) : { name: 'git-credentials', secret: { secretName: secret } }]
      : []),
    ...(imageCredentials?.name ? [login('dockerconfig', imageCredentials.name)] : []),
  ];
}

/** A Secret of type kubernetes.io/dockerconfigjson as the folder that Docker's tools read. */
function login(name: string, secretName: string): object {
  return { name, secret: { secretName, items: [{ key: '.dockerconfigjson', path: 'config.json' }] } };
}
