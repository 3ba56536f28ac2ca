// Short words for writing structural schemas by hand.

/** A node of a structural schema, as data. */
export type Schema = Readonly<Record<string, unknown>>;

export const text: Schema = { type: 'string' };
export const truth: Schema = { type: 'boolean' };
export const int: Schema = { type: 'integer' };
export const int64: Schema = { type: 'integer', format: 'int64' };
export const moment: Schema = { type: 'string', format: 'date-time' };
export const duration: Schema = { type: 'string', format: 'duration' };
export const texts: Schema = map(text);
/** Not looked into, as upstream. */
export const anything: Schema = { 'x-kubernetes-preserve-unknown-fields': true };

/** An object of these members; a name that ends in `!` is required. */
export function object(members: Readonly<Record<string, Schema>>): Schema {
  const entries = Object.entries(members);
  const required = entries.filter(([name]) => name.endsWith('!')).map(([name]) => name.slice(0, -1));
  const properties = Object.fromEntries(entries.map(([name, schema]) => [name.replace(/!$/, ''), schema]));
  return { type: 'object', ...(required.length > 0 ? { required } : {}), properties };
}

/** A list; its items differ in these keys when there are any. */
export function list(items: Schema, ...keys: readonly string[]): Schema {
  const kind =
    keys.length === 0
      ? { 'x-kubernetes-list-type': 'atomic' }
      : { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys };
  return { type: 'array', ...kind, items };
}

/** An object with any keys. */
export function map(values: Schema): Schema {
  return { type: 'object', additionalProperties: values };
}
