// An object in one of the versions that its resource is served in.
import { type ApiObject, copied, isJson, type Json } from './object.ts';
import type { Served } from './registry.ts';
import type { Resource, Version } from './resource.ts';
import { applyDefaults } from './schema/default.ts';
import { prune } from './schema/prune.ts';
import { type Entry, headOf } from './store/entry.ts';

/** Whether the version shows objects as they are stored. */
export function isAsStored({ resource, version }: Served): boolean {
  return version === resource.storage && resource.table === undefined;
}

/** The stored object as `version` shows it; the stored one itself where they are the same. Not to be changed. */
export function shownIn(object: ApiObject, { resource, version }: Served): ApiObject {
  if (isAsStored({ resource, version })) return object;
  if (version.conversion) return version.conversion.fromStored(object) as ApiObject;
  const shown = { ...copied(object), apiVersion: version.apiVersion };
  complete(shown, version);
  return shown;
}

/** The object as it is stored: what the stored version does not know is gone. */
export function storedFrom(object: ApiObject, { resource, version }: Served): ApiObject {
  if (version.conversion) return version.conversion.toStored(object) as ApiObject;
  if (version === resource.storage) return object;
  const stored = { ...copied(object), apiVersion: resource.storage.apiVersion };
  complete(stored, resource.storage);
  return stored;
}

/** What a definition's newest schema makes of an object that was stored under an earlier one. */
export function broughtUp(object: ApiObject, resource: Resource): ApiObject {
  const copy = { ...copied(object), apiVersion: resource.storage.apiVersion };
  complete(copy, resource.storage);
  return copy;
}

/** Prunes and fills in defaults; metadata is nobody's schema's. */
function complete(object: ApiObject, version: Version): void {
  const { metadata } = object;
  prune(version.schema, object);
  applyDefaults(version.schema, object);
  object.metadata = metadata;
}

/** The whole JSON of an entry in a version. */
export function textOf(entry: Entry, served: Served): string {
  if (isAsStored(served)) return headOf(served.version.apiVersion, served.resource.kind) + entry.tail;
  return JSON.stringify(shownIn(entry.object, served));
}

/** The value at a dotted path; undefined where there is none. */
export function at(object: unknown, path: string): unknown {
  let value: unknown = object;
  for (const part of path.split('.')) value = isJson(value) ? (value as Json)[part] : undefined;
  return value;
}
