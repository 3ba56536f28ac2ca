// Recorded states of Functions under OpenFunction, as objects that a cluster of today can hold: at rest, and on the way there.
import { wantedBuilder } from '../../src/build/plan.ts';
import { kinds } from '../../src/function/kinds.ts';
import { type FunctionObject, parseFunction } from '../../src/function/schema.ts';
import type { BuilderSpec } from '../../src/function/schema-build.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import { wantedServing } from '../../src/serving/plan.ts';
import type { GoldenCase, Stage } from './cases.ts';
import { expectedBuild } from './expected-build.ts';

/** What a cluster holds. Owners are named without UIDs, which come when it is loaded. */
export interface RecordedState {
  readonly name: string;
  /** As recorded; names of hosts have it in them. */
  readonly namespace: string;
  /** With their statuses. */
  readonly functions: readonly KubeObject[];
  readonly others: readonly KubeObject[];
}

type Status = Readonly<Record<string, unknown>>;

/** The last stage with all objects; undefined where no Function was left. */
export function stateAtRest(golden: GoldenCase): RecordedState | undefined {
  const last = golden.stages.at(-1);
  if (last === undefined) return undefined;
  const functions = golden.stored.map(fn => withStatus(fn, statusOf(last, fn)));
  const referred = golden.input.filter(({ kind }) => kind !== 'Function' && kind !== 'Serving');
  const made = new Set(golden.objects.map(keyOf));
  const given = referred.filter(object => !made.has(keyOf(object)));
  return stateOf(golden.name, functions, [...given, ...golden.objects]);
}

/** The stages before the last in which a Function stood otherwise, with its Builders, Builds, BuildRuns and Servings. */
export function statesOnTheWay(golden: GoldenCase): readonly RecordedState[] {
  const seen = new Set<string>();
  return golden.stages.slice(0, -1).flatMap((stage, at) => {
    const text = JSON.stringify(stage.statuses);
    if (seen.has(text)) return [];
    seen.add(text);
    const functions = golden.stored.map(fn => withStatus(specAt(golden, fn, stage), statusOf(stage, fn)));
    const gone = new Set(golden.steps.slice(0, at + 1).flatMap(step => step.disappeared));
    const found = stateOf(`${golden.name} at "${stage.name}"`, functions, childrenAt(golden, stage, functions, gone));
    return found ?? [];
  });
}

/**
 * The same with what is watched of each Function: its source, or where nothing is built its image; sources have the state's name in them,
 * so that no other state has the same. Without workloads and routes.
 */
export function watched(state: RecordedState): RecordedState {
  const kept: ReadonlySet<string> = new Set(['Builder', 'Build', 'BuildRun', 'Serving', 'Secret']);
  const functions = state.functions.map(fn => {
    const { build } = Object(fn['spec']) as { readonly build?: { readonly srcRepo?: object } };
    const source = 'bundleContainer' in (build?.srcRepo ?? {}) ? 'source-image' : 'source';
    const annotations = {
      'openfunction.io/revision-controller': 'enable',
      'openfunction.io/revision-controller-params': `type: ${build === undefined ? 'image' : source}\nrepo-type: git\n`,
      // Trees of folders are asked for, and nothing can be asked here.
      'openfunction.io/path-filter': 'off',
      ...fn.metadata.annotations,
    };
    return { ...fn, metadata: { ...fn.metadata, annotations } };
  });
  const word = state.name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const alone = (objects: readonly KubeObject[]) => withSources(objects, word) as readonly KubeObject[];
  return { ...state, functions: alone(functions), others: alone(state.others.filter(({ kind }) => kept.has(kind))) };
}

/** Puts a word before the last part of every URL and image. */
function withSources(value: unknown, word: string): unknown {
  if (Array.isArray(value)) return value.map(item => withSources(item, word));
  if (typeof value !== 'object' || value === null) return value;
  const named = (key: string, member: unknown) =>
    (key === 'url' || key === 'image') && typeof member === 'string'
      ? member.replace(/[^/]+$/, `${word}-$&`)
      : withSources(member, word);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, named(key, member)]));
}

/** The same in another namespace, with the tokens of the recording filled in. */
export function placed(state: RecordedState, namespace: string): RecordedState {
  const own = new RegExp(`(?<![\\w-])${state.namespace}(?![\\w-])`, 'g');
  const fill = (objects: readonly KubeObject[]) =>
    (JSON.parse(filled(JSON.stringify(objects)).replace(own, namespace)) as KubeObject[]).map(ofToday);
  return { ...state, namespace, functions: fill(state.functions), others: fill(state.others) };
}

function stateOf(
  name: string,
  functions: readonly KubeObject[],
  others: readonly KubeObject[],
): RecordedState | undefined {
  const namespace = functions[0]?.metadata.namespace;
  if (namespace === undefined) return undefined;
  // What stands in namespaces of whole clusters is no Function's.
  return { name, namespace, functions, others: others.filter(other => other.metadata.namespace === namespace) };
}

function statusOf(stage: Stage, { kind, metadata }: KubeObject): Status | undefined {
  return stage.statuses[kind]?.[metadata.name];
}

function withStatus(object: KubeObject, status: Status | undefined): KubeObject {
  return status === undefined ? object : { ...object, status };
}

/** The Function is recorded as it was at the end; whether it built and served before, its status tells. */
function specAt(golden: GoldenCase, fn: KubeObject, stage: Stage): KubeObject {
  const { build, serving } = (statusOf(stage, fn) ?? {}) as Readonly<Record<string, Status>>;
  const given = golden.input.find(({ kind, metadata }) => kind === 'Function' && metadata.name === fn.metadata.name);
  const spec: Record<string, unknown> = { ...Object(fn['spec']) };
  if (build?.['state'] === 'Skipped') delete spec['build'];
  if (serving?.['state'] === 'Skipped') delete spec['serving'];
  else if (serving !== undefined) spec['serving'] ??= Reflect.get(Object(given?.['spec']), 'serving');
  return { ...fn, spec };
}

function childrenAt(
  golden: GoldenCase,
  stage: Stage,
  functions: readonly KubeObject[],
  gone: ReadonlySet<string>,
): readonly KubeObject[] {
  const [fn] = functions;
  const parsed = parseFunction({ ...fn, metadata: { uid: 'u', ...fn?.metadata }, status: undefined });
  if (fn === undefined || !('ok' in parsed)) return [];
  const { imageDigest } = Object(Object(fn['status']).revision) as { readonly imageDigest?: string };
  const recorded = new Map([...golden.building, ...golden.objects].map(object => [keyOf(object), object]));
  const named = (kind: string) =>
    Object.entries(stage.statuses[kind] ?? {}).map(([name, status]) =>
      withStatus(recorded.get(`${kind}/${name}`) ?? madeUp({ fn: parsed.ok, digest: imageDigest }, kind, name), status),
    );
  const builders = named('Builder');
  const runs = builders.flatMap(builder => runsOf(builder)).filter(run => !gone.has(keyOf(run)));
  return [...builders, ...runs, ...named('Serving')];
}

/** `Kind/name`. */
function keyOf({ kind, metadata }: KubeObject): string {
  return `${kind}/${metadata.name}`;
}

/** A child that was gone at the end. */
function madeUp(
  { fn, digest }: { fn: FunctionObject; digest: string | undefined },
  kind: string,
  name: string,
): KubeObject {
  const { apiVersion, metadata } = fn;
  const spec = kind === 'Builder' ? wantedBuilder(fn, undefined) : wantedServing(fn, digest);
  const labels = { 'openfunction.io/function': metadata.name };
  const owner = { apiVersion, kind: 'Function', name: metadata.name, uid: '', controller: true };
  return {
    apiVersion,
    kind,
    metadata: { name, namespace: metadata.namespace, labels, ownerReferences: [owner] },
    spec: spec ?? { image: fn.spec.image, srcRepo: {} },
  };
}

/** Build and BuildRun of a Builder that has not ended. */
function runsOf(builder: KubeObject): readonly KubeObject[] {
  const status = Object(builder['status']) as {
    readonly state?: string;
    readonly resourceRef?: Record<string, string>;
  };
  const { 'shipwright.io/build': build = '', 'shipwright.io/buildRun': run = '' } = status.resourceRef ?? {};
  if (status.state !== 'Building' || run === '') return [];
  const { name, namespace, labels } = builder.metadata;
  const owner = { apiVersion: builder.apiVersion, kind: 'Builder', name, uid: '', controller: true };
  const metadata = {
    ...(namespace === undefined ? {} : { namespace }),
    labels: { ...labels, 'openfunction.io/builder': name },
    ownerReferences: [owner],
  };
  const { apiVersion } = kinds.build;
  const strategy = { name: 'openfunction', kind: 'ClusterBuildStrategy' };
  const source = { type: 'Git', git: { url: 'https://git.example/f.git' } };
  return [
    {
      apiVersion,
      kind: 'Build',
      metadata: { ...metadata, name: build },
      spec: { source, strategy, output: { image: 'reg.example/f:v1' } },
    },
    { apiVersion, kind: 'BuildRun', metadata: { ...metadata, name: run }, spec: { build: { name: build } } },
  ];
}

const fillings: readonly (readonly [RegExp, string | ((...parts: string[]) => string)])[] = [
  [/<([BSr]\d+)>/g, (_, token = '') => `${token.toLowerCase()}x7k`],
  [/<hash-(\d+)>/g, (_, nth = '') => `1071386751${nth.padStart(4, '0')}`],
  [/<duration>|<spec\.build\.timeout minus age of the Builder>/g, '1m0s'],
  [/<time>|<function creationTimestamp>/g, '2024-01-01T00:00:00Z'],
];

function filled(text: string): string {
  return fillings.reduce((made, [token, by]) => made.replaceAll(token, by as string), text);
}

/** In the API versions that a cluster serves today, without what the recording adds for readers. */
function ofToday(object: KubeObject): KubeObject {
  const { generateName: _, ...metadata } = object.metadata as KubeObject['metadata'] & { generateName?: string };
  const same = { ...(withoutRemarks(object) as KubeObject), metadata };
  if (same.apiVersion.startsWith('gateway.networking.k8s.io/')) {
    return { ...same, apiVersion: 'gateway.networking.k8s.io/v1' };
  }
  return same.apiVersion === 'shipwright.io/v1alpha1' ? shipwrightOfToday(same) : same;
}

function shipwrightOfToday(object: KubeObject): KubeObject {
  const { apiVersion } = kinds.build;
  const spec = Object(object['spec']);
  if (object.kind === 'Build') {
    return { ...object, apiVersion, spec: expectedBuild(spec, { image: '', srcRepo: {} } as BuilderSpec) };
  }
  const build = { name: Reflect.get(Object(spec.buildRef), 'name') };
  return { ...object, apiVersion, spec: { build, serviceAccount: '.generate' } };
}

/** FUNC_CONTEXT stands there twice, once parsed. */
function withoutRemarks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutRemarks);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([key]) => key !== 'decodedEnv');
  return Object.fromEntries(members.map(([key, member]) => [key, withoutRemarks(member)]));
}
