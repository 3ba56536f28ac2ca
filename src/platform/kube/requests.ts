// The requests of the kube port as data: one builder a verb, so that paths, queries and bodies are decided in one place.
import {
  type DeleteOptions,
  type Kind,
  KubeError,
  type KubeObject,
  type ListOptions,
  type PatchOptions,
  type Ref,
} from './kube.ts';
import { collectionPath, describeRef, groupPath, objectPath } from './paths.ts';
import type { KubeRequest } from './transport.ts';

/** Objects of one answer; the API server's own clients use the same. */
export const pageSize = 500;
const maxPageBytes = 64 * 1024 * 1024;
const pageTimeoutMs = 60_000;

/** GET of one object. Throws KubeError for a name that cannot stand in a path, as all of these do. */
export function getRequest(ref: Ref, signal?: AbortSignal): KubeRequest {
  return { ...about('get', ref), method: 'GET', path: objectPath(ref), signal };
}

export interface PageOptions extends ListOptions {
  readonly continue?: string | undefined;
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One page of a list; `limit` absent: `pageSize` objects. */
export function listRequest(kind: Kind, options: PageOptions): KubeRequest {
  return {
    ...aboutMany('list', kind, options.namespace),
    method: 'GET',
    path: collectionPath(kind, options.namespace),
    query: { limit: options.limit ?? pageSize, continue: options.continue, labelSelector: options.labelSelector },
    maxBytes: maxPageBytes,
    timeoutMs: pageTimeoutMs,
    signal: options.signal,
  };
}

export interface WatchOptions extends ListOptions {
  readonly resourceVersion: string;
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

/** A watch with bookmarks from `resourceVersion` on, ended by the server after `timeoutSeconds`. */
export function watchRequest(kind: Kind, options: WatchOptions): KubeRequest {
  const { namespace, labelSelector, resourceVersion, timeoutSeconds, signal } = options;
  return {
    ...aboutMany('watch', kind, namespace),
    method: 'GET',
    path: collectionPath(kind, namespace),
    query: { watch: true, allowWatchBookmarks: true, resourceVersion, timeoutSeconds, labelSelector },
    signal,
  };
}

/** POST of a whole object. Throws KubeError BadRequest for an object of another kind. */
export function createRequest(kind: Kind, object: KubeObject, fieldManager: string): KubeRequest {
  const ref = refOf(kind, object);
  objectPath(ref);
  const path = collectionPath(kind, ref.namespace);
  return { ...about('create', ref), method: 'POST', path, query: { fieldManager }, body: object };
}

/** Server-side apply, never forced: a field of another manager is a conflict. */
export function applyRequest(kind: Kind, object: KubeObject, fieldManager: string): KubeRequest {
  const ref = refOf(kind, object);
  return {
    ...about('apply', ref),
    method: 'PATCH',
    path: objectPath(ref),
    query: { fieldManager, force: false },
    body: { ...object, metadata: { ...object.metadata, managedFields: undefined } },
    contentType: 'application/apply-patch+yaml',
  };
}

/** `fieldManager` and the patch's own options together: what goes into the query and the body beside the patch. */
export interface MergePatch extends PatchOptions {
  readonly body: object;
  readonly fieldManager: string;
}

/** A merge patch; with a `resourceVersion` it counts only on that version of the object. */
export function patchRequest(ref: Ref, patch: MergePatch): KubeRequest {
  const metadata = 'metadata' in patch.body && typeof patch.body.metadata === 'object' ? patch.body.metadata : {};
  const condition = { metadata: { ...metadata, resourceVersion: patch.resourceVersion } };
  return {
    ...about('patch', ref),
    method: 'PATCH',
    path: objectPath(ref, patch.subresource),
    query: { fieldManager: patch.fieldManager },
    body: patch.resourceVersion === undefined ? patch.body : { ...patch.body, ...condition },
    contentType: 'application/merge-patch+json',
  };
}

/** DELETE with preconditions; in the background unless asked otherwise. */
export function removeRequest(ref: Ref, options: DeleteOptions): KubeRequest {
  const { uid, resourceVersion, propagationPolicy = 'Background' } = options;
  return {
    ...about('delete', ref),
    method: 'DELETE',
    path: objectPath(ref),
    body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy, preconditions: { uid, resourceVersion } },
  };
}

/** What a group and version serves. */
export function discoveryRequest(apiVersion: string): KubeRequest {
  const what = `discover ${apiVersion}`;
  return { verb: 'discover', plural: '', what, secret: false, method: 'GET', path: groupPath(apiVersion) };
}

function about(verb: string, ref: Ref) {
  const what = `${verb} ${describeRef(ref)}`;
  return { verb, plural: ref.kind.plural, what, secret: ref.kind.plural === 'secrets' };
}

function aboutMany(verb: string, kind: Kind, namespace: string | undefined) {
  const what = `${verb} ${kind.plural}${namespace === undefined ? '' : ` in ${namespace}`}`;
  return { verb, plural: kind.plural, what, secret: kind.plural === 'secrets' };
}

/** The address of an object that is about to be written. */
function refOf(kind: Kind, { apiVersion, kind: name, metadata }: KubeObject): Ref {
  if (apiVersion !== kind.apiVersion || name !== kind.kind) {
    const message = `${apiVersion} ${name} is not a ${kind.apiVersion} ${kind.kind}`;
    throw new KubeError({ status: 400, reason: 'BadRequest' }, message);
  }
  const ref = { kind, name: metadata.name };
  return kind.cluster || metadata.namespace === undefined ? ref : { ...ref, namespace: metadata.namespace };
}
