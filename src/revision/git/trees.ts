// What stands in commits and trees, as far as paths are looked up in them.
import type { WantedPaths } from '../provider.ts';
import { folderMode, type TreeEntry } from '../tree-walk.ts';
import { PackError } from './delta.ts';
import type { PackedObject } from './pack.ts';
import { idLengths, type ObjectFormat } from './refs.ts';

/** More entries than this, of all folders on the way together, no pack has that is worth reading: they take memory by far beyond its own. */
const mostEntries = 500_000;

/** The id of a commit's tree; a PackError where it names none. */
export function rootOf(commit: Buffer): string {
  const id = /^tree ([0-9a-f]{40}(?:[0-9a-f]{24})?)\n/.exec(commit.toString('latin1', 0, 70))?.[1];
  if (id === undefined) throw new PackError('a commit names no tree');
  return id;
}

/**
 * The entries of a tree, by name; `idLength` is that of an id in bytes. A name that is no UTF-8 is nobody's. A PackError where there are
 * more than `most`.
 */
export function entriesOf(tree: Buffer, idLength: number, most = mostEntries): ReadonlyMap<string, TreeEntry> {
  const entries = new Map<string, TreeEntry>();
  let at = 0;
  while (at < tree.length) {
    const space = tree.indexOf(0x20, at);
    const end = tree.indexOf(0, space);
    const next = end + 1 + idLength;
    if (space < at || end < space || next > tree.length) throw new PackError('a tree cannot be read');
    if (entries.size >= most) throw new PackError('the folders on the way have too many entries');
    const mode = tree.toString('latin1', at, space).padStart(6, '0');
    entries.set(tree.toString('utf8', space + 1, end), { mode, id: tree.toString('hex', end + 1, next) });
    at = next;
  }
  return entries;
}

/** Objects of one repository; each tree is read once. A PackError for those that are missing or cannot be read. */
export class TreesOfCommits {
  private readonly objects: ReadonlyMap<string, PackedObject>;
  private readonly idLength: number;
  private readonly read = new Map<string, ReadonlyMap<string, TreeEntry>>();
  private left = mostEntries;

  constructor(objects: ReadonlyMap<string, PackedObject>, format: ObjectFormat) {
    this.objects = objects;
    this.idLength = idLengths[format];
  }

  rootOf(commit: string): string {
    return rootOf(this.contentOf(commit));
  }

  entries(tree: string): ReadonlyMap<string, TreeEntry> {
    const known = this.read.get(tree);
    if (known) return known;
    const entries = entriesOf(this.contentOf(tree), this.idLength, this.left);
    this.left -= entries.size;
    this.read.set(tree, entries);
    return entries;
  }

  /** The ids of the trees that stand first on the way to the wanted paths, and are not there yet. */
  missing(wanted: WantedPaths): readonly string[] {
    const ids = new Set<string>();
    for (const [commit, paths] of wanted) {
      const root = this.rootOf(commit);
      for (const path of paths) {
        const id = this.firstMissing(root, path.split('/'));
        if (id !== undefined) ids.add(id);
      }
    }
    return [...ids];
  }

  private firstMissing(root: string, parts: readonly string[]): string | undefined {
    let id = root;
    for (const part of parts) {
      if (!this.objects.has(id)) return id;
      const entry = this.entries(id).get(part);
      if (entry?.mode !== folderMode) return undefined;
      id = entry.id;
    }
    return undefined;
  }

  private contentOf(id: string): Buffer {
    const object = this.objects.get(id);
    if (object === undefined) throw new PackError('an object that was asked for is missing');
    return object.content;
  }
}
