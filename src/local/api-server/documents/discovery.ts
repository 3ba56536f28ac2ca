// What is served, for clients to find: the legacy lists, one for each group and version, and the aggregated one.
import { type Answer, json } from '../http/answer.ts';
import type { Json } from '../object.ts';
import { type Registry, versionsOf } from '../registry.ts';
import { apiVersionOf, type Resource, storageVersionHash, type Version } from '../resource.ts';

const builtInVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const customVerbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
const subVerbs = ['get', 'patch', 'update'];

/** What is there to be asked and not to be stored. */
const reviews = {
  plural: 'selfsubjectaccessreviews',
  singular: 'selfsubjectaccessreview',
  kind: 'SelfSubjectAccessReview',
};
export const reviewGroup = 'authorization.k8s.io';

/** `/api`: the versions of the core group. `host` is what the client called this server. */
export function coreVersions(host: string): Answer {
  return json({
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: host }],
  });
}

/** `/apis`: every named group with its versions, the preferred one first. */
export function groupList(registry: Registry, host: string): Answer {
  const addresses = [{ clientCIDR: '0.0.0.0/0', serverAddress: host }];
  const groups = groupsOf(registry).map(group => ({
    ...groupOf(group.name, group.versions),
    serverAddressByClientCIDRs: addresses,
  }));
  return json({ kind: 'APIGroupList', groups });
}

/** Undefined for a group that is not served. */
export function group(registry: Registry, name: string): Answer | undefined {
  const found = groupsOf(registry).find(candidate => candidate.name === name);
  return found && json({ kind: 'APIGroup', apiVersion: 'v1', ...groupOf(name, found.versions) });
}

/** Undefined for a group and version that are not served. */
export function resourceList(registry: Registry, name: string, version: string): Answer | undefined {
  const resources = servedIn(registry, name, version);
  const isReview = name === reviewGroup && version === 'v1';
  if (resources.length === 0 && !isReview) return undefined;
  const isBuiltIn = isReview || resources.every(([resource]) => resource.builtIn);
  const review = {
    name: reviews.plural,
    singularName: reviews.singular,
    namespaced: false,
    kind: reviews.kind,
    verbs: ['create'],
  };
  return json({
    kind: 'APIResourceList',
    ...(isBuiltIn ? {} : { apiVersion: 'v1' }),
    groupVersion: apiVersionOf(name, version),
    resources: isReview ? [review] : resources.flatMap(([resource, served]) => listed(resource, served)),
  });
}

/** Aggregated: everything at `/api` or `/apis` in one answer. */
export function aggregated(
  registry: Registry,
  { type, isCore }: { readonly type: string; readonly isCore: boolean },
): Answer {
  const groups = isCore ? [{ name: '', versions: ['v1'] }] : groupsOf(registry);
  const items = groups.map(({ name, versions }) => ({
    metadata: name === '' ? {} : { name },
    versions: versions.map(version => ({
      version,
      resources: discovered(registry, name, version),
      freshness: 'Current',
    })),
  }));
  const body = { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
  return { ...json(body), type, headers: { vary: 'Accept' } };
}

interface Group {
  readonly name: string;
  readonly versions: readonly string[];
}

function groupsOf(registry: Registry): readonly Group[] {
  const groups = [...registry.groups()].filter(([name]) => name !== '');
  return [
    ...groups.map(([name, resources]) => ({ name, versions: versionsOf(resources) })),
    { name: reviewGroup, versions: ['v1'] },
  ];
}

function groupOf(name: string, versions: readonly string[]): Json {
  const shown = versions.map(version => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: shown, preferredVersion: shown[0] };
}

function servedIn(registry: Registry, name: string, version: string): readonly (readonly [Resource, Version])[] {
  return (registry.groups().get(name) ?? []).flatMap(resource => {
    const served = resource.versions.find(candidate => candidate.served && candidate.name === version);
    return served ? [[resource, served] as const] : [];
  });
}

function listed(resource: Resource, version: Version): readonly Json[] {
  const { plural, kind, namespaced, builtIn } = resource;
  const sub = { singularName: '', namespaced, verbs: subVerbs };
  const whole = {
    name: plural,
    singularName: resource.singular,
    namespaced,
    kind,
    verbs: builtIn ? builtInVerbs : customVerbs,
    ...words(resource),
    ...(builtIn ? {} : { storageVersionHash: storageVersionHash(resource) }),
  };
  return [
    whole,
    ...(version.status ? [{ ...sub, name: `${plural}/status`, kind }] : []),
    ...(version.scale ? [{ ...sub, name: `${plural}/scale`, group: 'autoscaling', version: 'v1', kind: 'Scale' }] : []),
  ];
}

function words({ shortNames, categories }: Resource): Json {
  return { ...(shortNames.length > 0 ? { shortNames } : {}), ...(categories.length > 0 ? { categories } : {}) };
}

function discovered(registry: Registry, name: string, version: string): readonly Json[] {
  if (name === reviewGroup) {
    const responseKind = { group: name, version, kind: reviews.kind };
    return [
      {
        resource: reviews.plural,
        responseKind,
        scope: 'Cluster',
        singularResource: reviews.singular,
        verbs: ['create'],
      },
    ];
  }
  return servedIn(registry, name, version).map(([resource, served]) => {
    // The real server leaves the version of core kinds empty too.
    const responseKind = { group: name, version: name === '' ? '' : version, kind: resource.kind };
    const subresources = [
      ...(served.status ? [{ subresource: 'status', responseKind, verbs: subVerbs }] : []),
      ...(served.scale
        ? [
            {
              subresource: 'scale',
              responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
              verbs: subVerbs,
            },
          ]
        : []),
    ];
    return {
      resource: resource.plural,
      responseKind,
      scope: resource.namespaced ? 'Namespaced' : 'Cluster',
      singularResource: resource.singular,
      verbs: resource.builtIn ? builtInVerbs : customVerbs,
      ...words(resource),
      ...(subresources.length > 0 ? { subresources } : {}),
    };
  });
}
