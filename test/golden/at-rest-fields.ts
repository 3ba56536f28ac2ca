// What revflow may write into the status of a Function that it takes over, and which recorded states are not at rest.
import { type FunctionObject, parseFunction } from '../../src/function/schema.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import type { Inventory, Loaded } from './at-rest-cluster.ts';
import type { Write } from './at-rest-loop.ts';
import type { RecordedState } from './at-rest-state.ts';

/** Status fields that OpenFunction does not have; nothing else may change, each with what it is for. */
export const ownFields: Readonly<Record<string, string>> = {
  conditions: 'OpenFunction says nothing of what it thinks',
  observedGeneration: 'the edit that was looked at last: what comes after it is built',
  watch: 'what is watched and what was seen, which OpenFunction keeps in memory',
  'build.inputHash': 'our hash beside its own: a later edit is told from none',
  'serving.inputHash': 'the same',
};

/** Recorded states in which something is still to be done, which OpenFunction never did, each with what it is. */
export const commands: Readonly<Record<string, string>> = {
  'cases/crash-serving-removed-after-failed-build':
    'spec.serving was removed and OpenFunction ended on it: the edit is carried out, the Serving goes',
  'cases/life-delete-running-builder':
    'its BuildRun was deleted by hand and OpenFunction waits for it for ever: it is built again',
};

/** Functions that OpenFunction took and that are refused here: their status says so, and an Event. */
export const refused: Readonly<Record<string, string>> = {
  'cases/outputs-without-dapr':
    'an output without anything in it, which OpenFunction could not read in its other version',
};

export function isRefused({ name }: RecordedState): boolean {
  return Object.keys(refused).some(each => name.startsWith(each));
}

/** Time does not pass it by: OpenFunction was not at rest either. */
export function isBuilding({ functions }: RecordedState): boolean {
  return functions.some(fn => Reflect.get(Object(Object(fn['status']).build), 'state') === 'Building');
}

/** Such as `patch functions/f status`. */
export function line({ verb, plural, name, isStatus }: Write): string {
  return `${verb} ${plural}/${name}${isStatus ? ' status' : ''}`;
}

export function functionsIn(objects: Inventory): readonly KubeObject[] {
  return [...objects.values()].filter(object => object.kind === 'Function');
}

/** Their keys in the queue. */
export function keysOf(loaded: readonly Loaded[]): readonly string[] {
  return loaded.flatMap(({ namespace, before }) => functionsIn(before).map(fn => `${namespace}/${fn.metadata.name}`));
}

/** The Function as it is worked on. Throws for one that cannot be read. */
export function readable(object: KubeObject): FunctionObject {
  const parsed = parseFunction(object);
  if (!('ok' in parsed)) throw new Error(`${object.metadata.name} cannot be read`);
  return parsed.ok;
}

/** UIDs and versions of everything but Functions. */
export function standing(objects: Inventory): object {
  const entries = [...objects].filter(([, { kind }]) => kind !== 'Function');
  return Object.fromEntries(entries.map(([key, { metadata }]) => [key, `${metadata.uid} ${metadata.resourceVersion}`]));
}

/** A Function without what revflow alone writes. */
export function withoutOwn(fn: KubeObject): object {
  const { status, metadata, ...rest } = fn;
  const left = Object.entries(Object(status))
    .filter(([field]) => !(field in ownFields))
    .map(([field, value]) => [field, withoutInner(field, value)]);
  const { name, namespace, uid, generation, labels, annotations } = metadata;
  return {
    ...rest,
    metadata: { name, namespace, uid, generation, labels, annotations },
    status: Object.fromEntries(left),
  };
}

function withoutInner(field: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([inner]) => !(`${field}.${inner}` in ownFields)));
}
