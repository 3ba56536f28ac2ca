// Builder → Build and BuildRun of Shipwright v1alpha1, as OpenFunction emitted them, for clusters that serve nothing newer.
import { kinds } from '../../function/kinds.ts';
import { buildName, buildRunName } from '../../function/names.ts';
import type { BuilderObject } from '../../function/schema.ts';
import type { BuilderSpec } from '../../function/schema-build.ts';
import type { KubeObject } from '../../platform/kube/kube.ts';
import type { BuildOrder } from '../backend.ts';
import { bundleOf, sortedEnv } from '../plan.ts';
import { runMetadata } from '../run-metadata.ts';
import { imageOf, strategyOf, timeoutOf } from './emit.ts';
import { list, type NamedParam, valuesOf, withoutAbsent } from './values.ts';

/** The Build of a Builder; its revision is the pinned id when there is one. */
export function emitBuildV1alpha1(order: BuildOrder): KubeObject {
  const { builder, revision } = order;
  const { spec } = builder;
  const { paramValues, env } = valuesOf(spec, {});
  return {
    apiVersion: kinds.buildV1alpha1.apiVersion,
    kind: kinds.buildV1alpha1.kind,
    metadata: runMetadata(builder, buildName(builder.metadata.name)),
    spec: {
      source: source(spec, revision),
      strategy: strategyOf(spec),
      ...(spec.builder ? { builder: { image: spec.builder, ...credentials(spec.builderCredentials?.name) } } : {}),
      ...withoutAbsent({ dockerfile: spec.dockerfile }),
      ...list('paramValues', [...paramValues, ...joinedVariables(spec, paramValues)]),
      ...list('env', env),
      output: imageOf(order, credentials(spec.imageCredentials?.name)),
      ...timeoutOf(spec),
    },
  };
}

/** The BuildRun of a Builder. */
export function emitBuildRunV1alpha1(builder: BuilderObject): KubeObject {
  return {
    apiVersion: kinds.buildRunV1alpha1.apiVersion,
    kind: kinds.buildRunV1alpha1.kind,
    metadata: runMetadata(builder, buildRunName(builder.metadata.name)),
    spec: { buildRef: { name: buildName(builder.metadata.name) }, serviceAccount: { generate: true } },
  };
}

function credentials(name: string | undefined): object {
  return name ? { credentials: { name } } : {};
}

/** `revision` of a bundle says nothing; OpenFunction passes on what is written. */
function source(spec: BuilderSpec, revision: string | undefined): object {
  const { url, revision: written, sourceSubPath: contextDir, credentials: secret } = spec.srcRepo;
  const image = bundleOf(spec, revision);
  const from = image === undefined ? { url } : { bundleContainer: { image } };
  const at = image === undefined ? revision || written : written;
  return { ...withoutAbsent({ ...from, revision: at, contextDir }), ...credentials(secret?.name) };
}

/** What arrives as it is: OpenFunction's strategy splits the text with a shell, which must find nothing in it to run or to expand. */
const harmless = /^[\w./:@%+,-]+$/;

/**
 * OpenFunction's own strategy of this version hands only ENV_VARS to buildpacks, and its other strategies do not know the parameter.
 * Variables with any other value are in the steps' environment alone.
 */
function joinedVariables(spec: BuilderSpec, given: readonly NamedParam[]): readonly NamedParam[] {
  const strategy = spec.shipwright?.strategy?.name ?? 'openfunction';
  if (strategy !== 'openfunction' || given.some(({ name }) => name === 'ENV_VARS')) return [];
  const entries = sortedEnv(spec).filter(([name, value]) => harmless.test(value) && /^\w+$/.test(name));
  return entries.length === 0
    ? []
    : [{ name: 'ENV_VARS', value: entries.map(([name, value]) => `${name}=${value}#`).join('') }];
}
