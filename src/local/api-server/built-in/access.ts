// The kinds of access control: stored for tools that install them, and never asked.
import { list, object, type Schema, text } from '../../crd/schema.ts';
import type { BuiltInKind } from './kind.ts';
import { open } from './shapes.ts';

const access = { group: 'rbac.authorization.k8s.io', version: 'v1' };

const rules = list(
  object({
    apiGroups: list(text),
    nonResourceURLs: list(text),
    resourceNames: list(text),
    resources: list(text),
    verbs: list(text),
  }),
);
const subjects = list(object({ apiGroup: text, kind: text, name: text, namespace: text }));
const roleRef: Schema = { ...object({ apiGroup: text, kind: text, name: text }), 'x-kubernetes-map-type': 'atomic' };

export const accessKinds: readonly BuiltInKind[] = [
  { ...access, plural: 'roles', singular: 'role', kind: 'Role', members: { rules }, shown: { rules: null } },
  { ...access, plural: 'rolebindings', singular: 'rolebinding', kind: 'RoleBinding', members: { roleRef, subjects } },
  {
    ...access,
    plural: 'clusterroles',
    singular: 'clusterrole',
    kind: 'ClusterRole',
    cluster: true,
    members: { aggregationRule: open, rules },
    shown: { rules: null },
  },
  {
    ...access,
    plural: 'clusterrolebindings',
    singular: 'clusterrolebinding',
    kind: 'ClusterRoleBinding',
    cluster: true,
    members: { roleRef, subjects },
  },
];
