// Builder → Build and BuildRun of Shipwright v1beta1.
import { kinds } from '../../function/kinds.ts';
import { buildName, buildRunName } from '../../function/names.ts';
import type { BuilderObject } from '../../function/schema.ts';
import type { BuilderSpec, BuildParam } from '../../function/schema-build.ts';
import type { KubeObject } from '../../platform/kube/kube.ts';
import type { BuildOrder } from '../backend.ts';
import { imageNotes } from '../image-notes.ts';
import { runMetadata } from '../run-metadata.ts';
import { Texts } from '../texts.ts';

/** What Shipwright runs when a Function names no strategy. */
const defaultStrategy = { name: 'openfunction', kind: 'ClusterBuildStrategy' };

/** The Build of a Builder; its revision is the pinned id when there is one. */
export function emitBuild(order: BuildOrder): KubeObject {
  const { spec } = order.builder;
  const strategy = spec.shipwright?.strategy;
  return {
    apiVersion: kinds.build.apiVersion,
    kind: kinds.build.kind,
    metadata: runMetadata(order.builder, buildName(order.builder.metadata.name)),
    spec: {
      source: source(spec, order.revision),
      strategy: strategy ? withoutAbsent({ name: strategy.name, kind: strategy.kind }) : defaultStrategy,
      ...list('paramValues', params(spec)),
      ...list('env', environment(spec)),
      output: output(order),
      ...withoutAbsent({ timeout: spec.timeout ?? spec.shipwright?.timeout }),
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

function output(order: BuildOrder): object {
  const { image, imageCredentials } = order.builder.spec;
  const notes = imageNotes(order);
  const known = Object.keys(notes).length > 0;
  return withoutAbsent({
    image,
    pushSecret: imageCredentials?.name,
    insecure: order.insecureRegistry === true ? true : undefined,
    labels: known ? notes : undefined,
    annotations: known ? notes : undefined,
  });
}

function source(spec: BuilderSpec, revision: string | undefined): object {
  const { srcRepo } = spec;
  const secret = srcRepo.credentials?.name;
  const bundle = srcRepo.bundleContainer?.image;
  const contextDir = withoutAbsent({ contextDir: srcRepo.sourceSubPath });
  if (bundle !== undefined) {
    const image = !revision ? bundle : `${bundle.split('@')[0]}@${revision}`;
    return { type: 'OCI', ociArtifact: withoutAbsent({ image, pullSecret: secret }), ...contextDir };
  }
  const git = { url: srcRepo.url, revision: revision || srcRepo.revision, cloneSecret: secret };
  return { type: 'Git', git: withoutAbsent(git), ...contextDir };
}

/** The user's parameters in their order, then what v1beta1 made parameters of: the builder image and the Dockerfile's path. */
function params(spec: BuilderSpec): readonly object[] {
  const own = (spec.shipwright?.params ?? []).filter(param => param !== null).map(entry => param(entry));
  const named = new Set(own.map(entry => entry.name));
  const derived = [
    { name: 'builder-image', value: spec.builder },
    { name: 'dockerfile', value: spec.dockerfile },
  ];
  return [...own, ...derived.filter(entry => entry.value && !named.has(entry.name))];
}

type SingleValue = Pick<BuildParam, 'value' | 'configMapValue' | 'secretValue'>;

interface NamedParam {
  readonly name: string;
  readonly [field: string]: unknown;
}

/** One value, reference or list, as Shipwright accepts it: exactly one of them. */
function param(entry: BuildParam): NamedParam {
  const { name, values } = entry;
  return values ? { name, values: values.map(single) } : { name, ...single(entry) };
}

/** An empty value is a value, but not beside a reference. */
function single({ value, configMapValue, secretValue }: SingleValue): object {
  if (configMapValue) return { configMapValue: withoutAbsent(configMapValue) };
  if (secretValue) return { secretValue: withoutAbsent(secretValue) };
  return value === undefined ? {} : { value };
}

/** Values arrive as they are written: nothing in them is a reference to another variable, or to what Tekton knows. */
function environment(spec: BuilderSpec): readonly object[] {
  const texts = new Texts();
  const own = Object.entries(spec.env ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, value: texts.plain(value) }));
  return [...texts.variables, ...own];
}

function list(name: string, items: readonly object[]): object {
  return items.length === 0 ? {} : { [name]: items };
}

/** Drops what is absent, null or empty. */
function withoutAbsent(object: object): object {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined && value !== null && value !== ''),
  );
}
