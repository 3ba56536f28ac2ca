// Null members of an object mean absent ones, as for an API server.

/** The deepest that an object may be nested. API servers take ten thousand levels, which no recursion survives. */
export const deepest = 128;

/** The value is nested deeper than `deepest`. */
export class NestedTooDeep extends RangeError {
  override readonly name = 'NestedTooDeep';
}

/**
 * A copy without the members that are null or undefined, at any depth; list items stay. What has none is given back as it is. Throws
 * NestedTooDeep.
 */
export function withoutNulls(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= deepest) throw new NestedTooDeep();
  if (Array.isArray(value)) return mapped(value, depth);
  let changed = false;
  const kept: [string, unknown][] = [];
  for (const [key, member] of Object.entries(value)) {
    const cleaned = withoutNulls(member, depth + 1);
    changed ||= cleaned !== member || cleaned === null || cleaned === undefined;
    if (cleaned !== null && cleaned !== undefined) kept.push([key, cleaned]);
  }
  return changed ? Object.fromEntries(kept) : value;
}

function mapped(items: readonly unknown[], depth: number): readonly unknown[] {
  const cleaned = items.map(item => withoutNulls(item, depth + 1));
  return cleaned.some((item, at) => item !== items[at]) ? cleaned : items;
}

/** Where a value is nested too deep: the first steps of the way there. */
export function deepPath(value: unknown): readonly PropertyKey[] {
  const open: { readonly at: unknown; readonly path: readonly PropertyKey[]; readonly depth: number }[] = [
    { at: value, path: [], depth: 0 },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { at, path, depth } = next;
    if (typeof at !== 'object' || at === null) continue;
    if (depth >= deepest) return path;
    const steps = Array.isArray(at) ? at.entries() : Object.entries(at);
    for (const [step, member] of steps) {
      open.push({ at: member, path: path.length < mostSteps ? [...path, step] : path, depth: depth + 1 });
    }
  }
  return [];
}

const mostSteps = 5;
