// Names of Git refs: which ones can exist, and what a short name means.
import type { Want } from '../watch/source.ts';

/** The want that means the remote's default branch. */
export const defaultBranch = 'HEAD';

const branches = 'refs/heads/';
const tags = 'refs/tags/';
// Control characters, white space, and what git-check-ref-format forbids anywhere.
const forbidden = /[\p{Cc} ~^:?*[\\]|\.\.|@\{|\/\/|^\/|\/$|\.$|^@$/u;

/** No host takes longer ones, and no question could hold them. */
const longestName = 1024;

/** Whether Git could have a ref of this name (git-check-ref-format). A name that it could not have is missing without a question. */
export function isRefName(name: string): boolean {
  if (name === '' || name.length > longestName || forbidden.test(name) || !name.isWellFormed()) return false;
  return name.split('/').every(part => !part.startsWith('.') && !part.endsWith('.lock'));
}

/**
 * The full names that a want may mean, the first that exists being meant. A short name is a branch before it is a tag, as `git clone
 * --branch` has it, which is what builds run (`git rev-parse` has it the other way round). Empty: no ref can have this name.
 */
export function candidatesOf(want: Want): readonly string[] {
  if (!isRefName(want)) return [];
  if (want === defaultBranch || want.startsWith('refs/')) return [want];
  return [branches + want, tags + want];
}

/** What a full name names; `other` for those that only Git itself serves, such as `refs/pull/1/head`. */
export function kindOf(ref: string): { readonly kind: 'default' | 'branch' | 'tag' | 'other'; readonly name: string } {
  if (ref === defaultBranch) return { kind: 'default', name: ref };
  if (ref.startsWith(branches)) return { kind: 'branch', name: ref.slice(branches.length) };
  if (ref.startsWith(tags)) return { kind: 'tag', name: ref.slice(tags.length) };
  return { kind: 'other', name: ref };
}

/** Whether this is a full object id: 40 hex digits, or 64 in a sha256 repository. */
export function isObjectId(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text) && !/^0+$/.test(text);
}
