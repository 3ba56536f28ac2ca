// The built-in kinds that this server offers: stored as they are sent, like custom resources without rules.
import { int, list, object, type Schema, text, texts, truth } from '../../crd/schema.ts';
import type { Column, Conversion } from '../resource.ts';
import { eventConversion } from './events.ts';
import { deployment, job, pod, replicaSet, statefulSet } from './pods.ts';
import { checkSecret, type Preparation, prepareConfigMap, settleNamespace, settleSecret } from './prepare.ts';
import { conditions, intOrText, keyed, localReference, moment, objectReference, open, openList } from './shapes.ts';

/** One built-in kind, as data. */
export interface BuiltInKind {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly short?: readonly string[];
  /** Listed by `kubectl get all`. */
  readonly inAll?: boolean;
  readonly cluster?: boolean;
  /** The fields beside apiVersion, kind and metadata. */
  readonly members: Readonly<Record<string, Schema>>;
  /** Fields of Go structs that are shown even when they are empty. */
  readonly shown?: Readonly<Record<string, unknown>>;
  /** Field selectors besides the name and the namespace. */
  readonly selectable?: readonly string[];
  readonly createOnUpdate?: boolean;
  readonly prepare?: Preparation;
  /** Runs after ownership is known and before the object is stored. */
  readonly settle?: Preparation;
  readonly columns?: readonly Column[];
  /** The id of the resource that stores its objects, and how they are converted. */
  readonly table?: string;
  readonly conversion?: Conversion;
}

const column = (name: string, type: string, jsonPath: string): Column => ({ name, type, jsonPath });
const age = column('Age', 'date', '.metadata.creationTimestamp');

const noStatus = { spec: {}, status: {} };
const core = { group: '', version: 'v1' };
const apps = { group: 'apps', version: 'v1', inAll: true } as const;
const access = { group: 'rbac.authorization.k8s.io', version: 'v1' };

const servicePort = object({
  appProtocol: text,
  name: text,
  nodePort: int,
  port: int,
  protocol: { ...text, default: 'TCP' },
  targetPort: intOrText,
});

const service = {
  spec: object({
    allocateLoadBalancerNodePorts: truth,
    clusterIP: text,
    clusterIPs: list(text),
    externalIPs: list(text),
    externalName: text,
    externalTrafficPolicy: text,
    healthCheckNodePort: int,
    internalTrafficPolicy: text,
    ipFamilies: list(text),
    ipFamilyPolicy: text,
    loadBalancerClass: text,
    loadBalancerIP: text,
    loadBalancerSourceRanges: list(text),
    ports: keyed(servicePort, 'port', 'protocol'),
    publishNotReadyAddresses: truth,
    selector: { ...texts, 'x-kubernetes-map-type': 'atomic' },
    sessionAffinity: text,
    sessionAffinityConfig: open,
    trafficDistribution: text,
  }),
  status: object({ conditions, loadBalancer: object({ ingress: openList }) }),
};

const source = object({ component: text, host: text });

const event = {
  action: text,
  count: int,
  eventTime: moment,
  firstTimestamp: moment,
  involvedObject: objectReference,
  lastTimestamp: moment,
  message: text,
  reason: text,
  related: objectReference,
  reportingComponent: text,
  reportingInstance: text,
  series: object({ count: int, lastObservedTime: moment }),
  source,
  type: text,
};

const regardingEvent = {
  action: text,
  deprecatedCount: int,
  deprecatedFirstTimestamp: moment,
  deprecatedLastTimestamp: moment,
  deprecatedSource: source,
  eventTime: moment,
  note: text,
  reason: text,
  regarding: objectReference,
  related: objectReference,
  reportingController: text,
  reportingInstance: text,
  series: object({ count: int, lastObservedTime: moment }),
  type: text,
};

const lease = {
  spec: object({
    acquireTime: moment,
    holderIdentity: text,
    leaseDurationSeconds: int,
    leaseTransitions: int,
    preferredHolder: text,
    renewTime: moment,
    strategy: text,
  }),
};

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

const eventFields = ['kind', 'name', 'namespace', 'uid'].map(field => `involvedObject.${field}`);

const eventColumns = (about: string, text: string): readonly Column[] => [
  column('Last Seen', 'date', '.metadata.creationTimestamp'),
  column('Type', 'string', '.type'),
  column('Reason', 'string', '.reason'),
  column('Object', 'string', `.${about}.name`),
  column('Message', 'string', `.${text}`),
];

const noEventTimes = { eventTime: null, firstTimestamp: null, lastTimestamp: null };
const eventDefaults = { ...noEventTimes, source: {}, reportingComponent: '', reportingInstance: '' };
const regardingDefaults = {
  eventTime: null,
  deprecatedFirstTimestamp: null,
  deprecatedLastTimestamp: null,
  deprecatedSource: {},
  regarding: {},
};

/** All of them, in the order of discovery. */
export const builtInKinds: readonly BuiltInKind[] = [
  {
    ...core,
    plural: 'namespaces',
    singular: 'namespace',
    kind: 'Namespace',
    short: ['ns'],
    cluster: true,
    members: {
      spec: object({ finalizers: { ...list(text), 'x-kubernetes-list-type': 'atomic' } }),
      status: object({ phase: text, conditions }),
    },
    shown: noStatus,
    settle: settleNamespace,
    columns: [column('Status', 'string', '.status.phase'), age],
  },
  {
    ...core,
    plural: 'secrets',
    singular: 'secret',
    kind: 'Secret',
    members: { data: texts, immutable: truth, stringData: texts, type: text },
    prepare: checkSecret,
    settle: settleSecret,
    columns: [column('Type', 'string', '.type'), age],
  },
  {
    ...core,
    plural: 'configmaps',
    singular: 'configmap',
    kind: 'ConfigMap',
    short: ['cm'],
    members: { binaryData: texts, data: texts, immutable: truth },
    prepare: prepareConfigMap,
  },
  {
    ...core,
    plural: 'serviceaccounts',
    singular: 'serviceaccount',
    kind: 'ServiceAccount',
    short: ['sa'],
    members: {
      automountServiceAccountToken: truth,
      imagePullSecrets: list(localReference),
      secrets: keyed(objectReference, 'name'),
    },
  },
  {
    ...core,
    plural: 'services',
    singular: 'service',
    kind: 'Service',
    short: ['svc'],
    inAll: true,
    members: service,
    shown: { spec: {}, status: { loadBalancer: {} } },
  },
  {
    ...core,
    plural: 'endpoints',
    singular: 'endpoints',
    kind: 'Endpoints',
    short: ['ep'],
    members: { subsets: openList },
  },
  {
    ...core,
    plural: 'pods',
    singular: 'pod',
    kind: 'Pod',
    short: ['po'],
    inAll: true,
    members: pod,
    shown: noStatus,
    selectable: ['status.phase', 'spec.nodeName'],
  },
  {
    ...core,
    plural: 'persistentvolumeclaims',
    singular: 'persistentvolumeclaim',
    kind: 'PersistentVolumeClaim',
    short: ['pvc'],
    members: { spec: open, status: open },
    shown: noStatus,
  },
  {
    ...core,
    plural: 'events',
    singular: 'event',
    kind: 'Event',
    short: ['ev'],
    members: event,
    shown: eventDefaults,
    selectable: [...eventFields, 'reason', 'type'],
    createOnUpdate: true,
    columns: eventColumns('involvedObject', 'message'),
  },
  {
    group: 'events.k8s.io',
    version: 'v1',
    plural: 'events',
    singular: 'event',
    kind: 'Event',
    short: ['ev'],
    members: regardingEvent,
    shown: regardingDefaults,
    selectable: ['kind', 'name', 'namespace', 'uid'].map(field => `regarding.${field}`).concat('reason', 'type'),
    createOnUpdate: true,
    columns: eventColumns('regarding', 'note'),
    table: '/events',
    conversion: eventConversion,
  },
  {
    ...apps,
    plural: 'deployments',
    singular: 'deployment',
    kind: 'Deployment',
    short: ['deploy'],
    members: deployment,
    shown: { spec: { selector: null, strategy: {} }, status: {} },
  },
  {
    ...apps,
    plural: 'statefulsets',
    singular: 'statefulset',
    kind: 'StatefulSet',
    short: ['sts'],
    members: statefulSet,
    shown: noStatus,
  },
  {
    ...apps,
    plural: 'replicasets',
    singular: 'replicaset',
    kind: 'ReplicaSet',
    short: ['rs'],
    members: replicaSet,
    shown: noStatus,
  },
  {
    group: 'batch',
    version: 'v1',
    plural: 'jobs',
    singular: 'job',
    kind: 'Job',
    inAll: true,
    members: job,
    shown: noStatus,
  },
  {
    group: 'autoscaling',
    version: 'v2',
    plural: 'horizontalpodautoscalers',
    singular: 'horizontalpodautoscaler',
    kind: 'HorizontalPodAutoscaler',
    short: ['hpa'],
    members: { spec: open, status: open },
    shown: noStatus,
  },
  {
    group: 'coordination.k8s.io',
    version: 'v1',
    plural: 'leases',
    singular: 'lease',
    kind: 'Lease',
    members: lease,
    shown: { spec: {} },
    createOnUpdate: true,
    columns: [column('Holder', 'string', '.spec.holderIdentity'), age],
  },
  {
    group: 'networking.k8s.io',
    version: 'v1',
    plural: 'ingresses',
    singular: 'ingress',
    kind: 'Ingress',
    short: ['ing'],
    members: { spec: open, status: object({ loadBalancer: object({ ingress: openList }) }) },
    shown: { spec: {}, status: { loadBalancer: {} } },
  },
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
