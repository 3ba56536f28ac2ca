// The paths of the OpenAPI documents: as much of them as kubectl reads.
import type { Json } from '../object.ts';
import { apiVersionOf, type Resource, type Version } from '../resource.ts';

const writeParameters = ['dryRun', 'fieldManager', 'fieldValidation'];
const parametersOf: Readonly<Record<string, readonly string[]>> = {
  get: [],
  post: writeParameters,
  put: writeParameters,
  patch: [...writeParameters, 'force'],
  delete: ['dryRun', 'gracePeriodSeconds', 'propagationPolicy'],
};
const actions: Readonly<Record<string, string>> = { post: 'post', put: 'put', patch: 'patch', delete: 'delete' };
const customPatches = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml'];

/** Whether a document is of OpenAPI 3; version 2 has its content types elsewhere. */
interface Style {
  readonly isV3: boolean;
}

/** The operations on a resource in one of its versions, by path. */
export function kindPaths(resource: Resource, version: Version, style: Style): Readonly<Record<string, Json>> {
  const root = `${resource.group === '' ? '/api' : '/apis'}/${apiVersionOf(resource.group, version.name)}`;
  const collection = `${root}${resource.namespaced ? '/namespaces/{namespace}' : ''}/${resource.plural}`;
  const item = `${collection}/{name}`;
  const make = (verbs: readonly string[], list = false) =>
    Object.fromEntries(verbs.map(verb => [verb, operation({ resource, version, verb, list }, style)]));
  return {
    [collection]: make(['get', 'post', 'delete'], true),
    [item]: make(['get', 'put', 'patch', 'delete']),
    ...(version.status ? { [`${item}/status`]: make(['get', 'put', 'patch']) } : {}),
    ...(version.scale ? { [`${item}/scale`]: make(['get', 'put', 'patch']) } : {}),
    ...(resource.namespaced ? { [`${root}/${resource.plural}`]: make(['get'], true) } : {}),
  };
}

interface Operation {
  readonly resource: Resource;
  readonly version: Version;
  readonly verb: string;
  readonly list: boolean;
}

function operation({ resource, version, verb, list }: Operation, { isV3 }: Style): Json {
  const { group, kind } = resource;
  const types = resource.builtIn ? [...customPatches, 'application/strategic-merge-patch+json'] : customPatches;
  const parameters = (parametersOf[verb] ?? []).map(name => ({
    name,
    in: 'query',
    ...(isV3 ? { schema: { type: 'string' } } : { type: 'string' }),
  }));
  const body = Object.fromEntries(types.map(type => [type, { schema: { type: 'object' } }]));
  return {
    'x-kubernetes-action':
      verb === 'get'
        ? list
          ? 'list'
          : 'get'
        : list && verb === 'delete'
          ? 'deletecollection'
          : (actions[verb] ?? verb),
    'x-kubernetes-group-version-kind': { group, kind, version: version.name },
    parameters,
    ...(verb === 'patch' ? (isV3 ? { requestBody: { content: body } } : { consumes: types }) : {}),
    responses: { 200: { description: 'OK' } },
  };
}
