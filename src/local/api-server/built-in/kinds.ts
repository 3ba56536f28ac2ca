// The built-in kinds that this server offers: stored as they are sent, like custom resources without rules.
import { int, list, object, text, texts, truth } from '../../crd/schema.ts';
import { accessKinds } from './access.ts';
import { eventKinds } from './events.ts';
import { age, type BuiltInKind, column } from './kind.ts';
import { deployment, job, pod, replicaSet, statefulSet } from './pods.ts';
import {
  checkSecret,
  prepareConfigMap,
  preparePod,
  prepareTemplate,
  settleNamespace,
  settleSecret,
} from './prepare.ts';
import { conditions, intOrText, keyed, localReference, moment, objectReference, open, openList } from './shapes.ts';

const noStatus = { spec: {}, status: {} };
const core = { group: '', version: 'v1' };
const apps = { group: 'apps', version: 'v1', inAll: true } as const;

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
    prepare: preparePod,
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
  ...eventKinds,
  {
    ...apps,
    plural: 'deployments',
    singular: 'deployment',
    kind: 'Deployment',
    short: ['deploy'],
    members: deployment,
    shown: {
      spec: { selector: null, strategy: {}, template: { metadata: {}, spec: { containers: null } } },
      status: {},
    },
    prepare: prepareTemplate,
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
  ...accessKinds,
];
