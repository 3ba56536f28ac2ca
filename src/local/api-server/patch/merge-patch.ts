// JSON Merge Patch (RFC 7386).
import { isJson, type Json } from '../object.ts';

/** The patched document; neither argument is changed. Null deletes, lists are replaced. */
export function applyMergePatch(document: Json, patch: Json): Json {
  const result: Json = { ...document };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else set(result, name, merged(result[name], value));
  }
  return result;
}

function merged(target: unknown, patch: unknown): unknown {
  if (!isJson(patch)) return patch;
  return applyMergePatch(isJson(target) ? target : {}, patch);
}

/** Also for a key named `__proto__`, which an assignment would not create. */
function set(object: Json, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
}
