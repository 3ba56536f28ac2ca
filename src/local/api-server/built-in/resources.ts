// The built-in kinds as resources of the registry.
import { definitionResource } from '../definition/resource.ts';
import { copied, isJson, type Json } from '../object.ts';
import { apiVersionOf, type BuiltIn, type Resource, type Version } from '../resource.ts';
import { compileSchema } from '../schema/schema.ts';
import type { BuiltInKind } from './kind.ts';
import { builtInKinds } from './kinds.ts';

/** Every built-in resource, CustomResourceDefinitions among them. */
export function builtInResources(): readonly Resource[] {
  return [...builtInKinds.map(builtInResource), definitionResource()];
}

function builtInResource(kind: BuiltInKind): Resource {
  const standard = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' } };
  const openapi = { type: 'object', properties: { ...standard, ...kind.members } };
  const version: Version = {
    name: kind.version,
    apiVersion: apiVersionOf(kind.group, kind.version),
    openapi,
    schema: compileSchema(openapi),
    served: true,
    status: 'status' in kind.members,
    scale: undefined,
    columns: kind.columns ?? [],
    selectable: kind.selectable ?? [],
    warning: undefined,
    ...(kind.conversion ? { conversion: kind.conversion } : {}),
  };
  return {
    id: `${kind.group}/${kind.plural}`,
    group: kind.group,
    plural: kind.plural,
    singular: kind.singular,
    kind: kind.kind,
    listKind: `${kind.kind}List`,
    shortNames: kind.short ?? [],
    categories: kind.inAll ? ['all'] : [],
    namespaced: kind.cluster !== true,
    versions: [version],
    storage: version,
    ...(kind.table === undefined ? {} : { table: kind.table }),
    builtIn: behaviour(kind),
  };
}

function behaviour(kind: BuiltInKind): BuiltIn {
  return {
    createOnUpdate: kind.createOnUpdate === true,
    hasGeneration: 'spec' in kind.members,
    prepare(object) {
      kind.prepare?.(object);
      if (kind.shown) show(object, kind.shown);
    },
    settle: object => kind.settle?.(object),
  };
}

/** Go's structs appear even when they are empty. */
function show(object: Json, shown: Readonly<Record<string, unknown>>): void {
  for (const [field, empty] of Object.entries(shown)) {
    const value = object[field];
    if (value === undefined || value === null) object[field] = copied(empty);
    else if (isJson(value) && isJson(empty)) show(value, empty);
  }
}
