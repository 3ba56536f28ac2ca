// What a Function asks of its workload: `spec.serving`, which a Serving carries inline.
import { z } from 'zod';
import { scaleOptions } from './schema-scaling.ts';
import { durationText, type Frozen, localRef, passedOn, strings } from './shape.ts';

const daprTrigger = z.object({
  name: z.string(),
  type: z.string().exactOptional(),
  topic: z.string().exactOptional(),
});

const route = z.object({
  gatewayRef: z.object({ name: z.string(), namespace: z.string() }).exactOptional(),
  /** Absent: derived from the Gateway's host template. */
  hostnames: z.array(z.string()).exactOptional(),
  /** Rules of a Gateway API HTTPRoute, passed on; absent: derived from the path template. */
  rules: z.array(passedOn).exactOptional(),
});

const triggers = z.object({
  http: z
    .object({
      port: z.int32().exactOptional(),
      /** `knative` (the default) or `keda`. */
      engine: z.string().exactOptional(),
      route: route.exactOptional(),
    })
    .exactOptional(),
  dapr: z.array(daprTrigger.extend({ inputName: z.string().exactOptional() })).exactOptional(),
  inputs: z.array(z.object({ dapr: daprTrigger.exactOptional() })).exactOptional(),
});

const daprOutput = daprTrigger.extend({
  metadata: strings.exactOptional(),
  operation: z.string().exactOptional(),
  outputName: z.string().exactOptional(),
});

const componentSpec = z.object({
  type: z.string(),
  version: z.string(),
  metadata: z.array(
    z.object({
      name: z.string(),
      /** Any JSON value. */
      value: z.unknown().exactOptional(),
      secretKeyRef: z.object({ name: z.string(), key: z.string() }).exactOptional(),
    }),
  ),
  ignoreErrors: z.boolean().exactOptional(),
  initTimeout: z.string().exactOptional(),
});

const tracing = z.object({
  enabled: z.boolean(),
  provider: z.object({
    name: z.string(),
    oapServer: z.string().exactOptional(),
    exporter: z
      .object({
        name: z.string(),
        endpoint: z.string(),
        headers: z.string().exactOptional(),
        compression: z.string().exactOptional(),
        timeout: z.string().exactOptional(),
        protocol: z.string().exactOptional(),
      })
      .exactOptional(),
  }),
  tags: strings.exactOptional(),
  baggage: strings.exactOptional(),
});

const hooks = z.object({
  pre: z.array(z.string()).exactOptional(),
  post: z.array(z.string()).exactOptional(),
  /** `Override`; anything else means `Append`. */
  policy: z.string().exactOptional(),
});

export const servingFields = z.object({
  triggers: triggers.exactOptional(),
  outputs: z.array(z.object({ dapr: daprOutput.exactOptional() })).exactOptional(),
  bindings: z.record(z.string(), componentSpec).exactOptional(),
  pubsub: z.record(z.string(), componentSpec).exactOptional(),
  /** Without `spec`: an existing component is meant. */
  states: z.record(z.string(), z.object({ spec: componentSpec.exactOptional() })).exactOptional(),
  scaleOptions: scaleOptions.exactOptional(),
  /** Environment of the function container. */
  params: strings.exactOptional(),
  labels: strings.exactOptional(),
  annotations: strings.exactOptional(),
  /** A PodSpec, passed on; the container named `function` is the user's. */
  template: z.looseObject({ containers: z.array(passedOn) }).exactOptional(),
  /** From the creation of the Serving until it runs. */
  timeout: durationText.exactOptional(),
  hooks: hooks.exactOptional(),
  tracing: tracing.exactOptional(),
  /** `Deployment` (the default), `StatefulSet` or `Job`. */
  workloadType: z.string().exactOptional(),
});

/** `spec.serving` of a Function. */
export type ServingFields = Frozen<z.infer<typeof servingFields>>;
export type FunctionRoute = Frozen<z.infer<typeof route>>;
export type Triggers = Frozen<z.infer<typeof triggers>>;
export type ComponentSpec = Frozen<z.infer<typeof componentSpec>>;

export const servingSpec = servingFields.extend({
  version: z.string().exactOptional(),
  image: z.string(),
  imageCredentials: localRef.exactOptional(),
});

/** `spec` of a Serving. */
export type ServingSpec = Frozen<z.infer<typeof servingSpec>>;
