// The ids of paths in commits, of APIs that list trees as GitHub's and Gitee's do: all at once where paths lie deep, unless that is too
// much; else folder by folder.
import { RetryableError } from '../platform/errors.ts';
import { field, unexpected } from './forge.ts';
import type { PathIds } from './observation.ts';
import type { FoundPaths, WantedPaths } from './provider.ts';
import { isObjectId } from './ref.ts';
import { type TreeEntry, walkTree } from './tree-walk.ts';

/** A list of some ten thousand files fits. */
export const largestTree = 8 * 1024 * 1024;
/** A question about a few folders is not worth more requests. */
const mostLists = 60;

export interface TreesApi {
  /** For messages. */
  readonly forge: string;
  /** The API's answer for a tree, or for a commit's: its entries, `isDeep`: and all that lie within them. */
  list(id: string, isDeep: boolean): Promise<unknown>;
}

/** Counts the lists of one question; RetryableError AnswerTooLarge when there are too many. */
export function listCounter(forge: string): () => void {
  let lists = 0;
  return () => {
    lists += 1;
    if (lists <= mostLists) return;
    throw new RetryableError(
      'AnswerTooLarge',
      `the API of ${forge} would have to be asked for more than ${mostLists} folders`,
    );
  };
}

/** The ids of all paths of all commits. */
export async function readListed(wanted: WantedPaths, api: TreesApi): Promise<FoundPaths> {
  const found = new Map<string, PathIds>();
  const counted = listCounter(api.forge);
  for (const [commit, paths] of wanted) {
    const whole = paths.some(path => path.includes('/')) ? await listWhole(commit, api) : undefined;
    found.set(
      commit,
      await walkTree(paths, async (folder, names) => {
        if (whole !== undefined) return within(whole, folder.path, names);
        counted();
        return listedTree(await api.list(folder.id ?? commit, false), api.forge).entries;
      }),
    );
  }
  return found;
}

/** Undefined when not all of it was sent. */
async function listWhole(commit: string, api: TreesApi): Promise<ReadonlyMap<string, TreeEntry> | undefined> {
  try {
    const { entries, truncated } = listedTree(await api.list(commit, true), api.forge);
    return truncated ? undefined : entries;
  } catch (error) {
    if (error instanceof RetryableError && error.reason === 'AnswerTooLarge') return undefined;
    throw error;
  }
}

function within(
  entries: ReadonlyMap<string, TreeEntry>,
  folder: string,
  names: ReadonlySet<string>,
): ReadonlyMap<string, TreeEntry> {
  const prefix = folder === '' ? '' : `${folder}/`;
  return new Map(
    [...names].flatMap(name => {
      const entry = entries.get(prefix + name);
      return entry === undefined ? [] : [[name, entry] as const];
    }),
  );
}

interface ListedTree {
  /** By path from the folder that was listed. */
  readonly entries: ReadonlyMap<string, TreeEntry>;
  readonly truncated: boolean;
}

/** `{tree: [{path, mode, sha}], truncated}`; RetryableError UnexpectedAnswer for anything else. */
function listedTree(value: unknown, forge: string): ListedTree {
  const tree = field(value, 'tree');
  if (!Array.isArray(tree)) throw unexpected(forge, 'answered with something that is no tree');
  const entries = new Map(tree.map((entry: unknown) => entryOf(entry, { name: 'path', id: 'sha' }, forge)));
  return { entries, truncated: field(value, 'truncated') === true };
}

/** One entry of a list, under the names that an API has for path and id; RetryableError UnexpectedAnswer where it is none. */
export function entryOf(
  entry: unknown,
  names: { readonly name: string; readonly id: string },
  forge: string,
): readonly [string, TreeEntry] {
  const [name, mode, id] = [field(entry, names.name), field(entry, 'mode'), field(entry, names.id)];
  const isEntry = typeof name === 'string' && typeof mode === 'string' && /^\d{5,6}$/.test(mode);
  if (!isEntry || typeof id !== 'string' || !isObjectId(id)) {
    throw unexpected(forge, 'answered with something that is no entry of a tree');
  }
  return [name, { mode: mode.padStart(6, '0'), id }];
}
