// Finds what stands at paths of a commit, folder by folder from the root; only folders that lie on the way are listed.
import type { PathIds } from './observation.ts';

export interface TreeEntry {
  /** Six octal digits, as Git has them: `040000` is a folder, `160000` a submodule. */
  readonly mode: string;
  readonly id: string;
}

export interface Folder {
  /** Empty for the root. */
  readonly path: string;
  /** Of its tree; undefined for the root. */
  readonly id: string | undefined;
}

/** Lists a folder; entries of other names than these need not be there. */
export type ListFolder = (folder: Folder, names: ReadonlySet<string>) => Promise<ReadonlyMap<string, TreeEntry>>;

/** What stands for a path where nothing is. */
const absent = 'absent';
/** The mode of a folder. */
export const folderMode = '040000';

interface Sought {
  readonly path: string;
  /** From the folder that is looked at. */
  readonly parts: readonly string[];
}

/** The ids of all paths, each as PathIds has them. */
export async function walkTree(paths: readonly string[], list: ListFolder): Promise<PathIds> {
  const found: [string, string][] = [];
  await walk(
    { path: '', id: undefined },
    paths.map(path => ({ path, parts: path.split('/') })),
    { list, found },
  );
  return Object.fromEntries(found);
}

interface Walk {
  readonly list: ListFolder;
  readonly found: [string, string][];
}

async function walk(folder: Folder, sought: readonly Sought[], { list, found }: Walk): Promise<void> {
  const groups = Map.groupBy(sought, ({ parts }) => parts[0] ?? '');
  const entries = await list(folder, new Set(groups.keys()));
  for (const [name, group] of groups) {
    const entry = entries.get(name);
    const isFolder = entry?.mode === folderMode;
    const deeper: Sought[] = [];
    for (const { path, parts } of group) {
      if (parts.length === 1) found.push([path, entry === undefined ? absent : idText(entry)]);
      else if (isFolder) deeper.push({ path, parts: parts.slice(1) });
      else found.push([path, absent]);
    }
    if (deeper.length === 0) continue;
    await walk({ path: folder.path === '' ? name : `${folder.path}/${name}`, id: entry?.id }, deeper, { list, found });
  }
}

/** A tree's id tells of the modes within it; nothing tells of an entry's own one. */
function idText({ mode, id }: TreeEntry): string {
  return mode === folderMode ? id : `${mode}:${id}`;
}
