// Whether a new commit is a change for a Function that watches some paths only: the ids of these paths decide, whatever lies between
// two commits. What is not known counts as a change, as soon as it is not to be known.
import type { PathIds, PathTrouble } from '../revision/observation.ts';
import type { Facts } from './facts.ts';
import type { BuildCauseRule } from './rule.ts';

/** What the ids of the watched paths say of the head that was seen. */
export type PathVerdict =
  /** They are those of the revision that was attempted last. */
  | { readonly kind: 'unchanged' }
  /** They are, as far as they were recorded: what is watched was edited. */
  | { readonly kind: 'widened' }
  | { readonly kind: 'changed'; readonly paths: readonly string[] }
  /** The ids of this head will be known soon. */
  | { readonly kind: 'pending' }
  /** Nothing can be compared; `why` is a sentence part. */
  | { readonly kind: 'unknown'; readonly why: string };

/** What is known of the head that was seen. */
export interface SeenPaths {
  readonly paths?: PathIds;
  readonly pathTrouble?: PathTrouble;
}

const mostNamed = 3;

/** Compares the ids of the wanted paths with those that were recorded with the revision that was attempted last. */
export function judgePaths(wanted: readonly string[], recorded: PathIds | undefined, seen: SeenPaths): PathVerdict {
  const ids = idsOf(wanted, seen);
  if (ids === undefined) {
    const { pathTrouble: trouble } = seen;
    return trouble?.givenUp === true ? { kind: 'unknown', why: trouble.message } : { kind: 'pending' };
  }
  const old = recorded ?? {};
  const known = wanted.filter(path => Object.hasOwn(old, path));
  if (known.length === 0) return { kind: 'unknown', why: 'no ids were recorded with the revision before' };
  const changed = known.filter(path => old[path] !== ids[path]);
  if (changed.length > 0) return { kind: 'changed', paths: changed };
  const isWhole = known.length === wanted.length && Object.keys(old).length === wanted.length;
  return { kind: isWhole ? 'unchanged' : 'widened' };
}

/** The ids of the wanted paths in the head that was seen; undefined unless all are known. */
export function idsOf(wanted: readonly string[], { paths }: SeenPaths): PathIds | undefined {
  if (paths === undefined || !wanted.every(path => Object.hasOwn(paths, path))) return undefined;
  return Object.fromEntries(wanted.map(path => [path, paths[path] ?? '']));
}

const same: ReadonlySet<string> = new Set(['pending', 'unchanged', 'widened']);

/** Whether the filter keeps a head from being a change. */
export function isFiltered({ watch }: Facts): boolean {
  return same.has(watch?.paths?.kind ?? '');
}

/** The words for why a new head is one to build, added to what it is. */
export function whyChanged({ watch }: Facts): string {
  const verdict = watch?.paths;
  if (verdict?.kind === 'changed') return ` with another ${namePaths(verdict.paths)}`;
  return verdict?.kind === 'unknown' ? `; which paths it changed is not known: ${verdict.why}` : '';
}

/** The words for a new head that is none to build. */
export const whyFiltered: NonNullable<BuildCauseRule['otherwise']> = ({ watch }, { recorded }) => {
  if (!watch?.head || !watch.paths || recorded === undefined || watch.head.id === recorded.revision) return undefined;
  if (watch.paths.kind === 'pending') return `${watch.head.id} was seen; which paths it changed is not known yet`;
  return `${watch.head.id} was seen, and changes none of the watched paths`;
};

/** Names paths for people, a few of them. */
export function namePaths(paths: readonly string[]): string {
  const more = paths.length - mostNamed;
  return `${paths.slice(0, mostNamed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
