// What makes a schema of a definition refused.
import type { Json } from '../object.ts';
import type { Cause } from '../status.ts';

/** Every fault of an openAPIV3Schema; `path` is where it stands in the definition, without a dot at the end. */
export function checkSchema(openapi: Json, path: string): readonly Cause[] {
  void [openapi, path];
  return [];
}
