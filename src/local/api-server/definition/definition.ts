// A CustomResourceDefinition as this server reads it, and the resource that it makes.
import type { Json } from '../object.ts';
import { apiVersionOf, type Column, type Resource, type ScalePaths, type Version } from '../resource.ts';
import { compileSchema } from '../schema/schema.ts';

export interface Names {
  plural: string;
  kind: string;
  singular?: string;
  listKind?: string;
  shortNames?: readonly string[];
  categories?: readonly string[];
}

export interface DefinitionVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly deprecated?: boolean;
  readonly deprecationWarning?: string;
  readonly schema?: { readonly openAPIV3Schema?: Json };
  readonly subresources?: {
    readonly status?: Json;
    readonly scale?: {
      readonly specReplicasPath: string;
      readonly statusReplicasPath: string;
      readonly labelSelectorPath?: string;
    };
  };
  readonly additionalPrinterColumns?: readonly Column[];
  readonly selectableFields?: readonly { readonly jsonPath: string }[];
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime: string;
  readonly reason: string;
  readonly message: string;
}

export interface DefinitionStatus {
  conditions: readonly Condition[] | null;
  acceptedNames: Names;
  storedVersions: readonly string[];
}

/** What checkCrd has let through. */
export interface Definition {
  readonly group: string;
  readonly scope: string;
  readonly names: Names;
  readonly versions: readonly DefinitionVersion[];
}

/** The resource that a definition makes; its names are those that were accepted. */
export function resourceOf(definition: Definition): Resource {
  const { group, names } = definition;
  const versions = definition.versions.map(version => versionOf(definition, version));
  const stored = definition.versions.findIndex(version => version.storage);
  const storage = versions[Math.max(stored, 0)];
  if (!storage) throw new Error(`the definition of ${names.plural}.${group} has no version`);
  return {
    id: `${group}/${names.plural}`,
    group,
    plural: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    kind: names.kind,
    listKind: names.listKind ?? `${names.kind}List`,
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced: definition.scope === 'Namespaced',
    versions,
    storage,
  };
}

function versionOf({ group, names }: Definition, version: DefinitionVersion): Version {
  const openapi = version.schema?.openAPIV3Schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const apiVersion = apiVersionOf(group, version.name);
  const warning = version.deprecationWarning ?? `${apiVersion} ${names.kind} is deprecated`;
  return {
    name: version.name,
    apiVersion,
    openapi,
    schema: compileSchema(openapi),
    served: version.served,
    status: version.subresources?.status !== undefined,
    scale: scaleOf(version),
    columns: version.additionalPrinterColumns ?? [],
    selectable: (version.selectableFields ?? []).map(field => dotted(field.jsonPath)),
    warning: version.deprecated ? warning : undefined,
  };
}

function scaleOf(version: DefinitionVersion): ScalePaths | undefined {
  const scale = version.subresources?.scale;
  if (!scale) return undefined;
  return {
    spec: dotted(scale.specReplicasPath),
    status: dotted(scale.statusReplicasPath),
    selector: scale.labelSelectorPath === undefined ? undefined : dotted(scale.labelSelectorPath),
  };
}

function dotted(jsonPath: string): string {
  return jsonPath.replace(/^\./, '');
}
