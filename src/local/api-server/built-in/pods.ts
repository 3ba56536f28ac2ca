// Pods, and what makes Pods from a template.
import { int, list, object, type Schema, text, texts, truth } from '../../crd/schema.ts';
import {
  conditions,
  intOrText,
  keyed,
  labelSelector,
  localReference,
  moment,
  open,
  openList,
  quantities,
} from './shapes.ts';

const keyReference: Schema = {
  ...object({ key: text, name: text, optional: truth }),
  'x-kubernetes-map-type': 'atomic',
};

const env = keyed(
  object({
    name: text,
    value: text,
    valueFrom: object({
      configMapKeyRef: keyReference,
      secretKeyRef: keyReference,
      fieldRef: { ...object({ apiVersion: text, fieldPath: text }), 'x-kubernetes-map-type': 'atomic' },
      resourceFieldRef: open,
      fileKeyRef: open,
    }),
  }),
  'name',
);

const container: Schema = object({
  name: text,
  image: text,
  command: list(text),
  args: list(text),
  workingDir: text,
  ports: keyed(
    object({ containerPort: int, hostIP: text, hostPort: int, name: text, protocol: { ...text, default: 'TCP' } }),
    'containerPort',
    'protocol',
  ),
  env,
  envFrom: list(object({ prefix: text, configMapRef: open, secretRef: open })),
  resources: object({ limits: quantities, requests: quantities, claims: openList }),
  volumeMounts: keyed(
    object({
      mountPath: text,
      mountPropagation: text,
      name: text,
      readOnly: truth,
      recursiveReadOnly: text,
      subPath: text,
      subPathExpr: text,
    }),
    'mountPath',
  ),
  volumeDevices: openList,
  livenessProbe: open,
  readinessProbe: open,
  startupProbe: open,
  lifecycle: open,
  securityContext: open,
  imagePullPolicy: text,
  resizePolicy: openList,
  restartPolicy: text,
  restartPolicyRules: openList,
  targetContainerName: text,
  terminationMessagePath: text,
  terminationMessagePolicy: text,
  stdin: truth,
  stdinOnce: truth,
  tty: truth,
});

const volume: Schema = { ...open, properties: { name: text } };

const podSpec: Schema = object({
  activeDeadlineSeconds: int,
  affinity: open,
  automountServiceAccountToken: truth,
  containers: keyed(container, 'name'),
  dnsConfig: open,
  dnsPolicy: text,
  enableServiceLinks: truth,
  ephemeralContainers: keyed(container, 'name'),
  hostAliases: keyed(object({ hostnames: list(text), ip: text }), 'ip'),
  hostIPC: truth,
  hostNetwork: truth,
  hostPID: truth,
  hostUsers: truth,
  hostname: text,
  hostnameOverride: text,
  imagePullSecrets: keyed(localReference, 'name'),
  initContainers: keyed(container, 'name'),
  nodeName: text,
  nodeSelector: { ...texts, 'x-kubernetes-map-type': 'atomic' },
  os: open,
  overhead: quantities,
  preemptionPolicy: text,
  priority: int,
  priorityClassName: text,
  readinessGates: openList,
  resourceClaims: openList,
  resources: open,
  restartPolicy: text,
  runtimeClassName: text,
  schedulerName: text,
  schedulingGates: openList,
  securityContext: open,
  serviceAccount: text,
  serviceAccountName: text,
  setHostnameAsFQDN: truth,
  shareProcessNamespace: truth,
  subdomain: text,
  terminationGracePeriodSeconds: int,
  tolerations: openList,
  topologySpreadConstraints: openList,
  volumes: keyed(volume, 'name'),
});

/** The labels that a template gives, by one owner each. */
const templateMetadata: Schema = { ...open, properties: { annotations: texts, labels: texts } };

const template: Schema = object({ metadata: templateMetadata, spec: podSpec });

export const pod = { spec: podSpec, status: { ...open, properties: { phase: text, conditions } } };

const replicaStatus: Schema = { ...open, properties: { conditions } };

export const deployment = {
  spec: object({
    minReadySeconds: int,
    paused: truth,
    progressDeadlineSeconds: int,
    replicas: int,
    revisionHistoryLimit: int,
    selector: labelSelector,
    strategy: object({ type: text, rollingUpdate: object({ maxSurge: intOrText, maxUnavailable: intOrText }) }),
    template,
  }),
  status: replicaStatus,
};

export const replicaSet = {
  spec: object({ minReadySeconds: int, replicas: int, selector: labelSelector, template }),
  status: replicaStatus,
};

export const statefulSet = {
  spec: object({
    minReadySeconds: int,
    ordinals: open,
    persistentVolumeClaimRetentionPolicy: open,
    podManagementPolicy: text,
    replicas: int,
    revisionHistoryLimit: int,
    selector: labelSelector,
    serviceName: text,
    template,
    updateStrategy: open,
    volumeClaimTemplates: openList,
  }),
  status: replicaStatus,
};

export const job = {
  spec: {
    ...open,
    properties: { selector: labelSelector, template, parallelism: int, completions: int, suspend: truth },
  },
  status: { ...open, properties: { conditions, startTime: moment, completionTime: moment } },
};
