// Builder → Build and BuildRun of Shipwright v1beta1.
import { kinds } from '../../function/kinds.ts';
import { buildName, buildRunName } from '../../function/names.ts';
import type { BuilderObject } from '../../function/schema.ts';
import type { BuilderSpec } from '../../function/schema-build.ts';
import type { KubeObject } from '../../platform/kube/kube.ts';
import type { BuildOrder } from '../backend.ts';
import { imageNotes } from '../image-notes.ts';
import { isInsecure } from '../insecure-registry.ts';
import { buildTimeout, bundleOf } from '../plan.ts';
import { runMetadata } from '../run-metadata.ts';
import { list, valuesOf, withoutAbsent } from './values.ts';

/** What Shipwright runs when a Function names no strategy. */
const defaultStrategy = { name: 'openfunction', kind: 'ClusterBuildStrategy' };

/** The Build of a Builder; its revision is the pinned id when there is one. */
export function emitBuild(order: BuildOrder): KubeObject {
  const { spec } = order.builder;
  // What v1beta1 made parameters of.
  const { paramValues, env } = valuesOf(spec, { 'builder-image': spec.builder, dockerfile: spec.dockerfile });
  return {
    apiVersion: kinds.build.apiVersion,
    kind: kinds.build.kind,
    metadata: runMetadata(order.builder, buildName(order.builder.metadata.name)),
    spec: {
      source: source(spec, order.revision),
      strategy: strategyOf(spec),
      ...list('paramValues', paramValues),
      ...list('env', env),
      output: imageOf(order, { pushSecret: spec.imageCredentials?.name }),
      ...timeoutOf(spec),
    },
  };
}

/** The BuildRun of a Builder. */
export function emitBuildRun(builder: BuilderObject): KubeObject {
  return {
    apiVersion: kinds.buildRun.apiVersion,
    kind: kinds.buildRun.kind,
    metadata: runMetadata(builder, buildRunName(builder.metadata.name)),
    spec: { build: { name: buildName(builder.metadata.name) }, serviceAccount: '.generate' },
  };
}

/** The strategy that is asked for; without a kind Shipwright takes a BuildStrategy of the namespace. */
export function strategyOf({ shipwright }: BuilderSpec): { readonly name: string; readonly kind?: string } {
  const { name, kind } = shipwright?.strategy ?? defaultStrategy;
  return { name, ...(kind ? { kind } : {}) };
}

/** What is pushed, and what it says of itself. */
export function imageOf(order: BuildOrder, credential: object): object {
  const notes = imageNotes(order);
  const known = Object.keys(notes).length > 0;
  return withoutAbsent({
    image: order.builder.spec.image,
    ...credential,
    insecure: isInsecure(order) ? true : undefined,
    labels: known ? notes : undefined,
    annotations: known ? notes : undefined,
  });
}

/** The limit of the build, where there is one. */
export function timeoutOf(spec: BuilderSpec): object {
  return withoutAbsent({ timeout: buildTimeout(spec) });
}

function source(spec: BuilderSpec, revision: string | undefined): object {
  const { srcRepo } = spec;
  const secret = srcRepo.credentials?.name;
  const image = bundleOf(spec, revision);
  const contextDir = withoutAbsent({ contextDir: srcRepo.sourceSubPath });
  if (image !== undefined) {
    return { type: 'OCI', ociArtifact: withoutAbsent({ image, pullSecret: secret }), ...contextDir };
  }
  const git = { url: srcRepo.url, revision: revision || srcRepo.revision, cloneSecret: secret };
  return { type: 'Git', git: withoutAbsent(git), ...contextDir };
}
