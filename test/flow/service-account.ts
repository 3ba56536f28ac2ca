// revflow as the ServiceAccount of deploy/base, with only what is granted there: on an API server that enforces RBAC.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Kind, Kube, KubeObject } from '../../src/platform/kube/kube.ts';

/** True when every `revflow run` of the flow tests uses this identity. */
export const isServiceAccount = process.env['REVFLOW_TEST_RBAC'] === '1';
/** The token is the identity itself: the API server under test takes it so. */
export const serviceAccountToken = 'system:serviceaccount:revflow:revflow';

const deploy = join(import.meta.dirname, '../../deploy');
const apiVersion = 'rbac.authorization.k8s.io/v1';
const kinds: Readonly<Record<string, Kind>> = {
  Role: { apiVersion, kind: 'Role', plural: 'roles' },
  RoleBinding: { apiVersion, kind: 'RoleBinding', plural: 'rolebindings' },
};

/** Grants in a test's namespace what the Role of deploy/base grants in revflow's own: each test has a Lease and a key of its own. */
export function grantHome(kube: Kube, namespace: string): Promise<void> {
  return grant(kube, 'base/role.yaml', namespace);
}

/** Grants what deploy/openfunction-leases grants. */
export function grantOpenFunctionLeases(kube: Kube): Promise<void> {
  return grant(kube, 'openfunction-leases/role.yaml', 'openfunction');
}

async function grant(kube: Kube, file: string, namespace: string): Promise<void> {
  const text = await readFile(join(deploy, file), 'utf8');
  for (const document of parseAllDocuments(text)) {
    const object = document.toJS() as KubeObject;
    const kind = kinds[object.kind];
    if (kind === undefined) throw new Error(`${file} holds a ${object.kind}, which is no Role and no RoleBinding`);
    await kube.apply(kind, { ...object, metadata: { ...object.metadata, namespace } });
  }
}
