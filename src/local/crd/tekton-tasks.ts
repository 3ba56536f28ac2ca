// Tekton's Tasks and Pipelines (tekton.dev/v1) for local mode, which keeps them and runs none: what pipelines/ has of them.
import { env, resources, stepSecurity, volumeMounts } from './pod-parts.ts';
import { anything, int, list, map, object, type Schema, text, truth } from './schema.ts';

const values = list(object({ 'name!': text, 'value!': anything }));
const when = list(object({ input: text, operator: text, values: list(text), cel: text }));
const properties = map(object({ type: text }));

const params = list(object({ 'name!': text, type: text, description: text, default: anything, properties }));

const container = {
  image: text,
  imagePullPolicy: text,
  command: list(text),
  args: list(text),
  workingDir: text,
  env,
  volumeMounts,
  computeResources: resources,
  securityContext: stepSecurity,
};

const step = object({
  ...container,
  'name!': text,
  displayName: text,
  script: text,
  timeout: text,
  onError: text,
  params: values,
  ref: object({ name: text, resolver: text, params: values }),
  when,
});

export const task: Schema = object({
  spec: object({
    displayName: text,
    description: text,
    params,
    steps: list(step),
    stepTemplate: object(container),
    volumes: anything,
    workspaces: list(object({ 'name!': text, description: text, mountPath: text, readOnly: truth, optional: truth })),
    results: list(object({ 'name!': text, type: text, description: text, properties, value: anything })),
  }),
});

const reference = object({ name: text, kind: text, apiVersion: text, resolver: text, params: values });

const pipelineTask = object({
  name: text,
  displayName: text,
  description: text,
  taskRef: reference,
  taskSpec: anything,
  params: values,
  workspaces: list(object({ 'name!': text, workspace: text, subPath: text })),
  runAfter: list(text),
  when,
  retries: int,
  timeout: text,
  onError: text,
});

export const pipeline: Schema = object({
  spec: object({
    displayName: text,
    description: text,
    params,
    tasks: list(pipelineTask),
    finally: list(pipelineTask),
    workspaces: list(object({ 'name!': text, description: text, optional: truth })),
    results: list(object({ 'name!': text, 'value!': anything, type: text, description: text })),
  }),
});
