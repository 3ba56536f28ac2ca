// Shipwright's build strategies (shipwright.io/v1beta1) for local mode.
import { env, resources, stepSecurity, volumeMounts, volumeSources } from './pod-parts.ts';
import { int64, list, object, type Schema, text, truth } from './schema.ts';

const step = object({
  'name!': text,
  image: text,
  imagePullPolicy: text,
  command: list(text),
  args: list(text),
  workingDir: text,
  env,
  resources,
  securityContext: stepSecurity,
  volumeMounts,
});

/** A strategy, of a namespace or of the cluster. */
export const strategy: Schema = object({
  spec: object({
    'steps!': list(step, 'name'),
    parameters: list(object({ 'name!': text, 'description!': text, type: text, default: text, defaults: list(text) })),
    securityContext: object({ 'runAsUser!': int64, 'runAsGroup!': int64 }),
    volumes: list(object({ 'name!': text, description: text, overridable: truth, ...volumeSources })),
  }),
  status: object({}),
});
