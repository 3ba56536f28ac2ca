// The scale subresource: a view of an object's replicas.
import type { Core, Target } from './core.ts';
import { type Answer, json } from './http/answer.ts';
import type { Call } from './http/call.ts';
import { accept, patchType } from './media.ts';
import { type ApiObject, isJson, type Json } from './object.ts';
import { applyJsonPatch } from './patch/json-patch.ts';
import { applyMergePatch } from './patch/merge-patch.ts';
import { entryOf } from './read/get.ts';
import type { ScalePaths } from './resource.ts';
import { ApiError, badRequest, staleVersion, unsupportedMediaType, verbNotSupported } from './status.ts';
import { Entry } from './store/entry.ts';
import { at, shownIn } from './version.ts';
import { bodyBytes, fromJson, readObject } from './write/body.ts';
import { change } from './write/update.ts';
import { writeOptions } from './write/write-options.ts';

/** Reads or writes the Scale of an object. */
export function scale(core: Core, target: Target, call: Call): Answer {
  accept(call.headers.accept);
  const { version, resource } = target;
  const paths = version.scale;
  if (!paths) throw new ApiError(404, `${resource.plural} cannot be scaled`, { reason: 'NotFound' });
  const entry = entryOf(core, target);
  const live = shownIn(entry.object, target);
  const view = viewOf(live, paths);
  if (call.method === 'GET' || call.method === 'HEAD') return json(view);
  const sent = written(call, view, target);
  const { replicas = 0, resourceVersion } = wantedBy(sent);
  if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion)
    throw staleVersion(resource, target.name ?? '');
  const options = writeOptions(call, call.method === 'PUT' ? 'UpdateOptions' : 'PatchOptions');
  const object = withValue(live, paths.spec.split('.'), replicas) as ApiObject;
  const decoded = { object, unknown: [] };
  const shown = change(core, entry, { target, decoded, options, call });
  return json(viewOf(shown instanceof Entry ? shownIn(shown.object, target) : shown, paths));
}

function viewOf(object: ApiObject, paths: ScalePaths): Json {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = paths.selector === undefined ? undefined : at(object, paths.selector);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion, creationTimestamp },
    spec: { replicas: at(object, paths.spec) ?? 0 },
    status: { replicas: at(object, paths.status) ?? 0, ...(selector === undefined ? {} : { selector }) },
  };
}

/** The Scale that a PUT or a PATCH asks for. */
function written(call: Call, view: Json, { resource }: Target): Json {
  if (call.method === 'PUT') return readObject(call, 'Scale').value;
  if (call.method !== 'PATCH') throw verbNotSupported(resource, call.method === 'POST' ? 'create' : '');
  const type = patchType(call.headers['content-type'], true);
  const { value, fault } = fromJson(bodyBytes(call).toString('utf8'));
  if (fault) throw badRequest(`error decoding patch: ${fault}`);
  if (type === 'json') return applyJsonPatch(view, value);
  if (type === 'merge' && isJson(value)) return applyMergePatch(view, value);
  throw unsupportedMediaType('application/json-patch+json, application/merge-patch+json');
}

function wantedBy(sent: Json): { readonly replicas: number | undefined; readonly resourceVersion: string | undefined } {
  const { replicas } = isJson(sent['spec']) ? sent['spec'] : {};
  const { resourceVersion } = isJson(sent['metadata']) ? sent['metadata'] : {};
  if (replicas !== undefined && !Number.isInteger(replicas))
    throw badRequest('Scale in version "v1" cannot be handled as a Scale: spec.replicas must be an integer');
  return {
    replicas: typeof replicas === 'number' ? replicas : undefined,
    resourceVersion: typeof resourceVersion === 'string' && resourceVersion !== '' ? resourceVersion : undefined,
  };
}

function withValue(object: Json, [first = '', ...rest]: readonly string[], value: unknown): Json {
  const child = object[first];
  return { ...object, [first]: rest.length === 0 ? value : withValue(isJson(child) ? child : {}, rest, value) };
}
