// The parts of a Pod that build steps need: environment, mounts, security, resources, volumes.
import { int64, list, map, object, text, truth } from './schema.ts';

const keySelector = { ...object({ 'key!': text, name: text, optional: truth }), 'x-kubernetes-map-type': 'atomic' };

const quantity = {
  'x-kubernetes-int-or-string': true,
  anyOf: [{ type: 'integer' }, { type: 'string' }],
  pattern:
    '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$',
};

export const env = list(
  object({
    'name!': text,
    value: text,
    valueFrom: object({ configMapKeyRef: keySelector, secretKeyRef: keySelector }),
  }),
);

export const volumeMounts = list(object({ 'name!': text, 'mountPath!': text, subPath: text, readOnly: truth }));

export const resources = object({ limits: map(quantity), requests: map(quantity) });

const profile = object({ 'type!': text, localhostProfile: text });

export const stepSecurity = object({
  allowPrivilegeEscalation: truth,
  capabilities: object({ add: list(text), drop: list(text) }),
  privileged: truth,
  readOnlyRootFilesystem: truth,
  runAsGroup: int64,
  runAsNonRoot: truth,
  runAsUser: int64,
  seccompProfile: profile,
  appArmorProfile: profile,
});

/** Where the content of a volume comes from, of the kinds that strategies use. */
export const volumeSources = {
  emptyDir: object({ medium: text, sizeLimit: quantity }),
  configMap: { ...object({ name: text, optional: truth }), 'x-kubernetes-map-type': 'atomic' },
  secret: object({ secretName: text, optional: truth }),
  persistentVolumeClaim: object({ 'claimName!': text, readOnly: truth }),
};
