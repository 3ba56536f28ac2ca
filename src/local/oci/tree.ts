// A directory of the local disk as tar entries, and back. Nothing outside the directory is read or written.
import { lstat, mkdir, readdir, readFile, readlink, realpath, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, posix, relative, sep } from 'node:path';
import { TerminalError } from '../../platform/errors.ts';
import type { TarEntry } from './tar.ts';

/** What may be packed in one image, before compression. */
const largestTree = 256 * 1024 * 1024;

/**
 * The directory that a path names below a root. Throws TerminalError PathEscapes where the path has `..` or passes a symbolic link, and
 * PathNotFound where there is no such directory.
 */
export async function insideDirectory(root: string, path: string): Promise<string> {
  const parts = path.split('/').filter(part => part !== '' && part !== '.');
  if (parts.includes('..'))
    throw new TerminalError('PathEscapes', `${JSON.stringify(path)} leaves the source: it has ".."`);
  let at = root;
  for (const part of parts) {
    at = join(at, part);
    const info = await lstat(at).catch(() => undefined);
    if (info?.isSymbolicLink()) {
      throw new TerminalError('PathEscapes', `${JSON.stringify(path)} passes a symbolic link: ${JSON.stringify(part)}`);
    }
    if (!info?.isDirectory()) {
      throw new TerminalError('PathNotFound', `the source has no directory ${JSON.stringify(path)}`);
    }
  }
  return at;
}

/** Everything below a directory, sorted by path, `.git` left out. Throws TerminalError for links that leave it, and when it is too large. */
export async function readTree(root: string): Promise<readonly TarEntry[]> {
  const real = await realpath(root);
  const entries: TarEntry[] = [];
  let size = 0;
  const walk = async (below: string): Promise<void> => {
    const names: string[] = await readdir(join(real, below));
    for (const name of names.toSorted()) {
      if (name === '.git') continue;
      const path = below === '' ? name : `${below}/${name}`;
      const entry = await readEntry(real, path);
      if (!entry) continue;
      size += entry.content.length;
      if (size > largestTree)
        throw new TerminalError('SourceTooLarge', `the source is larger than ${largestTree} bytes`);
      entries.push(entry);
      if (entry.kind === 'directory') await walk(path);
    }
  };
  await walk('');
  return entries;
}

async function readEntry(root: string, path: string): Promise<TarEntry | undefined> {
  const full = join(root, path);
  const info = await lstat(full);
  const empty = new Uint8Array();
  if (info.isDirectory()) return { path, kind: 'directory', executable: true, content: empty };
  if (info.isSymbolicLink()) {
    const target = await readlink(full);
    await refuseEscape(root, path, target);
    return { path, kind: 'symlink', executable: true, target, content: empty };
  }
  if (!info.isFile()) return undefined;
  if (info.size > largestTree)
    throw new TerminalError('SourceTooLarge', `the source is larger than ${largestTree} bytes`);
  return { path, kind: 'file', executable: (info.mode & 0o100) !== 0, content: await readFile(full) };
}

/** As written and as the disk has it: a link may pass others. */
async function refuseEscape(root: string, path: string, target: string): Promise<void> {
  const real = await realpath(join(root, path)).catch(() => root);
  const inside = real === root || real.startsWith(root + sep);
  if (inside && staysBelow(posix.dirname(path), target)) return;
  throw new TerminalError('PathEscapes', `the symbolic link ${JSON.stringify(path)} leaves the source`);
}

/** Whether a relative link never climbs above the root, not even to come back. */
function staysBelow(folder: string, target: string): boolean {
  if (target.startsWith('/')) return false;
  let depth = folder === '.' ? 0 : folder.split('/').length;
  for (const part of target.split('/')) {
    if (part === '..') depth -= 1;
    else if (part !== '' && part !== '.') depth += 1;
    if (depth < 0) return false;
  }
  return true;
}

/**
 * Lays layers over each other in an empty directory, as a container would see them. Links are made last and never followed, so nothing
 * is written outside. Throws TerminalError UnsafeArchive where an entry lies below a link.
 */
export async function writeLayers(layers: readonly (readonly TarEntry[])[], directory: string): Promise<void> {
  const tree = new Map<string, TarEntry>();
  for (const layer of layers) lay(tree, layer);
  const links: TarEntry[] = [];
  for (const entry of [...tree.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const path = join(directory, entry.path);
    if (relative(directory, path).startsWith('..')) throw below(entry.path);
    await mkdir(entry.kind === 'directory' ? path : dirname(path), { recursive: true });
    if (entry.kind === 'symlink') links.push(entry);
    if (entry.kind === 'file')
      await writeFile(path, entry.content, { mode: entry.executable ? 0o755 : 0o644, flag: 'wx' });
  }
  for (const { path, target = '' } of links) await symlink(target, join(directory, path));
}

const whiteout = '.wh.';
const opaque = '.wh..wh..opq';

function lay(tree: Map<string, TarEntry>, layer: readonly TarEntry[]): void {
  // What a layer deletes lies below it, whatever the order of its entries.
  for (const { path } of layer) {
    const folder = posix.dirname(path);
    const name = posix.basename(path);
    if (name === opaque) drop(tree, folder === '.' ? '' : folder, false);
    else if (name.startsWith(whiteout)) drop(tree, posix.join(folder, name.slice(whiteout.length)), true);
  }
  for (const entry of layer) {
    if (posix.basename(entry.path).startsWith(whiteout)) continue;
    refuseBelowLink(tree, entry.path);
    const linked = entry.kind === 'hardlink' ? tree.get(entry.target ?? '') : undefined;
    if (entry.kind === 'hardlink' && linked?.kind !== 'file') continue;
    if (entry.kind !== 'directory' && tree.get(entry.path)?.kind === 'directory') drop(tree, entry.path, true);
    tree.set(entry.path, linked ? { ...linked, path: entry.path } : entry);
  }
}

function drop(tree: Map<string, TarEntry>, path: string, itself: boolean): void {
  const prefix = path === '' ? '' : `${path}/`;
  for (const key of tree.keys()) if (key.startsWith(prefix) || (itself && key === path)) tree.delete(key);
}

function refuseBelowLink(tree: ReadonlyMap<string, TarEntry>, path: string): void {
  for (let at = posix.dirname(path); at !== '.'; at = posix.dirname(at)) {
    const parent = tree.get(at);
    if (parent && parent.kind !== 'directory') throw below(path);
  }
}

function below(path: string): TerminalError {
  return new TerminalError(
    'UnsafeArchive',
    `a layer of the image was refused: ${JSON.stringify(path)} lies below a link or file`,
  );
}
