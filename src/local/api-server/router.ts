// Leads each request to what answers it.
import type { Core, Target } from './core.ts';
import { aggregated, coreVersions, group, groupList, resourceList, reviewGroup } from './documents/discovery.ts';
import type { OpenApi } from './documents/openapi.ts';
import { healthAnswer, pathList, versionAnswer } from './documents/version.ts';
import type { Answer, Reply } from './http/answer.ts';
import type { Call } from './http/call.ts';
import { accept, acceptDiscovery, namesEncoding, notAcceptableBuiltIn } from './media.ts';
import { type ResourcePath, resourcePath, segmentsOf } from './paths.ts';
import { get } from './read/get.ts';
import { list } from './read/list.ts';
import { listOptions } from './read/list-options.ts';
import { watch } from './read/watch.ts';
import { review } from './review.ts';
import { scale } from './scale.ts';
import { badRequest, methodNotAllowed, notFound, PageNotFound, unknownResource, verbNotSupported } from './status.ts';
import { create } from './write/create.ts';
import { patch } from './write/patch.ts';
import { remove, removeCollection } from './write/remove.ts';
import { replace } from './write/update.ts';

export interface Routes {
  readonly core: Core;
  readonly openapi: OpenApi;
}

/** Answers a call, or throws ApiError or PageNotFound. */
export function route(routes: Routes, call: Call): Reply | Promise<Reply> {
  const { registry } = routes.core;
  const segments = segmentsOf(call.path);
  const [root] = segments;
  const well = healthAnswer(call.path);
  if (well) return well;
  if (root === 'api' || root === 'apis') return apiAnswer(routes, call, segments);
  if (root === 'openapi') return openapiAnswer(routes, call, segments);
  if (root === 'version' && segments.length === 1) return onlyGet(call, versionAnswer);
  return pathList(registry, root === undefined ? 200 : 404);
}

function onlyGet(call: Call, answer: () => Answer): Answer {
  if (call.method !== 'GET' && call.method !== 'HEAD') throw methodNotAllowed();
  return answer();
}

function openapiAnswer({ core, openapi }: Routes, call: Call, [, version, ...rest]: readonly string[]): Answer {
  return onlyGet(call, () => {
    if (version === 'v3') return rest.length === 0 ? openapi.index() : openapi.document(rest.join('/'));
    if (version === 'v2' && rest.length === 0) return openapi.whole(call.headers.accept ?? '');
    return pathList(core.registry, 404);
  });
}

function apiAnswer(routes: Routes, call: Call, segments: readonly string[]): Reply | Promise<Reply> {
  const isCore = segments[0] === 'api';
  if (segments.length <= (isCore ? 2 : 3)) return onlyGet(call, () => discoveryAnswer(routes, call, segments));
  if (!isCore && segments[1] === reviewGroup && segments.length === 4 && segments[3] === 'selfsubjectaccessreviews') {
    if (call.method !== 'POST') throw methodNotAllowed();
    return review(call);
  }
  const path = resourcePath(segments);
  if (!path) throw new PageNotFound();
  return resourceAnswer(routes.core, call, path);
}

function discoveryAnswer({ core: { registry } }: Routes, call: Call, [root, ...rest]: readonly string[]): Answer {
  const isCore = root === 'api';
  const host = call.headers.host ?? '';
  const type = acceptDiscovery(call.headers.accept, rest.length === 0);
  if (rest.length === 0) {
    if (type !== undefined) return aggregated(registry, { type, isCore });
    return isCore ? coreVersions(host) : groupList(registry, host);
  }
  const [name = '', version] = isCore ? ['', ...rest] : rest;
  const found = version === undefined ? group(registry, name) : resourceList(registry, name, version);
  if (found) return found;
  throw isCore ? unknownResource() : new PageNotFound();
}

function resourceAnswer(core: Core, call: Call, path: ResourcePath): Reply | Promise<Reply> {
  const served = core.registry.find(path.group, path.version, path.plural);
  if (!served) throw isBuiltInGroup(core, path) ? unknownResource() : new PageNotFound();
  const { resource, version } = served;
  if (version.warning !== undefined) call.warnings.push(version.warning);
  if (resource.builtIn && !namesEncoding(call.headers.accept)) throw notAcceptableBuiltIn();
  const isWrongScope = resource.namespaced
    ? path.namespace === undefined && path.name !== undefined
    : path.namespace !== undefined;
  if (isWrongScope) throw resource.builtIn ? unknownResource() : new PageNotFound();
  const target: Target = {
    resource,
    version,
    namespace: path.namespace,
    name: path.name,
    subresource: path.subresource,
  };
  if (target.subresource !== undefined) return subresourceAnswer(core, call, target);
  return target.name === undefined
    ? collectionAnswer(core, call, { target, watch: path.watch })
    : itemAnswer(core, call, { target, watch: path.watch });
}

function isBuiltInGroup(core: Core, path: ResourcePath): boolean {
  const members = core.registry.groups().get(path.group) ?? [];
  return (
    path.group === '' ||
    members.some(({ builtIn, versions }) => builtIn && versions.some(({ name }) => name === path.version))
  );
}

interface Routed {
  readonly target: Target;
  readonly watch: boolean;
}

function collectionAnswer(core: Core, call: Call, { target, watch: isWatchPath }: Routed): Reply | Promise<Reply> {
  const isEverywhere = target.resource.namespaced && target.namespace === undefined;
  switch (call.method) {
    case 'GET':
    case 'HEAD': {
      accept(call.headers.accept);
      const options = listOptions(call, isWatchPath);
      return options.watch ? watch(core, { target, call }, options) : list(core, { target, call }, options);
    }
    case 'POST':
      if (isEverywhere) throw wrongPlace(target);
      return create(core, target, call);
    case 'DELETE':
      if (isEverywhere) throw wrongPlace(target);
      return removeCollection(core, target, call);
    case 'PUT':
    case 'PATCH':
      throw target.resource.builtIn ? methodNotAllowed() : badRequest('name must be provided');
    default:
      throw target.resource.builtIn ? methodNotAllowed() : verbNotSupported(target.resource, '');
  }
}

function wrongPlace({ resource }: Target): Error {
  return resource.builtIn ? methodNotAllowed() : new PageNotFound();
}

function itemAnswer(core: Core, call: Call, { target, watch: isWatchPath }: Routed): Reply | Promise<Reply> {
  switch (call.method) {
    case 'GET':
    case 'HEAD': {
      if (!isWatchPath) return get(core, target, call);
      const named = { ...listOptions(call, true), fieldSelector: `metadata.name=${target.name ?? ''}` };
      return watch(core, { target: { ...target, name: undefined }, call }, named);
    }
    case 'PUT':
      return replace(core, target, call);
    case 'PATCH':
      return patch(core, target, call);
    case 'DELETE':
      return remove(core, target, call);
    case 'POST':
      if (target.resource.builtIn) throw methodNotAllowed();
      return create(core, { ...target, name: undefined }, call);
    default:
      throw target.resource.builtIn ? methodNotAllowed() : verbNotSupported(target.resource, '');
  }
}

function subresourceAnswer(core: Core, call: Call, target: Target): Reply | Promise<Reply> {
  const { resource, version, subresource, name = '' } = target;
  const isStatus = subresource === 'status' && version.status;
  const isScale = subresource === 'scale' && version.scale !== undefined;
  if (!isStatus && !isScale) throw resource.builtIn ? unknownResource() : notFound(resource, name);
  if (isScale) return scale(core, target, call);
  switch (call.method) {
    case 'GET':
    case 'HEAD':
      return get(core, target, call);
    case 'PUT':
      return replace(core, target, call);
    case 'PATCH':
      return patch(core, target, call);
    case 'POST':
      throw resource.builtIn ? methodNotAllowed() : verbNotSupported(resource, 'create');
    default:
      throw resource.builtIn
        ? methodNotAllowed()
        : verbNotSupported(resource, call.method === 'DELETE' ? 'delete' : '');
  }
}
