// What a Function asks of its workload: `spec.serving`, which a Serving carries inline.
import { z } from 'zod';
import { scaleOptions } from './schema-scaling.ts';
import { durationText, type Frozen, localRef, passedOn, strings } from './shape.ts';

const daprTrigger = z.object({
  name: z.string(),
  type: z.string().exactOptional(),
  topic: z.string().exactOptional(),
});

const dnsLabel = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);

const hostname = z
  .string()
  .min(1)
  .max(253)
  .regex(/^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);

const route = z.object({
  gatewayRef: z.object({ name: z.string().min(1).max(253), namespace: dnsLabel }).exactOptional(),
  hostnames: z.array(hostname).max(16).exactOptional().describe("Absent: derived from the Gateway's host template."),
  rules: z
    .array(passedOn)
    .max(16)
    .exactOptional()
    .describe('Rules of a Gateway API HTTPRoute, passed on; absent: derived from the path template.'),
});

const triggers = z.object({
  http: z
    .object({
      port: z.int32().exactOptional(),
      engine: z.string().exactOptional().describe('`knative` (the default) or `keda`.'),
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
      value: z.unknown().exactOptional().describe('Any JSON value.'),
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
  policy: z.string().exactOptional().describe('`Override`; anything else means `Append`.'),
});

export const servingFields = z.object({
  triggers: triggers.exactOptional(),
  outputs: z.array(z.object({ dapr: daprOutput.exactOptional() })).exactOptional(),
  bindings: z.record(z.string(), componentSpec).exactOptional(),
  pubsub: z.record(z.string(), componentSpec).exactOptional(),
  states: z
    .record(z.string(), z.object({ spec: componentSpec.exactOptional() }))
    .exactOptional()
    .describe('Without `spec`: an existing component is meant.'),
  scaleOptions: scaleOptions.exactOptional(),
  params: strings.exactOptional().describe('Environment of the function container.'),
  labels: strings.exactOptional(),
  annotations: strings.exactOptional(),
  template: z
    .looseObject({ containers: z.array(passedOn) })
    .exactOptional()
    .describe("A PodSpec, passed on; the container named `function` is the user's."),
  timeout: durationText.exactOptional().describe('From the creation of the Serving until it runs.'),
  hooks: hooks.exactOptional(),
  tracing: tracing.exactOptional(),
  workloadType: z.string().exactOptional().describe('`Deployment` (the default), `StatefulSet` or `Job`.'),
});

/** `spec.serving` of a Function. */
export type ServingFields = Frozen<z.infer<typeof servingFields>>;
export type FunctionRoute = Frozen<z.infer<typeof route>>;
export type Triggers = Frozen<z.infer<typeof triggers>>;

export const servingSpec = servingFields.extend({
  version: z.string().exactOptional(),
  image: z.string(),
  imageCredentials: localRef.exactOptional(),
});

/** `spec` of a Serving. */
export type ServingSpec = Frozen<z.infer<typeof servingSpec>>;
