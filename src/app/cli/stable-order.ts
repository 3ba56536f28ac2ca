// The order in which members of a rendered object stand, whatever the order in the file that they come from.
import type { KubeObject } from '../../platform/kube/kube.ts';

/** What people look for first; everything else by the alphabet. */
const first = ['apiVersion', 'kind', 'metadata', 'name', 'namespace'];

/** The same object; lists stay as they are, since their order means something. */
export function inStableOrder(object: KubeObject): KubeObject {
  return ordered(object) as KubeObject;
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).toSorted(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, ordered(member)]));
}

function rank(name: string): number {
  const at = first.indexOf(name);
  return at < 0 ? first.length : at;
}
