// Objects as rows of a Table, which is what `kubectl get` prints.
import { type ApiObject, asText, type Json } from '../object.ts';
import type { Column, Version } from '../resource.ts';
import { badRequest } from '../status.ts';
import { age } from './age.ts';
import { type JsonPath, jsonPath } from './json-path.ts';

/** How much of its object a row carries. */
export type Include = 'Metadata' | 'Object' | 'None';

/** Throws ApiError BadRequest for another word. */
export function includeObject(text: string | null): Include {
  if (text === null || text === '' || text === 'Metadata') return 'Metadata';
  if (text === 'Object' || text === 'None') return text;
  const why = `includeObject: Invalid value: ${JSON.stringify(text)}: must be 'Metadata', 'Object', 'None', or empty`;
  throw badRequest(`Unable to convert to Table as requested: ${why}`);
}

const nameColumn = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description:
    'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names',
  priority: 0,
};

const ageColumn: Column = {
  name: 'Age',
  type: 'date',
  description:
    'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata',
  jsonPath: '.metadata.creationTimestamp',
};

export interface TableForm {
  readonly version: Version;
  readonly include: Include;
  /** Of meta.k8s.io. */
  readonly metaVersion: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A whole Table; `metadata` is that of the list or the object. `headless` leaves the columns out. */
export function table(
  form: TableForm,
  objects: readonly ApiObject[],
  more: { readonly metadata: Json; readonly headless?: boolean; readonly rows?: null },
): Json {
  const columns = columnsOf(form.version);
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${form.metaVersion}`,
    metadata: more.metadata,
    columnDefinitions: more.headless ? null : [nameColumn, ...columns.map(definition)],
    rows: more.rows === null ? null : objects.map(object => row(object, columns, form)),
  };
}

/** An object of which only the metadata is shown. */
export function partial(object: ApiObject, metaVersion: string): Json {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${metaVersion}`, metadata: object.metadata };
}

function columnsOf(version: Version): readonly Column[] {
  return version.columns.length > 0 ? version.columns : [ageColumn];
}

function definition({ name, type, format = '', description, priority = 0, jsonPath: path }: Column): Json {
  const told = description || `Custom resource definition column (in JSONPath format): ${path}`;
  return { name, type, format, description: told, priority };
}

function row(object: ApiObject, columns: readonly Column[], { include, metaVersion, now }: TableForm): Json {
  const shown = { None: () => null, Object: () => object, Metadata: () => partial(object, metaVersion) };
  const cells = columns.map(column => cell(object, column, now));
  return { cells: [object.metadata.name, ...cells], object: shown[include]() };
}

const paths = new Map<string, JsonPath>();

function valueAt(object: ApiObject, path: string): unknown {
  let found = paths.get(path);
  if (!found) {
    found = jsonPath(path);
    paths.set(path, found);
  }
  return found(object)[0];
}

function cell(object: ApiObject, column: Column, now: number): unknown {
  const value = valueAt(object, column.jsonPath);
  if (value === undefined || value === null) return null;
  if (column.type === 'date') {
    const time = Date.parse(asText(value));
    return Number.isNaN(time) ? '<invalid>' : age(now - time);
  }
  if (column.type === 'integer' && typeof value === 'number') return Math.trunc(value);
  if (['number', 'boolean'].includes(column.type) && typeof value === column.type) return value;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
