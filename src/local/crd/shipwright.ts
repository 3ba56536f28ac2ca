// Shipwright's builds (shipwright.io/v1beta1) for local mode: the fields that revflow writes or reads, no more than upstream has.
import { env, resources, volumeSources } from './pod-parts.ts';
import { duration, int, int64, list, moment, object, type Schema, text, texts, truth } from './schema.ts';

const keyRef = object({ 'name!': text, 'key!': text, format: text });
const singleValue = { value: text, configMapValue: keyRef, secretValue: keyRef };
const paramValues = list(object({ 'name!': text, ...singleValue, values: list(object(singleValue)) }));

const limit = { ...int, minimum: 1, maximum: 10_000 };

const toleration = object({ key: text, operator: text, value: text, effect: text, tolerationSeconds: int64 });

const output = object({
  'image!': text,
  insecure: truth,
  pushSecret: text,
  annotations: texts,
  labels: texts,
  timestamp: text,
  platforms: list(object({ 'os!': text, 'arch!': text }), 'os', 'arch'),
});

const stepResources = list(object({ 'name!': text, 'resources!': resources }));

/** What a Build and a BuildRun have alike. */
const scheduling = {
  nodeSelector: texts,
  tolerations: list(toleration),
  schedulerName: text,
  runtimeClassName: text,
  timeout: duration,
  env,
  paramValues,
  volumes: list(object({ 'name!': text, ...volumeSources })),
};

const buildSpec = object({
  ...scheduling,
  source: object({
    'type!': text,
    contextDir: text,
    git: object({ 'url!': text, revision: text, cloneSecret: text, depth: int }),
    ociArtifact: object({ 'image!': text, pullSecret: text, prune: text }),
    local: object({ name: text, timeout: text }),
  }),
  'strategy!': object({ 'name!': text, kind: text, stepResources }),
  'output!': output,
  retention: object({
    atBuildDeletion: truth,
    failedLimit: limit,
    succeededLimit: limit,
    ttlAfterFailed: duration,
    ttlAfterSucceeded: duration,
  }),
});

const buildRunSpec = object({
  ...scheduling,
  'build!': object({ name: text, spec: buildSpec }),
  source: object({ 'type!': text, local: object({ name: text, timeout: text }) }),
  serviceAccount: text,
  output,
  state: text,
  retention: object({ ttlAfterFailed: duration, ttlAfterSucceeded: duration }),
  stepResources,
});

const buildRunStatus = object({
  conditions: list(
    object({ 'type!': text, 'status!': text, 'reason!': text, 'message!': text, 'lastTransitionTime!': moment }),
  ),
  startTime: moment,
  completionTime: moment,
  executor: object({ 'name!': text, 'kind!': text }),
  taskRunName: text,
  source: object({
    git: object({ commitSha: text, commitAuthor: text, branchName: text }),
    ociArtifact: object({ digest: text }),
    timestamp: moment,
  }),
  output: object({
    digest: text,
    size: int64,
    vulnerabilities: list(object({ id: text, severity: text })),
  }),
  failureDetails: object({ reason: text, message: text, location: object({ pod: text, container: text }) }),
});

export const build: Schema = object({
  'spec!': buildSpec,
  status: object({ registered: text, reason: text, message: text }),
});

export const buildRun: Schema = object({ 'spec!': buildRunSpec, status: buildRunStatus });
