// Loads recorded states into a cluster as OpenFunction left them, and looks at everything that is there afterwards.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { kinds } from '../../src/function/kinds.ts';
import { type Kind, type Kube, KubeError, type KubeObject } from '../../src/platform/kube/kube.ts';
import { startReconcileCluster } from '../flow/cluster.ts';
import { readDefinitions, type TestCluster } from '../servers/api-server.ts';
import { placed, type RecordedState } from './at-rest-state.ts';

const crds = join(import.meta.dirname, '../../../shared/crds');

/** Kinds that recordings hold besides ours and Shipwright's. */
const foreign: readonly Kind[] = [
  { apiVersion: 'v1', kind: 'Service', plural: 'services' },
  { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' },
  { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments' },
  { apiVersion: 'apps/v1', kind: 'StatefulSet', plural: 'statefulsets' },
  { apiVersion: 'batch/v1', kind: 'Job', plural: 'jobs' },
  { apiVersion: 'serving.knative.dev/v1', kind: 'Service', plural: 'services' },
  { apiVersion: 'dapr.io/v1alpha1', kind: 'Component', plural: 'components' },
  { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', plural: 'scaledobjects' },
  { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledJob', plural: 'scaledjobs' },
  { apiVersion: 'http.keda.sh/v1alpha1', kind: 'HTTPScaledObject', plural: 'httpscaledobjects' },
  { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', plural: 'httproutes' },
  { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', plural: 'gateways' },
  { apiVersion: 'networking.openfunction.io/v1alpha1', kind: 'Gateway', plural: 'gateways' },
];
const own: readonly Kind[] = [
  kinds.function,
  kinds.builder,
  kinds.serving,
  kinds.build,
  kinds.buildRun,
  kinds.pipelineRun,
  kinds.secret,
];

/** Folders of ../shared/crds that these kinds come from. */
const folders = ['knative-serving', 'dapr', 'keda', 'keda-http-add-on', 'gateway-api', 'tekton-pipeline'];

/** A cluster with all that a Function had around it. */
export async function startRestingCluster(): Promise<TestCluster> {
  const cluster = await startReconcileCluster();
  if (cluster.isReal || !existsSync(crds)) return cluster;
  const served = new Set(foreign.map(({ apiVersion, plural }) => `${plural}.${apiVersion.split('/')[0]}`));
  const all = await Promise.all(folders.map(folder => readDefinitions(join(crds, folder))));
  const openFunction = await readDefinitions(join(crds, 'openfunction'));
  await cluster.install([...all.flat(), ...openFunction].filter(({ metadata }) => served.has(metadata.name)));
  return cluster;
}

/** A state in the cluster. */
export interface Loaded {
  readonly state: RecordedState;
  readonly namespace: string;
  /** Everything that was there then. */
  readonly before: Inventory;
}

/** Objects by version, kind and name. */
export type Inventory = ReadonlyMap<string, KubeObject>;

const loadedAtOnce = 8;

/** Loads each into a namespace of its own. */
export async function loadAll(kube: Kube, states: readonly RecordedState[]): Promise<readonly Loaded[]> {
  const namespaces: string[] = [];
  for (let at = 0; at < states.length; at += loadedAtOnce) {
    namespaces.push(...(await Promise.all(states.slice(at, at + loadedAtOnce).map(state => loadOne(kube, state)))));
  }
  const all = await inventories(kube, namespaces);
  return states.map((state, at) => ({ state, namespace: namespaces[at] ?? '', before: all[at] ?? new Map() }));
}

/** Gives the namespace. */
async function loadOne(kube: Kube, state: RecordedState): Promise<string> {
  const name = `${state.namespace.slice(0, 50)}-${randomBytes(4).toString('hex')}`;
  const { apiVersion, kind } = kinds.namespace;
  await kube.create(kinds.namespace, { apiVersion, kind, metadata: { name } });
  await load(kube, placed(state, name));
  return name;
}

/** Takes the Functions away again, so that nobody else on a real API server meets them. */
export async function removeAll(kube: Kube, loaded: readonly Loaded[]): Promise<void> {
  for (const { namespace, before } of loaded) {
    const functions = [...before.values()].filter(({ kind }) => kind === 'Function');
    await Promise.all(
      functions.map(({ metadata: { name } }) => kube.remove({ kind: kinds.function, namespace, name })),
    );
  }
}

/**
 * Creates everything, owners first, and then writes the statuses: those of the Functions last, as OpenFunction did. A workload or route
 * that no API server takes any more is left out.
 */
async function load(kube: Kube, state: RecordedState): Promise<void> {
  const uids = new Map<string, string>();
  const create = async (object: KubeObject) => {
    const made = await kube.create(kindOf(object), owned(object, uids)).catch((error: unknown) => {
      if (isRefused(error) && foreign.includes(kindOf(object))) return undefined;
      throw error;
    });
    if (made === undefined) return;
    uids.set(`${object.kind}/${object.metadata.name}`, made.metadata.uid ?? '');
    await writeStatus(kube, object);
  };
  const made = await Promise.all(state.functions.map(fn => kube.create(kinds.function, owned(fn, uids))));
  for (const { kind, metadata } of made) uids.set(`${kind}/${metadata.name}`, metadata.uid ?? '');
  await Promise.all(state.others.filter(isOwner).map(create));
  await Promise.all(state.others.filter(other => !isOwner(other)).map(create));
  await Promise.all(state.functions.map(fn => writeStatus(kube, fn)));
}

/** Builders and Servings own the rest. */
function isOwner({ kind }: KubeObject): boolean {
  return kind === 'Builder' || kind === 'Serving';
}

function isRefused(error: unknown): boolean {
  return error instanceof KubeError && (error.status === 400 || error.status === 422);
}

function owned(object: KubeObject, uids: ReadonlyMap<string, string>): KubeObject {
  const { status: _, ...rest } = object;
  const { ownerReferences } = object.metadata;
  if (ownerReferences === undefined) return rest;
  const owners = ownerReferences.map(owner => ({ ...owner, uid: uids.get(`${owner.kind}/${owner.name}`) ?? 'gone' }));
  return { ...rest, metadata: { ...object.metadata, ownerReferences: owners } };
}

async function writeStatus(kube: Kube, object: KubeObject): Promise<void> {
  const { status, metadata } = object;
  if (status === undefined || Object.keys(Object(status)).length === 0) return;
  const { namespace = '', name } = metadata;
  await kube.patch({ kind: kindOf(object), namespace, name }, { status }, { subresource: 'status' });
}

function kindOf({ apiVersion, kind }: KubeObject): Kind {
  const found = [...own, ...foreign].find(each => each.kind === kind && each.apiVersion === apiVersion);
  if (found === undefined) throw new Error(`recordings hold no ${apiVersion} ${kind}`);
  return found;
}

/** Everything in each of these namespaces, of the kinds that recordings hold. */
export async function inventories(kube: Kube, namespaces: readonly string[]): Promise<readonly Inventory[]> {
  const found = new Map(namespaces.map(namespace => [namespace, new Map<string, KubeObject>()]));
  for (const kind of [...own, ...foreign]) {
    const objects = await listed(kube, kind);
    for (const object of objects) {
      found
        .get(object.metadata.namespace ?? '')
        ?.set(`${kind.apiVersion} ${kind.kind}/${object.metadata.name}`, object);
    }
  }
  return namespaces.map(namespace => found.get(namespace) ?? new Map());
}

/** Nothing where the kind is not served. */
async function listed(kube: Kube, kind: Kind): Promise<readonly KubeObject[]> {
  try {
    return await kube.list(kind);
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return [];
    throw error;
  }
}
