// How a short budget is divided among namespaces: everyone gets what he asks for as long as that is no more than an equal part.

/** What each namespace would ask for in a window if nothing were short. */
export type Demand = ReadonlyMap<string, number>;

/**
 * By what each namespace's polls must be rarer so that all fit into `allowance` (max-min fairness). Namespaces that need not wait are left
 * out, so an empty map means that nothing is short.
 */
export function stretchOf(demand: Demand, allowance: number): ReadonlyMap<string, number> {
  const stretch = new Map<string, number>();
  let left = Math.max(allowance, 0);
  const ordered = [...demand].sort(([, a], [, b]) => a - b);
  ordered.forEach(([namespace, wanted], at) => {
    const part = left / (ordered.length - at);
    if (wanted > part) stretch.set(namespace, Math.min(wanted / Math.max(part, smallestPart), mostStretch));
    left -= Math.min(wanted, part);
  });
  return stretch;
}

const smallestPart = 0.001;
/** An interval of 5 s becomes an hour at most. */
const mostStretch = 720;
