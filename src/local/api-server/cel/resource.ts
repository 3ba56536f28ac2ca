// What rules see of a whole object besides its own fields: its kind and its name.
import { compileSchema, type Schema } from '../schema/schema.ts';

const text = { type: 'string' };
const { properties: standard } = compileSchema({
  properties: {
    apiVersion: text,
    kind: text,
    metadata: { type: 'object', properties: { name: text, generateName: text } },
  },
});

const known = new WeakMap<Schema, Schema>();

/** The schema of a whole object as rules see it. */
export function visibleSchema(schema: Schema): Schema {
  const visible = known.get(schema) ?? {
    ...schema,
    type: 'object',
    properties: new Map([...schema.properties, ...standard]),
  };
  known.set(schema, visible);
  return visible;
}
