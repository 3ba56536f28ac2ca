// What stands in a Function when nobody wrote it: derived at each use and never stored, so that it also goes when its cause goes.
import { annotations as keys } from './names.ts';
import type { FunctionObject, FunctionSpec } from './schema.ts';
import type { BuildSpec } from './schema-build.ts';
import type { FunctionRoute, ServingFields, Triggers } from './schema-serving.ts';

export const defaultGateway = { name: 'openfunction', namespace: 'openfunction' } as const;

const defaultVersion = 'latest';
const defaultPort = 8080;

const wasm = {
  runtime: 'wasmedge',
  variant: 'compat-smart',
  strategy: { name: 'wasmedge', kind: 'ClusterBuildStrategy' },
  runtimeClass: 'openfunction-crun',
} as const;

/** The Function as it is meant. What is written is never changed; doing it twice changes nothing more. */
export function withDefaults(fn: FunctionObject): FunctionObject {
  const spec = specDefaults(fn.spec);
  if (!isWasm(fn)) return { ...fn, spec };
  const annotations = { [keys.wasmVariant]: wasm.variant, ...fn.metadata.annotations };
  return { ...fn, metadata: { ...fn.metadata, annotations }, spec: wasmDefaults(spec) };
}

/** Whether the Function runs as WebAssembly: its runtime says so, or OpenFunction's annotation is there with any value. */
export function isWasm(fn: FunctionObject): boolean {
  if (fn.metadata.annotations?.[keys.wasmVariant] !== undefined) return true;
  return fn.spec.workloadRuntime?.toLowerCase() === wasm.runtime;
}

function specDefaults(spec: FunctionSpec): FunctionSpec {
  const { serving } = spec;
  return {
    ...spec,
    workloadRuntime: spec.workloadRuntime || 'OCIContainer',
    version: spec.version || defaultVersion,
    ...(serving === undefined ? {} : { serving: { ...serving, triggers: triggerDefaults(serving.triggers ?? {}) } }),
  };
}

/** A Function without a Dapr trigger is invoked over HTTP. */
function triggerDefaults(triggers: Triggers): Triggers {
  const byDapr = (triggers.dapr ?? []).length > 0;
  const http = triggers.http ?? (byDapr ? undefined : {});
  if (http === undefined) return triggers;
  const port = http.port === 0 && !byDapr ? defaultPort : (http.port ?? defaultPort);
  return { ...triggers, http: { ...http, port, route: routeDefaults(http.route ?? {}) } };
}

function routeDefaults(route: FunctionRoute): FunctionRoute {
  return { ...route, gatewayRef: route.gatewayRef ?? defaultGateway };
}

function wasmDefaults(spec: FunctionSpec): FunctionSpec {
  const { build, serving } = spec;
  return {
    ...spec,
    ...(build === undefined ? {} : { build: wasmBuild(build) }),
    ...(serving === undefined ? {} : { serving: wasmServing(serving) }),
  };
}

function wasmBuild(build: BuildSpec): BuildSpec {
  return { ...build, shipwright: { strategy: wasm.strategy, ...build.shipwright } };
}

/** Without a template the runtime sets the class itself (serving stage). */
function wasmServing(serving: ServingFields): ServingFields {
  const { template } = serving;
  return {
    ...serving,
    annotations: { [keys.wasmVariant]: wasm.variant, ...serving.annotations },
    ...(template === undefined ? {} : { template: { runtimeClassName: wasm.runtimeClass, ...template } }),
  };
}
