// metadata.managedFields as it is worked with: each manager's fields, by who and how.
import { isJson, type Json } from '../object.ts';
import type { FieldsEntry } from './entry.ts';
import { type FieldSet, fieldsAt, parseFields } from './set.ts';

/** One manager's fields. */
export interface Managed {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string | undefined;
  /** Absent where only ownership has changed. */
  readonly time: string | undefined;
  readonly fields: FieldSet;
}

/** By identity. Never changed once made. */
export type Managers = ReadonlyMap<string, Managed>;

export const noManagers: Managers = new Map();

/** Who a manager is: an applier stays the same when it applies another version. */
export function identity(managed: Pick<Managed, 'manager' | 'operation' | 'apiVersion' | 'subresource'>): string {
  const { manager, operation, apiVersion, subresource } = managed;
  return JSON.stringify([manager, operation, operation === 'Apply' ? '' : apiVersion, subresource ?? '']);
}

/** Owned by the server or by what the object is, and so by no manager. */
export const unowned = fieldsAt(
  ['apiVersion'],
  ['kind'],
  ['metadata'],
  ...[
    'clusterName',
    'creationTimestamp',
    'generation',
    'managedFields',
    'name',
    'namespace',
    'resourceVersion',
    'selfLink',
    'uid',
  ].map(name => ['metadata', name]),
);

/** Reads a list of entries; undefined when it is none, as clients may send it. */
export function readManagers(list: unknown): Managers | undefined {
  if (!Array.isArray(list)) return undefined;
  const managers = new Map<string, Managed>();
  for (const entry of list) {
    const managed = readEntry(entry);
    if (!managed) return undefined;
    managers.set(identity(managed), managed);
  }
  return managers;
}

function readEntry(entry: unknown): Managed | undefined {
  if (!isJson(entry)) return undefined;
  const { manager, operation, apiVersion, subresource, time, fieldsV1 } = entry;
  if (operation !== 'Apply' && operation !== 'Update') return undefined;
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  const fields = readFields(fieldsV1 ?? {});
  if (!fields) return undefined;
  return {
    manager: text(manager) ?? '',
    operation,
    apiVersion: text(apiVersion) ?? '',
    subresource: text(subresource),
    time: text(time),
    fields,
  };
}

function readFields(fields: unknown): FieldSet | undefined {
  try {
    return parseFields(fields);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What is stored: without the fields that nobody owns and managers that own none; appliers first, then by time. */
export function writeManagers(managers: Managers): readonly FieldsEntry[] {
  const entries = [...managers.values()].map(managed => ({ ...managed, fields: managed.fields.difference(unowned) }));
  return entries
    .filter(managed => !managed.fields.empty)
    .toSorted(compare)
    .map(({ manager, operation, apiVersion, subresource, time, fields }) => ({
      manager,
      operation,
      apiVersion,
      ...(time === undefined ? {} : { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: fields.toJson(),
      ...(subresource === undefined ? {} : { subresource }),
    }));
}

function compare(a: Managed, b: Managed): number {
  const keys = (managed: Managed) => [
    managed.operation,
    managed.time ?? '',
    managed.manager,
    managed.apiVersion,
    managed.subresource ?? '',
  ];
  const [left, right] = [keys(a), keys(b)];
  for (const [at, key] of left.entries()) {
    const other = right[at] ?? '';
    if (key !== other) return key < other ? -1 : 1;
  }
  return 0;
}

/** The managedFields of an object, and the object without them. */
export function split(object: Json): readonly [Json, unknown] {
  const { metadata } = object;
  if (!isJson(metadata) || !Object.hasOwn(metadata, 'managedFields')) return [object, undefined];
  const { managedFields, ...rest } = metadata;
  return [{ ...object, metadata: rest }, managedFields];
}
