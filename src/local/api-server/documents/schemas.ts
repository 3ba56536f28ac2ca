// The schemas of the OpenAPI documents: each kind's own, with the standard fields described.
import { isJson, type Json } from '../object.ts';
import type { Resource, Version } from '../resource.ts';

const conventions = 'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md';

const apiVersion = {
  description: `APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: ${conventions}#resources`,
  type: 'string',
};
const kind = {
  description: `Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: ${conventions}#types-kinds`,
  type: 'string',
};
const metadataText = `Standard object's metadata. More info: ${conventions}#metadata`;
const listText = `Standard list metadata. More info: ${conventions}#types-kinds`;
const metaPrefix = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** How a document refers to a schema. */
export type Reference = (name: string, description: string) => Json;

/** `dev.revflow.example.v1.Widget` for example.revflow.dev/v1 Widget. */
export function schemaName({ group }: Resource, version: Version, name: string): string {
  const domain = group === '' ? 'io.k8s.api.core' : group.split('.').toReversed().join('.');
  return `${domain}.${version.name}.${name}`;
}

/** The schemas of a kind and its list. */
export function kindSchemas(resource: Resource, version: Version, refer: Reference): Readonly<Record<string, Json>> {
  const own = schemaName(resource, version, resource.kind);
  const mark = (name: string) => [{ group: resource.group, kind: name, version: version.name }];
  const { properties, ...rest } = version.openapi;
  const standard = { apiVersion, kind, metadata: refer(`${metaPrefix}.ObjectMeta`, metadataText) };
  const known = isJson(properties) ? properties : {};
  const listed = resource.listKind;
  return {
    [own]: {
      ...rest,
      properties: { ...known, ...standard },
      'x-kubernetes-group-version-kind': mark(resource.kind),
      ...selectable(version),
    },
    [schemaName(resource, version, listed)]: {
      description: `${listed} is a list of ${resource.kind}`,
      type: 'object',
      required: ['items'],
      properties: {
        apiVersion,
        kind,
        metadata: refer(`${metaPrefix}.ListMeta`, listText),
        items: {
          description: `List of ${resource.plural}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md`,
          type: 'array',
          items: refer(own, ''),
        },
      },
      'x-kubernetes-group-version-kind': mark(listed),
      ...selectable(version),
    },
  };
}

function selectable({ selectable: paths }: Version): Json {
  return paths.length === 0 ? {} : { 'x-kubernetes-selectable-fields': paths.map(fieldPath => ({ fieldPath })) };
}

const time = { type: 'string', format: 'date-time' };
const text = { type: 'string' };
const texts = { type: 'object', additionalProperties: text };
const described = (description: string, schema: Json): Json => ({ description, ...schema });

/** The schemas that all kinds share. */
export const metaSchemas: Readonly<Record<string, Json>> = {
  [`${metaPrefix}.ObjectMeta`]: {
    description:
      'ObjectMeta is metadata that all persisted resources must have, which includes all objects users must create.',
    type: 'object',
    properties: {
      annotations: described('Annotations is an unstructured key value map stored with a resource.', texts),
      creationTimestamp: described('The time when this object was created.', time),
      deletionGracePeriodSeconds: described('Seconds allowed for this object to gracefully terminate.', {
        type: 'integer',
        format: 'int64',
      }),
      deletionTimestamp: described('The time at which this object was asked to go.', time),
      finalizers: described('What must be done before the object is removed.', { type: 'array', items: text }),
      generateName: described('A prefix from which the server makes a name.', text),
      generation: described('A number of the state that is wanted.', { type: 'integer', format: 'int64' }),
      labels: described('Keys and values that select objects.', texts),
      managedFields: described('Which manager owns which field.', { type: 'array', items: { type: 'object' } }),
      name: described('Name must be unique within a namespace.', text),
      namespace: described('The space within which the name is unique.', text),
      ownerReferences: described('The objects that this one depends on.', { type: 'array', items: { type: 'object' } }),
      resourceVersion: described('A value that changes with every write.', text),
      selfLink: described('No longer used.', text),
      uid: described('Unique in time and space.', text),
    },
  },
  [`${metaPrefix}.ListMeta`]: {
    description: 'ListMeta describes metadata that synthetic resources must have, including lists.',
    type: 'object',
    properties: {
      continue: described('Leads to the next page.', text),
      remainingItemCount: described('How many items follow.', { type: 'integer', format: 'int64' }),
      resourceVersion: described('The version that the list shows.', text),
      selfLink: described('No longer used.', text),
    },
  },
};
