// The Functions that the benchmark takes over: recorded states at rest where they are at hand, else some that stand for them.
import { existsSync } from 'node:fs';
import { kinds } from '../../src/function/kinds.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import { commands, isBuilding, isRefused } from '../golden/at-rest-fields.ts';
import { type RecordedState, stateAtRest } from '../golden/at-rest-state.ts';
import { findCases, goldensFolder, readCase } from '../golden/cases.ts';

/** OpenFunction's own objects, and those of Shipwright: what stands beside them nobody looks at. */
const kept: ReadonlySet<string> = new Set(['Builder', 'Build', 'BuildRun', 'Serving']);

/** At most so many states, of one Function each; `recorded` says where they are from. */
export function restingShapes(most: number): { readonly recorded: boolean; readonly states: readonly RecordedState[] } {
  if (!existsSync(goldensFolder)) return { recorded: false, states: builtIn.slice(0, most) };
  const states = findCases(goldensFolder)
    .values()
    .map(folder => stateAtRest(readCase(folder)))
    .filter(state => state !== undefined)
    .filter(state => !isBuilding(state) && !isRefused(state) && !(state.name in commands))
    .filter(({ functions }) => functions.length === 1)
    .map(state => ({ ...state, others: state.others.filter(({ kind }) => kept.has(kind)) }))
    .take(most)
    .toArray();
  return { recorded: true, states };
}

const { apiVersion } = kinds.function;
const image = 'reg.example/f:v1';
const digest = `sha256:${'a'.repeat(64)}`;
const build = { builder: 'reg.example/builder:1', srcRepo: { url: 'https://git.example/f.git', revision: 'main' } };
const triggers = { http: { port: 8080, route: { gatewayRef: { name: 'openfunction', namespace: 'openfunction' } } } };
const sources = [{ name: 'default', git: { commitSha: 'c'.repeat(40) } }];
const succeeded = { state: 'Succeeded', reason: 'Succeeded', message: 'Succeeded', resourceRef: 'builder-x7k2p' };
const skipped = { build: { state: 'Skipped', resourceHash: '10713867512' } };
const running = {
  state: 'Running',
  reason: 'Running',
  message: 'Running',
  resourceRef: 'serving-9xq4d',
  lastSuccessfulResourceRef: 'serving-9xq4d',
  resourceHash: '2750563241',
  service: 'serving-9xq4d-ksvc',
};
const failed = { state: 'Failed', reason: 'Failed', message: 'no', resourceRef: 'builder-x7k2p' };

const builtIn: readonly RecordedState[] = [
  shape(
    'built-and-running',
    { image, build, serving: { triggers } },
    {
      build: { ...succeeded, resourceHash: '10713867512' },
      serving: running,
      revision: { imageDigest: digest },
      sources,
    },
    [serving(`${image}@${digest}`)],
  ),
  shape('running', { image, serving: { triggers } }, { ...skipped, serving: running }, [serving(image)]),
  shape('failed', { image, build, serving: { triggers } }, { build: { ...failed, resourceHash: '10713867512' } }, [
    child('Builder', 'builder-x7k2p', { ...build, image }, { phase: 'Build', ...failed, resourceRef: {} }),
  ]),
];

function shape(name: string, spec: object, status: object, others: readonly KubeObject[]): RecordedState {
  const namespace = `g-${name}`;
  const fn = { apiVersion, kind: 'Function', metadata: { name: 'f', namespace }, spec, status };
  return { name, namespace, functions: [fn], others: others.map(other => inNamespace(other, namespace)) };
}

function serving(served: string): KubeObject {
  const status = {
    phase: 'Serving',
    state: 'Running',
    reason: 'Running',
    message: 'Running',
    url: 'serving-9xq4d-ksvc',
  };
  return child('Serving', 'serving-9xq4d', { image: served, triggers }, status);
}

function child(kind: string, name: string, spec: object, status: object): KubeObject {
  const labels = { 'openfunction.io/function': 'f' };
  const ownerReferences = [{ apiVersion, kind: 'Function', name: 'f', uid: '', controller: true }];
  return { apiVersion, kind, metadata: { name, labels, ownerReferences }, spec, status };
}

function inNamespace(object: KubeObject, namespace: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, namespace } };
}
