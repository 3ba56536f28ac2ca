// Decodes metadata: each field is of its type afterwards, and nulls are gone.
import { isJson, type Json, type Metadata } from '../object.ts';

/** What a field's value should be, as Go names it; undefined when the value fits. */
type Check = (value: unknown) => string | undefined;

const text: Check = value => (typeof value === 'string' ? undefined : 'string');
const integer: Check = value => (Number.isSafeInteger(value) ? undefined : 'int64');
const truth: Check = value => (typeof value === 'boolean' ? undefined : 'bool');
const time: Check = value => (typeof value === 'string' && isTime(value) ? undefined : 'Time');
const texts: Check = value =>
  !isJson(value)
    ? 'map[string]string'
    : Object.values(value).every(item => typeof item === 'string')
      ? undefined
      : 'string';
const list: Check = value =>
  !Array.isArray(value) ? '[]string' : value.every(item => typeof item === 'string') ? undefined : 'string';
const objects: Check = value => (Array.isArray(value) && value.every(isJson) ? undefined : '[]struct');

const checks: Readonly<Record<string, Check>> = {
  name: text,
  generateName: text,
  namespace: text,
  selfLink: text,
  uid: text,
  resourceVersion: text,
  generation: integer,
  creationTimestamp: time,
  deletionTimestamp: time,
  deletionGracePeriodSeconds: integer,
  labels: texts,
  annotations: texts,
  ownerReferences: objects,
  finalizers: list,
  managedFields: objects,
};

const ownerChecks: Readonly<Record<string, Check>> = {
  apiVersion: text,
  kind: text,
  name: text,
  uid: text,
  controller: truth,
  blockOwnerDeletion: truth,
};

export interface DecodedMetadata {
  readonly metadata: Metadata;
  /** Why it cannot be one. */
  readonly fault: string | undefined;
}

/** Changes nothing; unknown fields stay for whoever prunes the object. */
export function decodeMetadata(sent: unknown): DecodedMetadata {
  if (sent === undefined || sent === null) return { metadata: {}, fault: undefined };
  if (!isJson(sent))
    return { metadata: {}, fault: `json: cannot unmarshal ${typeName(sent)} into Go value of type v1.ObjectMeta` };
  const metadata = withoutNulls(sent);
  return {
    metadata: metadata as Metadata,
    fault: faultIn(metadata, checks, 'ObjectMeta') ?? ownerFault(metadata['ownerReferences']),
  };
}

/** Texts of null are empty texts to Go; maps and lists that are left empty are not kept. */
function withoutNulls(sent: Json): Json {
  const kept: Json = {};
  for (const [name, value] of Object.entries(sent)) {
    if (value === null) continue;
    if (['labels', 'annotations'].includes(name) && isJson(value)) {
      const entries = Object.entries(value).map(([key, item]) => [key, item ?? '']);
      if (entries.length > 0) kept[name] = Object.fromEntries(entries);
    } else if (Array.isArray(value) ? value.length > 0 || name === 'managedFields' : value !== '') {
      kept[name] = value;
    }
  }
  return kept;
}

function faultIn(value: Json, fields: Readonly<Record<string, Check>>, struct: string): string | undefined {
  for (const [name, check] of Object.entries(fields)) {
    const field = value[name];
    const wanted = field === undefined ? undefined : check(field);
    if (wanted === 'Time') return `parsing time ${JSON.stringify(field)}: it is not RFC 3339`;
    if (wanted)
      return `json: cannot unmarshal ${typeName(field)} into Go struct field ${struct}.${name} of type ${wanted}`;
  }
  return undefined;
}

function ownerFault(owners: unknown): string | undefined {
  if (!Array.isArray(owners)) return undefined;
  for (const owner of owners as readonly Json[]) {
    const fault = faultIn(owner, ownerChecks, 'ObjectMeta.ownerReferences');
    if (fault) return fault;
  }
  return undefined;
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function isTime(value: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value) && !Number.isNaN(Date.parse(value));
}
