// Where objects live on the API server: URL paths, every name percent-encoded.
import { type Kind, KubeError, type Ref } from './kube.ts';

/** The path of a collection; without namespace, of all namespaces. */
export function collectionPath(kind: Kind, namespace?: string): string {
  const root = groupPath(kind.apiVersion);
  return namespace === undefined || kind.cluster
    ? `${root}/${segment(kind.plural, 'kind')}`
    : `${root}/namespaces/${segment(namespace, 'namespace')}/${segment(kind.plural, 'kind')}`;
}

/** The path of one object. A namespaced kind without namespace is refused: its path would mean another thing. */
export function objectPath(ref: Ref, subresource?: 'status'): string {
  if (!ref.kind.cluster && ref.namespace === undefined)
    throw badName(`${ref.kind.kind} "${ref.name}" needs a namespace`);
  const path = `${collectionPath(ref.kind, ref.namespace)}/${segment(ref.name, 'name')}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** The path of a group and version, which answers with what it serves. */
export function groupPath(apiVersion: string): string {
  const parts = apiVersion.split('/').map(part => segment(part, 'apiVersion'));
  return parts.length === 1 ? `/api/${parts.join()}` : `/apis/${parts.join('/')}`;
}

/** How messages name an object. */
export function describeRef({ kind, namespace, name }: Ref): string {
  return `${kind.kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

// An empty name would address the whole collection (DELETE of it is deletecollection), a dotted one another path.
function segment(text: string, what: string): string {
  if (text === '' || text === '.' || text === '..') throw badName(`"${text}" is not a ${what}`);
  return encodeURIComponent(text);
}

function badName(message: string): KubeError {
  return new KubeError({ status: 400, reason: 'BadRequest' }, message);
}
