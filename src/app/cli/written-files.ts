// Files that a verb writes into a directory of somebody else: all of them or none, and over nothing that it did not write itself.
import { lstat, mkdir, mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../config.ts';

/** Name → text. */
export type Files = ReadonlyMap<string, string>;

/**
 * Writes the files, each with `head` as its first line, by which they are known again; gives their paths. The directory is made where it is
 * not there. Throws UsageError that names path and reason, and then nothing has changed.
 */
export async function writeFiles(dir: string, files: Files, head: string): Promise<readonly string[]> {
  await within(dir, mkdir(dir, { recursive: true }));
  const paths = [...files.keys()].map(name => join(dir, name));
  for (const path of paths) await checkReplaceable(path, head);
  const aside = await within(dir, mkdtemp(join(dir, '.revflow-')));
  try {
    for (const [name, text] of files) await within(join(dir, name), writeFile(join(aside, name), `${head}\n${text}`));
    for (const name of files.keys()) await within(join(dir, name), rename(join(aside, name), join(dir, name)));
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return paths;
}

/** A file that is not there, or that begins with the head. */
async function checkReplaceable(path: string, head: string): Promise<void> {
  const found = await within(
    path,
    lstat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    }),
  );
  if (found === undefined) return;
  if (!found.isFile()) throw new UsageError(`${path} is no ordinary file; choose another directory or take it away`);
  const begins = await within(path, beginning(path, Buffer.byteLength(head) + 1));
  if (begins === `${head}\n`) return;
  throw new UsageError(`${path} was not written by revflow; choose another directory or take it away`);
}

async function beginning(path: string, bytes: number): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** What the machine refuses, with the path that it is about. */
async function within<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof Error) || !('code' in error)) throw error;
    throw new UsageError(`${path} cannot be written (${String(error.code)})`, { cause: error });
  }
}
