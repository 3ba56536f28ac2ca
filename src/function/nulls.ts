// Null members of an object mean absent ones, as for an API server.

/** A copy without the members that are null or undefined, at any depth; list items stay. What has none is given back as it is. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return mapped(value);
  if (typeof value !== 'object' || value === null) return value;
  let changed = false;
  const kept: [string, unknown][] = [];
  for (const [key, member] of Object.entries(value)) {
    const cleaned = withoutNulls(member);
    changed ||= cleaned !== member || cleaned === null || cleaned === undefined;
    if (cleaned !== null && cleaned !== undefined) kept.push([key, cleaned]);
  }
  return changed ? Object.fromEntries(kept) : value;
}

function mapped(items: readonly unknown[]): readonly unknown[] {
  const cleaned = items.map(withoutNulls);
  return cleaned.some((item, at) => item !== items[at]) ? cleaned : items;
}
