// revflow as a ServiceAccount with only what deploy/ grants it, on an API server that enforces RBAC. Elsewhere it is an administrator.
import { appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Kind, Kube, KubeObject } from '../../src/platform/kube/kube.ts';
import type { TestCluster } from '../servers/api-server.ts';
import type { ProxiedRequest } from '../servers/fault-proxy.ts';
import { overlayRules, usesOf } from './grants.ts';

/** True when every `revflow run` of the flow tests is the ServiceAccount. The API server under test takes a name for a token. */
export const isServiceAccount = process.env['REVFLOW_TEST_RBAC'] === '1';
/** A file to which everything that the ServiceAccount of deploy/base asks for is added; undefined: nobody wants to know. */
const usesFile = process.env['REVFLOW_TEST_USES'];

/** `companion` has what the overlay of that name grants instead of the ClusterRole of deploy/base. */
export type Account = 'revflow' | 'revflow-companion';

const deploy = join(import.meta.dirname, '../../deploy');
const apiVersion = 'rbac.authorization.k8s.io/v1';
const kinds: Readonly<Record<string, Kind>> = {
  Role: { apiVersion, kind: 'Role', plural: 'roles' },
  RoleBinding: { apiVersion, kind: 'RoleBinding', plural: 'rolebindings' },
  ClusterRole: { apiVersion, kind: 'ClusterRole', plural: 'clusterroles', cluster: true },
  ClusterRoleBinding: { apiVersion, kind: 'ClusterRoleBinding', plural: 'clusterrolebindings', cluster: true },
};

/** Grants in a test's namespace what the Role of deploy/base grants in revflow's own: each test has a Lease and a key of its own. */
export async function grantHome(kube: Kube, namespace: string): Promise<void> {
  for (const object of await read('base/role.yaml', namespace)) await apply(kube, object);
  for (const object of await read('base/role.yaml', namespace)) await apply(kube, renamed(object));
}

/** Grants what deploy/openfunction-leases grants, to both. */
export async function grantOpenFunctionLeases(kube: Kube): Promise<void> {
  for (const object of await read('openfunction-leases/role.yaml', 'openfunction')) {
    await apply(kube, object);
    await apply(kube, renamed(object));
  }
}

/** Grants what the companion overlay grants in all namespaces. */
export async function grantCompanion(kube: Kube): Promise<void> {
  const name = 'revflow-companion';
  const rules = await overlayRules('companion');
  await apply(kube, { apiVersion, kind: 'ClusterRole', metadata: { name }, rules });
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name };
  const subjects = [{ kind: 'ServiceAccount', name, namespace: 'revflow' }];
  await apply(kube, { apiVersion, kind: 'ClusterRoleBinding', metadata: { name }, roleRef, subjects });
}

/** Grants in one namespace what the overlay watch-secrets adds. */
export async function grantWatchedSecrets(kube: Kube, namespace: string): Promise<void> {
  const metadata = { name: 'revflow-secrets', namespace };
  const rules = await overlayRules('watch-secrets');
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name };
  const subjects = [{ kind: 'ServiceAccount', name: 'revflow', namespace: 'revflow' }];
  await apply(kube, { apiVersion, kind: 'Role', metadata, rules });
  await apply(kube, { apiVersion, kind: 'RoleBinding', metadata, roleRef, subjects });
}

/** A kubeconfig that leads where a given one does, as the account; the given one where RBAC is not enforced. */
export async function asAccount(cluster: TestCluster, given: string, account: Account): Promise<string> {
  if (!isServiceAccount) return given;
  const kubeconfig = await cluster.withToken(`system:serviceaccount:revflow:${account}`, given);
  if (usesFile === undefined || account !== 'revflow') return kubeconfig;
  const audited = await cluster.breakable(kubeconfig);
  audited.proxy.fault = request => note(request, usesFile);
  return audited.kubeconfig;
}

const noted = new Set<string>();

function note(request: ProxiedRequest, file: string): undefined {
  for (const use of usesOf([request])) {
    if (!noted.has(use)) appendFileSync(file, `${use}\n`);
    noted.add(use);
  }
}

async function read(file: string, namespace: string): Promise<readonly KubeObject[]> {
  const documents = parseAllDocuments(await readFile(join(deploy, file), 'utf8'));
  const objects = documents.map(document => document.toJS() as KubeObject);
  return objects.map(object => ({ ...object, metadata: { ...object.metadata, namespace } }));
}

/** The same for the other account. */
function renamed(object: KubeObject): KubeObject {
  const name = 'revflow-companion';
  const { roleRef, subjects } = object as { readonly roleRef?: object; readonly subjects?: readonly object[] };
  return {
    ...object,
    metadata: { ...object.metadata, name },
    ...(roleRef && { roleRef: { ...roleRef, name } }),
    ...(subjects && { subjects: subjects.map(subject => ({ ...subject, name })) }),
  };
}

async function apply(kube: Kube, object: KubeObject): Promise<void> {
  const kind = kinds[object.kind];
  if (kind === undefined) throw new Error(`${object.kind} ${object.metadata.name} is no role and no binding`);
  await kube.apply(kind, object);
}
