// What stands in commits and trees, as far as paths are looked up in them.
import type { TreeEntry } from '../tree-walk.ts';
import { PackError } from './delta.ts';

/** The id of a commit's tree; a PackError where it names none. */
export function rootOf(commit: Buffer): string {
  const id = /^tree ([0-9a-f]{40}(?:[0-9a-f]{24})?)\n/.exec(commit.toString('latin1', 0, 70))?.[1];
  if (id === undefined) throw new PackError('a commit names no tree');
  return id;
}

/** The entries of a tree, by name; `idLength` is that of an id in bytes. A name that is no UTF-8 is nobody's. */
export function entriesOf(tree: Buffer, idLength: number): ReadonlyMap<string, TreeEntry> {
  const entries = new Map<string, TreeEntry>();
  let at = 0;
  while (at < tree.length) {
    const space = tree.indexOf(0x20, at);
    const end = tree.indexOf(0, space);
    const next = end + 1 + idLength;
    if (space < at || end < space || next > tree.length) throw new PackError('a tree cannot be read');
    const mode = tree.toString('latin1', at, space).padStart(6, '0');
    entries.set(tree.toString('utf8', space + 1, end), { mode, id: tree.toString('hex', end + 1, next) });
    at = next;
  }
  return entries;
}
