// Who owns which field after a write that is not an apply.
import { type Core, type Target, timestamp } from '../core.ts';
import type { FieldsEntry } from '../fields/entry.ts';
import { trackUpdate } from '../fields/update.ts';
import { type ApiObject, copied, equal, isJson, type Json } from '../object.ts';

export interface OwnedWrite {
  readonly target: Target;
  readonly next: ApiObject;
  readonly live: ApiObject | undefined;
  readonly manager: string;
}

/** The managedFields of `next`. */
export function owned(core: Core, { target, next, live, manager }: OwnedWrite): readonly FieldsEntry[] {
  const entries = trackUpdate({ ...writing(core, target), live, next, manager });
  return live || !target.resource.builtIn ? entries : withoutBlanks(entries, { blank: blank(target), next });
}

/** What every tracked write has to say of itself. */
export function writing(core: Core, { version, subresource }: Target) {
  const reset = subresource === 'status' ? ['spec'] : version.status ? ['status'] : [];
  return { subresource, apiVersion: version.apiVersion, time: timestamp(core), schema: version.schema, reset };
}

/** What a built-in kind is before anything is set: its empty structs belong to nobody. */
function blank({ resource, version }: Target): Json {
  const object: Json = { apiVersion: version.apiVersion, kind: resource.kind, metadata: {} };
  resource.builtIn?.prepare(object);
  return object;
}

function withoutBlanks(
  entries: readonly FieldsEntry[],
  { blank: empty, next }: { readonly blank: Json; readonly next: Json },
): readonly FieldsEntry[] {
  return entries.map(entry => {
    const fieldsV1 = copied(entry.fieldsV1);
    forget(fieldsV1, empty, next);
    return { ...entry, fieldsV1 };
  });
}

function forget(fields: Json, empty: Json, next: Json): void {
  for (const [name, value] of Object.entries(empty)) {
    const field = fields[`f:${name}`];
    if (!isJson(field)) continue;
    const set = next[name];
    if (equal(value, set)) {
      delete fields[`f:${name}`];
      continue;
    }
    delete field['.'];
    if (isJson(value) && isJson(set)) forget(field, value, set);
  }
}
