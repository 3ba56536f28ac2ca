// Tekton's runs (tekton.dev/v1) for local mode: the fields that revflow writes or reads, no more than upstream has.
import { env } from './pod-parts.ts';
import { anything, int, list, map, moment, object, type Schema, text, texts, truth } from './schema.ts';

const int32 = { ...int, format: 'int32' };
const items = list(object({ 'key!': text, 'path!': text, mode: int32 }));

const workspace = object({
  'name!': text,
  subPath: text,
  volumeClaimTemplate: anything,
  persistentVolumeClaim: object({ 'claimName!': text, readOnly: truth }),
  emptyDir: object({ medium: text }),
  configMap: {
    ...object({ name: text, items, defaultMode: int32, optional: truth }),
    'x-kubernetes-map-type': 'atomic',
  },
  secret: object({ secretName: text, items, defaultMode: int32, optional: truth }),
});

const namedValue = object({ 'name!': text, 'value!': anything });

const podTemplate = object({
  env,
  nodeSelector: texts,
  securityContext: anything,
  affinity: anything,
  volumes: anything,
  imagePullSecrets: list({ ...object({ name: text }), 'x-kubernetes-map-type': 'atomic' }),
  priorityClassName: text,
  runtimeClassName: text,
  schedulerName: text,
});

const spec = object({
  params: list(namedValue),
  pipelineRef: object({ name: text, apiVersion: text, resolver: text, params: list(namedValue) }),
  pipelineSpec: anything,
  status: text,
  managedBy: text,
  timeouts: object({ pipeline: text, tasks: text, finally: text }),
  taskRunTemplate: object({ podTemplate, serviceAccountName: text }),
  workspaces: list(workspace),
});

/** What both kinds of runs have alike. */
const ended = {
  conditions: list(
    object({ 'type!': text, 'status!': text, reason: text, message: text, severity: text, lastTransitionTime: text }),
  ),
  observedGeneration: { ...int, format: 'int64' },
  annotations: map(text),
  startTime: moment,
  completionTime: moment,
};

const status = object({
  ...ended,
  finallyStartTime: moment,
  results: list(namedValue),
  childReferences: list(
    object({ apiVersion: text, kind: text, name: text, displayName: text, pipelineTaskName: text }),
  ),
  pipelineSpec: anything,
});

export const pipelineRun: Schema = object({ spec, status });

const terminated = object({
  'exitCode!': int32,
  reason: text,
  message: text,
  startedAt: moment,
  finishedAt: moment,
  containerID: text,
});

export const taskRun: Schema = object({
  spec: object({
    params: list(namedValue),
    taskRef: object({ name: text, kind: text, apiVersion: text, resolver: text, params: list(namedValue) }),
    taskSpec: anything,
    status: text,
    statusMessage: text,
    timeout: text,
    retries: int,
    serviceAccountName: text,
    podTemplate,
    workspaces: list(workspace),
  }),
  status: object({
    ...ended,
    'podName!': text,
    results: list(object({ 'name!': text, 'value!': anything, type: text })),
    steps: list(
      object({
        name: text,
        container: text,
        imageID: text,
        terminationReason: text,
        terminated,
        running: object({ startedAt: moment }),
        waiting: object({ reason: text, message: text }),
      }),
    ),
  }),
});
