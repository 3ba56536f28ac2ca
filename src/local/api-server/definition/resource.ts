// CustomResourceDefinition, itself a resource.
import { list, object, type Schema, text, truth } from '../../crd/schema.ts';
import { isJson, type Json } from '../object.ts';
import type { Resource, Version } from '../resource.ts';
import { compileSchema } from '../schema/schema.ts';
import type { Condition, Definition, DefinitionStatus } from './definition.ts';
import { definitionFaults } from './rules.ts';

const open: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const texts = list(text);

const names = object({
  plural: text,
  singular: text,
  kind: text,
  listKind: text,
  shortNames: texts,
  categories: texts,
});

const condition = object({
  type: text,
  status: text,
  lastTransitionTime: text,
  reason: text,
  message: text,
  observedGeneration: { type: 'integer' },
});

const version = object({
  name: text,
  served: truth,
  storage: truth,
  deprecated: truth,
  deprecationWarning: text,
  schema: object({ openAPIV3Schema: open }),
  subresources: object({
    status: open,
    scale: object({ specReplicasPath: text, statusReplicasPath: text, labelSelectorPath: text }),
  }),
  additionalPrinterColumns: list(
    object({ name: text, type: text, format: text, description: text, priority: { type: 'integer' }, jsonPath: text }),
  ),
  selectableFields: list(object({ jsonPath: text })),
});

const openapi = object({
  apiVersion: text,
  kind: text,
  metadata: { type: 'object' },
  spec: object({
    group: text,
    scope: text,
    names,
    versions: list(version),
    conversion: open,
    preserveUnknownFields: truth,
  }),
  status: object({
    conditions: {
      type: 'array',
      nullable: true,
      items: condition,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
    },
    acceptedNames: names,
    storedVersions: texts,
  }),
});

const column = (name: string, type: string, jsonPath: string) => ({ name, type, jsonPath });

/** The resource of definitions. */
export function definitionResource(): Resource {
  const served: Version = {
    name: 'v1',
    apiVersion: 'apiextensions.k8s.io/v1',
    openapi,
    schema: compileSchema(openapi),
    served: true,
    status: true,
    scale: undefined,
    columns: [column('Created At', 'string', '.metadata.creationTimestamp')],
    selectable: [],
    warning: undefined,
  };
  return {
    id: definitionsId,
    group: 'apiextensions.k8s.io',
    plural: 'customresourcedefinitions',
    singular: 'customresourcedefinition',
    kind: 'CustomResourceDefinition',
    listKind: 'CustomResourceDefinitionList',
    shortNames: ['crd', 'crds'],
    categories: ['api-extensions'],
    namespaced: false,
    versions: [served],
    storage: served,
    builtIn: { createOnUpdate: false, hasGeneration: true, prepare: () => {}, settle, faults: definitionFaults },
  };
}

/** The finalizer that a definition waits for while its objects are removed. */
export const cleanup = 'customresourcecleanup.apiextensions.k8s.io';

export const definitionsId = 'apiextensions.k8s.io/customresourcedefinitions';

/** Fills in what a definition may leave out, and says of one that is deleted that it goes. */
function settle(object: Json): void {
  const spec = isJson(object['spec']) ? { ...object['spec'] } : {};
  object['spec'] = spec;
  const sent = isJson(spec['names']) ? spec['names'] : {};
  const kind = typeof sent['kind'] === 'string' ? sent['kind'] : '';
  const filled =
    kind === ''
      ? {}
      : { singular: sent['singular'] || kind.toLowerCase(), listKind: sent['listKind'] || `${kind}List` };
  spec['names'] = { ...sent, ...filled };
  spec['conversion'] ??= { strategy: 'None' };
  if (spec['preserveUnknownFields'] === false) delete spec['preserveUnknownFields'];
  const status = (isJson(object['status']) ? object['status'] : {}) as Partial<DefinitionStatus>;
  object['status'] = {
    ...status,
    conditions: leaving(object, status.conditions ?? null),
    acceptedNames: status.acceptedNames ?? { plural: '', kind: '' },
    storedVersions: storedVersions(spec as unknown as Definition, status.storedVersions ?? []),
  };
}

function leaving(object: Json, conditions: readonly Condition[] | null): readonly Condition[] | null {
  const metadata = isJson(object['metadata']) ? object['metadata'] : {};
  const time = metadata['deletionTimestamp'];
  if (typeof time !== 'string' || conditions?.some(({ type }) => type === 'Terminating')) return conditions;
  const message = 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon';
  return [
    ...(conditions ?? []),
    { type: 'Terminating', status: 'True', lastTransitionTime: time, reason: 'InstanceDeletionPending', message },
  ];
}

/** Versions in which objects may be stored: a new one is appended, none is dropped. */
function storedVersions(spec: Definition, known: readonly string[]): readonly string[] {
  const versions = Array.isArray(spec.versions) ? spec.versions : [];
  const storage = versions.find(candidate => isJson(candidate) && candidate.storage)?.name;
  return storage === undefined || known.includes(storage) ? known : [...known, storage];
}
