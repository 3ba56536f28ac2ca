// A resource: one kind of object that is stored once and served in one or more versions.
import { createHash } from 'node:crypto';
import type { Json } from './object.ts';
import type { Schema } from './schema/schema.ts';
import type { Cause, Named } from './status.ts';

/** A column of `kubectl get`. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly jsonPath: string;
}

/** Where the scale subresource finds its numbers, as simple dotted paths. */
export interface ScalePaths {
  readonly spec: string;
  readonly status: string;
  readonly selector: string | undefined;
}

export interface Version {
  readonly name: string;
  /** `group/name`, or `name` in the core group. */
  readonly apiVersion: string;
  /** The version's openAPIV3Schema as written, for the OpenAPI documents and field ownership. */
  readonly openapi: Json;
  readonly schema: Schema;
  readonly served: boolean;
  /** Has the subresource `status`. */
  readonly status: boolean;
  readonly scale: ScalePaths | undefined;
  readonly columns: readonly Column[];
  /** Dotted paths that field selectors may name besides metadata.name and metadata.namespace. */
  readonly selectable: readonly string[];
  /** What every answer under a deprecated version warns of. */
  readonly warning: string | undefined;
  /** Between this version and the stored one where more than apiVersion differs. */
  readonly conversion?: Conversion;
}

/** Two shapes of one object; each way makes a new object. */
export interface Conversion {
  readonly toStored: (object: Json) => Json;
  readonly fromStored: (object: Json) => Json;
}

/** What sets the built-in kinds apart from custom resources. */
export interface BuiltIn {
  /** A PUT to a name that does not exist creates it. */
  readonly createOnUpdate: boolean;
  /** Objects carry a generation. */
  readonly hasGeneration: boolean;
  /** Fills in the empty structs that Go shows; changes the object. */
  readonly prepare: (object: Json) => void;
  /** What the kind itself does before it stores an object, after ownership is known; changes it. */
  readonly settle: (object: Json) => void;
  /** Faults beyond metadata and types; `old` is what is stored. Absent: there are none. */
  readonly faults?: (object: Json, old: Json | undefined) => readonly Cause[];
}

export interface Resource extends Named {
  /** `group/plural`. */
  readonly id: string;
  /** The id of the resource whose objects these are in another shape; absent: its own. */
  readonly table?: string;
  readonly singular: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** All of them; only those that are `served` have paths. */
  readonly versions: readonly Version[];
  readonly storage: Version;
  /** Absent for custom resources. */
  readonly builtIn?: BuiltIn;
}

/** `group/version`, or `version` in the core group. */
export function apiVersionOf(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

/** The key of an object in its resource's table. */
export function keyOf(namespace: string | undefined, name: string): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** What discovery gives clients to notice that the stored version has changed. */
export function storageVersionHash(resource: Resource): string {
  const text = `${resource.group}/${resource.storage.name}/${resource.kind}`;
  return createHash('sha256').update(text).digest().subarray(0, 8).toString('base64');
}
