// The JSON merge patch (RFC 7386) that turns one value into another: how little of a status has to be written.

/** Undefined when nothing differs. Lists and scalars are replaced as a whole; a member that is gone becomes null. */
export function mergePatch(from: object, to: object): Readonly<Record<string, unknown>> | undefined {
  const patch: Record<string, unknown> = {};
  const target = new Map(Object.entries(to).filter(([, value]) => value !== undefined));
  for (const [key, value] of Object.entries(from)) {
    if (value !== undefined && !target.has(key)) patch[key] = null;
  }
  for (const [key, value] of target) {
    const old: unknown = Reflect.get(from, key);
    if (isPlain(old) && isPlain(value)) {
      const inner = mergePatch(old, value);
      if (inner !== undefined) patch[key] = inner;
    } else if (!isSame(old, value)) patch[key] = value;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** Whether a merge patch would change nothing. */
export function isApplied(patch: object, object: object): boolean {
  return Object.entries(patch).every(([key, value]) => {
    const there: unknown = Reflect.get(object, key);
    if (isPlain(value)) return isApplied(value, isPlain(there) ? there : {});
    return value === null ? there === undefined || there === null : isSame(there, value);
  });
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, at) => isSame(item, b[at]));
  return isPlain(a) && isPlain(b) && mergePatch(a, b) === undefined;
}
