// Functions that revflow itself has built and served once, with all their children: what every Function of a size is a copy of.

import { definitions } from '../../src/function/crd/definitions.ts';
import { kinds } from '../../src/function/kinds.ts';
import { annotations } from '../../src/function/names.ts';
import type { FunctionObject } from '../../src/function/schema.ts';
import { parseFunction } from '../../src/function/schema.ts';
import { foreignDefinitions } from '../../src/local/crd/foreign.ts';
import { installDefinitions } from '../../src/local/crd/install.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { connectKube } from '../../src/platform/kube/client.ts';
import type { Kind, Kube, KubeObject } from '../../src/platform/kube/kube.ts';
import { createLog } from '../../src/platform/logger.ts';
import { eventually } from '../eventually.ts';
import { startBuilders } from './builders.ts';
import { type Member, namespaces, type WatchType } from './fleet.ts';
import { startServant } from './servant.ts';
import { startWorker } from './worker.ts';

/** `host:port` of the servers. */
export interface Hosts {
  readonly git: string;
  readonly registry: string;
}

export interface Template {
  readonly type: WatchType;
  readonly ref: string;
  readonly fn: FunctionObject;
  /** The Function first, then its children. */
  readonly objects: readonly { readonly kind: Kind; readonly object: KubeObject }[];
}

export const templateNamespace = 'bench-template';
export const templatePath = 'bench/template';

const childKinds: readonly Kind[] = [kinds.builder, kinds.build, kinds.buildRun, kinds.serving];
const members: readonly Pick<Member, 'type' | 'ref'>[] = [
  { type: 'source', ref: 'main' },
  { type: 'source', ref: 'release' },
  { type: 'source-image', ref: 'latest' },
  { type: 'image', ref: 'latest' },
];

/** A client that counts as somebody else than revflow. */
export function connect(kubeconfig: string): Promise<Kube> {
  const log = createLog({ level: 'error', pretty: true, write: line => void process.stderr.write(line) });
  return connectKube({ kubeconfig, fieldManager: 'revflow-cli', clock: systemClock, log });
}

/** Has revflow build and serve one Function of each type in a new state directory of the API server. */
export async function makeTemplates(dir: string, hosts: Hosts, interval: string): Promise<readonly Template[]> {
  await using server = await startServant('api-server.ts');
  const kubeconfig = await server.ask<string>('start', { dir });
  await using kube = await connect(kubeconfig);
  await installDefinitions(kube, [...definitions, ...foreignDefinitions], systemClock);
  for (const name of [templateNamespace, ...namespaces]) {
    await kube.create(kinds.namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  await using builders = await startBuilders(kube, 0);
  await using worker = await startWorker({ kubeconfig, allow: Object.values(hosts) });
  for (const member of members) await kube.create(kinds.function, functionOf(member, hosts, interval));
  const made: Template[] = [];
  for (const member of members) {
    made.push(await eventually(`${nameOf(member)} is served`, () => twiceTheSame(() => settled(kube, member))));
  }
  await worker.stop();
  void builders;
  await server.ask('close');
  return made;
}

function nameOf({ type, ref }: Pick<Member, 'type' | 'ref'>): string {
  return `template-${type}-${ref}`;
}

function functionOf(member: Pick<Member, 'type' | 'ref'>, hosts: Hosts, interval: string): KubeObject {
  const { type, ref } = member;
  const watched = `${hosts.registry}/${templatePath}:${ref}`;
  const builder = 'registry.example/builder:1';
  const builds: Readonly<Record<WatchType, object>> = {
    source: { build: { builder, srcRepo: { url: `http://${hosts.git}/${templatePath}.git`, revision: ref } } },
    'source-image': { build: { builder, srcRepo: { bundleContainer: { image: watched } } } },
    image: {},
  };
  return {
    apiVersion: kinds.function.apiVersion,
    kind: kinds.function.kind,
    metadata: {
      name: nameOf(member),
      namespace: templateNamespace,
      annotations: {
        [annotations.revisionController]: 'enable',
        [annotations.revisionControllerParams]: `type: ${type}\nrepo-type: git\npolling-interval: ${interval}`,
      },
    },
    spec: {
      version: 'v1',
      // Each copy has an image of its own: Functions that build the very same would share a run.
      image: type === 'image' ? watched : `registry.example/${nameOf(member)}:v1`,
      ...builds[type],
      serving: { triggers: { http: { port: 8080 } } },
    },
  };
}

/** What was pruned or is still to be written would be missing, or be a write too many, in every copy. */
async function twiceTheSame<T>(read: () => Promise<T | false>): Promise<T | false> {
  const first = await read();
  if (first === false) return false;
  await systemClock.sleep(1_500);
  const second = await read();
  return JSON.stringify(first) === JSON.stringify(second) && second;
}

/** The Function with its children once nothing is under way. */
async function settled(kube: Kube, member: Pick<Member, 'type' | 'ref'>): Promise<Template | false> {
  const name = nameOf(member);
  const object = await kube.get({ kind: kinds.function, namespace: templateNamespace, name });
  const parsed = parseFunction(object);
  if (object === undefined || !('ok' in parsed)) return false;
  const fn = parsed.ok;
  const { build, serving, conditions = [] } = fn.status ?? {};
  const isBuilt = member.type === 'image' || build?.state === 'Succeeded';
  const isMoving = conditions.some(({ type, status }) => type === 'Reconciling' && status === 'True');
  const isSeen = conditions.some(({ type, reason }) => type === 'Watching' && reason === 'Observed');
  if (!isBuilt || !isSeen || isMoving || !serving?.resourceRef) return false;
  const own = `openfunction.io/function-uid=${fn.metadata.uid}`;
  const children: { kind: Kind; object: KubeObject }[] = [];
  for (const kind of childKinds) {
    const found = await kube.list(kind, { namespace: templateNamespace, labelSelector: own });
    for (const child of found) children.push({ kind, object: child });
  }
  return { ...member, fn, objects: [{ kind: kinds.function, object }, ...children] };
}
