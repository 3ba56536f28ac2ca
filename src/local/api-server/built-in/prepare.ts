// What the API server itself does to a Secret or a ConfigMap before it is stored.
import { asText, isJson, type Json } from '../object.ts';
import { badRequest } from '../status.ts';

/** Brings a sent object into its stored form; changes it. Throws ApiError BadRequest for what its Go type cannot hold. */
export type Preparation = (object: Json) => void;

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Refuses data that is not base64. */
export function checkSecret(object: Json): void {
  const data = isJson(object['data']) ? object['data'] : {};
  for (const [key, value] of Object.entries(data)) {
    if (value === null) data[key] = '';
    else if (typeof value !== 'string' || !base64.test(value)) {
      throw badRequest(`Secret in version "v1" cannot be handled as a Secret: illegal base64 data in data.${key}`);
    }
  }
}

/** stringData goes into data and is never shown; type defaults to Opaque. */
export function settleSecret(object: Json): void {
  const data = isJson(object['data']) ? { ...object['data'] } : {};
  const plain = isJson(object['stringData']) ? object['stringData'] : {};
  for (const [key, value] of Object.entries(plain)) data[key] = Buffer.from(asText(value)).toString('base64');
  delete object['stringData'];
  if (Object.keys(data).length > 0) object['data'] = data;
  else delete object['data'];
  object['type'] ||= 'Opaque';
}

/** A namespace is active until it is deleted, and is found by its name's label. */
export function settleNamespace(object: Json): void {
  const metadata = isJson(object['metadata']) ? object['metadata'] : {};
  const labels = isJson(metadata['labels']) ? metadata['labels'] : {};
  object['metadata'] = { ...metadata, labels: { ...labels, 'kubernetes.io/metadata.name': metadata['name'] } };
  object['spec'] = { finalizers: ['kubernetes'] };
  object['status'] = {
    ...(isJson(object['status']) ? object['status'] : {}),
    phase: metadata['deletionTimestamp'] === undefined ? 'Active' : 'Terminating',
  };
}

/** A value of null is an empty text. */
export function prepareConfigMap(object: Json): void {
  for (const field of ['data', 'binaryData']) {
    const data = object[field];
    if (!isJson(data)) continue;
    for (const [key, value] of Object.entries(data)) if (value === null) data[key] = '';
    if (Object.keys(data).length === 0) delete object[field];
  }
}

/** Every container shows its resources, asked for or not. */
export function preparePod(object: Json): void {
  const spec = object['spec'];
  if (!isJson(spec)) return;
  for (const field of ['containers', 'initContainers']) {
    const containers = spec[field];
    if (!Array.isArray(containers)) continue;
    for (const container of containers) if (isJson(container)) container['resources'] ??= {};
  }
}

/** The same for what makes Pods from a template. */
export function prepareTemplate(object: Json): void {
  const template = isJson(object['spec']) ? object['spec']['template'] : undefined;
  if (isJson(template)) preparePod(template);
}
