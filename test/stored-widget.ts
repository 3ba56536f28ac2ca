// A Widget and those who write it, with the record of who owns what.
import { serverSideApply } from '../src/local/api-server/fields/apply.ts';
import type { FieldsEntry } from '../src/local/api-server/fields/entry.ts';
import { trackUpdate } from '../src/local/api-server/fields/update.ts';
import type { Json } from '../src/local/api-server/object.ts';
import { applyDefaults } from '../src/local/api-server/schema/default.ts';
import { compileSchema } from '../src/local/api-server/schema/schema.ts';
import { widgetSchema } from './widget.ts';

const schema = compileSchema(widgetSchema);
const apiVersion = 'example.revflow.dev/v1';

/** One Widget; each write happens a second after the last. */
export class StoredWidget {
  object: Json | undefined;
  #seconds = 0;

  apply(manager: string, spec: unknown, more: { force?: boolean; status?: unknown; metadata?: Json } = {}): Json {
    const { status, metadata = {}, force = false } = more;
    const sent = { ...(spec === undefined ? {} : { spec }), ...(status === undefined ? {} : { status }) };
    const applied = { apiVersion, kind: 'Widget', metadata: { name: 'w', ...metadata }, ...sent };
    const subresource = status === undefined || spec !== undefined ? undefined : 'status';
    const write = { ...this.#write(manager), subresource, reset: [subresource === 'status' ? 'spec' : 'status'] };
    const { object, managedFields } = serverSideApply({ ...write, applied, force });
    return this.#store(object, managedFields);
  }

  update(manager: string, change: (object: Json) => Json): Json {
    const next = change(structuredClone(this.object ?? {}));
    applyDefaults(schema, next);
    return this.#store(next, trackUpdate({ ...this.#write(manager), subresource: undefined, reset: ['status'], next }));
  }

  /** Who owns what; the time where an entry has one. */
  owners(): readonly (readonly [who: string, fields: unknown])[] {
    return this.#entries().map(({ manager, operation, subresource, fieldsV1 }) => [
      `${manager} ${operation}${subresource === undefined ? '' : ` ${subresource}`}`,
      fieldsV1,
    ]);
  }

  times(): readonly (string | undefined)[] {
    return this.#entries().map(entry => entry.time);
  }

  #entries(): readonly FieldsEntry[] {
    return (this.object?.['metadata'] as { managedFields?: readonly FieldsEntry[] } | undefined)?.managedFields ?? [];
  }

  #write(manager: string) {
    this.#seconds += 1;
    const time = `2001-01-01T00:00:${String(this.#seconds).padStart(2, '0')}Z`;
    return { live: this.object, manager, apiVersion, time, schema };
  }

  #store(object: Json, managedFields: readonly FieldsEntry[]): Json {
    this.object = { ...object, metadata: { ...(object['metadata'] as Json), managedFields } };
    return object['spec'] as Json;
  }
}
