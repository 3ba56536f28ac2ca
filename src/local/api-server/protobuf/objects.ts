// The few objects that kubectl sends as protobuf: `create namespace|configmap|secret|serviceaccount|deployment` and `auth can-i`.
import type { Json } from '../object.ts';
import { badRequest, unsupportedMediaType } from '../status.ts';
import { fieldsOf, type Message, readMessage } from './message.ts';

const ownerReference: Message = {
  fields: {
    1: ['kind', 'text'],
    3: ['name', 'text'],
    4: ['uid', 'text'],
    5: ['apiVersion', 'text'],
    6: ['controller', 'truth'],
  },
};

const metadata: Message = {
  fields: {
    1: ['name', 'text'],
    2: ['generateName', 'text'],
    3: ['namespace', 'text'],
    5: ['uid', 'text'],
    6: ['resourceVersion', 'text'],
    8: ['creationTimestamp', 'time'],
    11: ['labels', { map: 'text' }],
    12: ['annotations', { map: 'text' }],
    13: ['ownerReferences', { list: ownerReference }],
    14: ['finalizers', { list: 'text' }],
  },
};

const port: Message = { fields: { 1: ['name', 'text'], 3: ['containerPort', 'integer'], 4: ['protocol', 'text'] } };

const container: Message = {
  fields: {
    1: ['name', 'text'],
    2: ['image', 'text'],
    3: ['command', { list: 'text' }],
    4: ['args', { list: 'text' }],
    6: ['ports', { list: port }],
    14: ['imagePullPolicy', 'text'],
  },
};

const template: Message = {
  fields: { 1: ['metadata', metadata], 2: ['spec', { fields: { 2: ['containers', { list: container }] } }] },
};

const deploymentSpec: Message = {
  fields: {
    1: ['replicas', 'integer'],
    2: ['selector', { fields: { 1: ['matchLabels', { map: 'text' }] } }],
    3: ['template', template],
  },
};

const asked: Message = {
  fields: {
    1: [
      'resourceAttributes',
      {
        fields: {
          1: ['namespace', 'text'],
          2: ['verb', 'text'],
          3: ['group', 'text'],
          4: ['version', 'text'],
          5: ['resource', 'text'],
          6: ['subresource', 'text'],
          7: ['name', 'text'],
        },
      },
    ],
    2: ['nonResourceAttributes', { fields: { 1: ['path', 'text'], 2: ['verb', 'text'] } }],
  },
};

const named = (fields: Message['fields']): Message => ({ fields: { 1: ['metadata', metadata], ...fields } });

const kinds: Readonly<Record<string, Message>> = {
  'v1 Namespace': named({}),
  'v1 ConfigMap': named({
    2: ['data', { map: 'text' }],
    3: ['binaryData', { map: 'bytes' }],
    4: ['immutable', 'truth'],
  }),
  'v1 Secret': named({
    2: ['data', { map: 'bytes' }],
    3: ['type', 'text'],
    4: ['stringData', { map: 'text' }],
    5: ['immutable', 'truth'],
  }),
  'v1 ServiceAccount': named({}),
  'apps/v1 Deployment': named({ 2: ['spec', deploymentSpec] }),
  'authorization.k8s.io/v1 SelfSubjectAccessReview': named({ 2: ['spec', asked] }),
};

const magic = Buffer.from('k8s\0');
const envelope: Message = {
  fields: { 1: ['type', { fields: { 1: ['apiVersion', 'text'], 2: ['kind', 'text'] } }] },
};

/** The object in a protobuf body. ApiError UnsupportedMediaType for a kind that is not known here, BadRequest for other bytes. */
export function decodeProtobuf(bytes: Buffer): Json {
  try {
    if (!bytes.subarray(0, magic.length).equals(magic)) throw new RangeError('the body does not begin as one');
    return objectIn(bytes.subarray(magic.length));
  } catch (error) {
    if (error instanceof RangeError) throw badRequest(`the body is not a protobuf object: ${error.message}`);
    throw error;
  }
}

function objectIn(bytes: Uint8Array): Json {
  const { apiVersion = '', kind = '' } = (readMessage(bytes, envelope)['type'] ?? {}) as {
    apiVersion?: string;
    kind?: string;
  };
  const message = kinds[`${apiVersion} ${kind}`];
  if (!message) throw unsupportedMediaType('application/json, application/yaml');
  for (const { number, value } of fieldsOf(bytes)) {
    if (number === 2 && typeof value !== 'bigint') return { apiVersion, kind, ...readMessage(value, message) };
  }
  throw new RangeError('it holds no object');
}
