// One entry of metadata.managedFields.
import type { Json } from '../object.ts';
import type { Schema } from '../schema/schema.ts';

/** Which fields one manager has set, and how. */
export interface FieldsEntry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  /** RFC 3339, whole seconds; absent where only ownership has changed. */
  readonly time?: string;
  readonly fieldsType: 'FieldsV1';
  readonly fieldsV1: Json;
  readonly subresource?: string;
}

/** Who writes what, and where. */
export interface Write {
  /** The stored object with its managedFields, in the written version; undefined when the write creates. */
  readonly live: Json | undefined;
  readonly manager: string;
  /** Undefined for the object's own path. */
  readonly subresource: string | undefined;
  /** `group/version` of the request. */
  readonly apiVersion: string;
  /** Now, RFC 3339 with whole seconds. */
  readonly time: string;
  readonly schema: Schema;
  /** Top-level fields that this path does not write: `status` where there is the subresource, `spec` on /status. */
  readonly reset: readonly string[];
}
