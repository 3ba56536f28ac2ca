// Fields of a Function in a file that are none of its kind: an API server leaves them out when it stores the object.
import { pathText } from '../../function/problem.ts';
import { type FunctionObject, functionSpec } from '../../function/schema.ts';

/** The Function as it would be stored, and the paths of what that leaves out. */
export function withoutUnknown(fn: FunctionObject): {
  readonly fn: FunctionObject;
  readonly dropped: readonly string[];
} {
  const { data } = functionSpec.safeParse(fn.spec);
  if (data === undefined) return { fn, dropped: [] };
  const dropped = missing(fn.spec, data, ['spec']).map(pathText);
  return dropped.length === 0 ? { fn, dropped } : { fn: { ...fn, spec: data }, dropped };
}

/** Paths of the members of the first that the second has not. */
function missing(from: object, kept: object, path: readonly PropertyKey[]): readonly (readonly PropertyKey[])[] {
  return Object.entries(from).flatMap(([key, member]: [string, unknown]) => {
    const here = [...path, Array.isArray(from) ? Number(key) : key];
    if (!Object.hasOwn(kept, key)) return [here];
    const stays: unknown = Reflect.get(kept, key);
    const isDeep = typeof member === 'object' && member !== null && typeof stays === 'object' && stays !== null;
    return isDeep ? missing(member, stays, here) : [];
  });
}
