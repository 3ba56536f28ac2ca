// Packing a directory, and laying an image's layers out again: the same bytes every time, and nothing outside.
import { execFile } from 'node:child_process';
import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packImage } from './image.ts';
import { readTar, type TarEntry, writeTar } from './tar.ts';
import { insideDirectory, readTree, writeLayers } from './tree.ts';

const run = promisify(execFile);
let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'revflow-oci-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function folder(files: Readonly<Record<string, string>>, name = 'source'): Promise<string> {
  const root = join(directory, name);
  await mkdir(root, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), content);
  }
  return root;
}

function file(path: string, content = path): TarEntry {
  return { path, kind: 'file', executable: false, content: Buffer.from(content) };
}

describe('packing', () => {
  it('gives the same digest for the same files, whatever their times and order', async () => {
    const one = await folder({ 'b.txt': 'b', 'a/c.txt': 'c' }, 'one');
    const two = await folder({ 'a/c.txt': 'c', 'b.txt': 'b' }, 'two');
    await utimes(join(two, 'b.txt'), 1, 1);
    const annotations = { x: '1' };
    const first = await packImage(one, { annotations });
    expect((await packImage(two, { annotations })).digest).toBe(first.digest);
    await writeFile(join(two, 'b.txt'), 'other');
    expect((await packImage(two, { annotations })).digest).not.toBe(first.digest);
  });

  it('writes archives that tar reads', async () => {
    const long = `${'d'.repeat(90)}/${'f'.repeat(90)}.txt`;
    const root = await folder({ [long]: 'deep', 'run.sh': '#!/bin/sh' });
    await chmod(join(root, 'run.sh'), 0o700);
    await symlink('run.sh', join(root, 'link'));
    const image = await packImage(root, {});
    const archive = join(directory, 'layer.tar');
    await writeFile(archive, gunzipSync((await image.blobs[1]?.content()) ?? Buffer.alloc(0)));
    await run('tar', ['-xf', archive, '-C', directory]);
    expect(await readFile(join(directory, 'workspace', long), 'utf8')).toBe('deep');
    expect(await readlink(join(directory, 'workspace/link'))).toBe('run.sh');
    const { stdout } = await run('tar', ['-tvf', archive]);
    expect(stdout).toMatch(/^-rwxr-xr-x 0\/0 .* workspace\/run\.sh$/m);
  });

  it('leaves out the repository itself and what is no file, folder or link', async () => {
    const root = await folder({ '.git/config': 'secret', 'a/.git/config': 'secret', 'a/b': 'b' });
    await run('mkfifo', [join(root, 'pipe')]);
    expect((await readTree(root)).map(({ path }) => path)).toEqual(['a', 'a/b']);
  });

  it.each(['/etc/passwd', '../outside', 'a/../../outside', '.git/../../x'])('refuses a link to %s', async target => {
    const root = await folder({ 'a/b': 'b' });
    await symlink(target, join(root, 'link'));
    await expect(packImage(root, {})).rejects.toMatchObject({ reason: 'PathEscapes' });
  });

  it('refuses a link that leaves through another link', async () => {
    const root = await folder({ 'a/b': 'b' });
    await mkdir(join(directory, 'outside'));
    await symlink('../source', join(root, 'self'));
    await expect(packImage(root, {})).rejects.toMatchObject({ reason: 'PathEscapes' });
  });

  it.each([
    ['..', 'PathEscapes'],
    ['a/../../x', 'PathEscapes'],
    ['out', 'PathEscapes'],
    ['out/x', 'PathEscapes'],
    ['missing', 'PathNotFound'],
    ['a/b', 'PathNotFound'],
  ])('does not enter the sub-directory %s', async (path, reason) => {
    const root = await folder({ 'a/b': 'b' });
    await symlink('/etc', join(root, 'out'));
    await expect(insideDirectory(root, path)).rejects.toMatchObject({ reason });
  });

  it.each(['', '.', './', 'a', '/a/', './a/.'])('enters %j', async path => {
    const root = await folder({ 'a/b': 'b' });
    await expect(insideDirectory(root, path)).resolves.toBe(path.includes('a') ? join(root, 'a') : root);
  });
});

describe('reading archives', () => {
  it('reads what it wrote', () => {
    const entries: TarEntry[] = [
      { path: 'd', kind: 'directory', executable: true, content: new Uint8Array() },
      file('d/file'),
      file(`d/${'n'.repeat(200)}`),
      { path: 'l', kind: 'symlink', executable: true, target: 't'.repeat(200), content: new Uint8Array() },
    ];
    const read = readTar(writeTar(entries)).map(entry => ({
      ...entry,
      content: Buffer.from(entry.content).toString(),
    }));
    expect(read).toEqual(entries.map(entry => ({ ...entry, content: Buffer.from(entry.content).toString() })));
  });

  it('reads what tar writes', async () => {
    const root = await folder({ [`${'x'.repeat(90)}/${'y'.repeat(90)}`]: 'y', z: 'z' });
    await link(join(root, 'z'), join(root, 'zz'));
    for (const format of ['gnu', 'pax', 'ustar']) {
      const archive = join(directory, `${format}.tar`);
      await run('tar', [`--format=${format}`, '--sort=name', '-cf', archive, '-C', root, '.']);
      expect(readTar(await readFile(archive)).map(({ path, kind }) => `${kind} ${path}`)).toEqual([
        `directory ${'x'.repeat(90)}`,
        `file ${'x'.repeat(90)}/${'y'.repeat(90)}`,
        'file z',
        'hardlink zz',
      ]);
    }
  });

  it.each([
    ['a path that leaves', writeTar([file('../x')])],
    ['a path that leaves half way', writeTar([file('a/../../x')])],
    ['half an archive', writeTar([file('x', 'y'.repeat(2000))]).subarray(0, 1500)],
    ['noise', Buffer.alloc(1024, 7)],
  ])('refuses %s', (_, archive) => {
    expect(() => readTar(archive)).toThrow(expect.objectContaining({ reason: 'UnsafeArchive' }));
  });
});

describe('laying layers out', () => {
  const laid = async (...layers: (readonly TarEntry[])[]) => {
    const target = join(directory, 'laid');
    await mkdir(target);
    await writeLayers(layers, target);
    return (await readdir(target, { recursive: true })).toSorted();
  };

  it('lets upper layers replace and delete', async () => {
    const lower = [file('keep'), file('gone'), file('dir/one'), file('dir/two'), file('sub/x')];
    const upper = [file('.wh.gone'), file('dir/three'), file('dir/.wh..wh..opq'), file('sub/.wh.x')];
    expect(await laid(lower, upper)).toEqual(['dir', 'dir/three', 'keep']);
    expect(await readFile(join(directory, 'laid/keep'), 'utf8')).toBe('keep');
  });

  it('never writes through a link, nor copies from outside', async () => {
    const out: TarEntry = {
      path: 'out',
      kind: 'symlink',
      executable: true,
      target: directory,
      content: new Uint8Array(),
    };
    await expect(laid([out, file('out/planted')])).rejects.toMatchObject({ reason: 'UnsafeArchive' });
    expect(await readdir(directory)).toEqual(['laid']);
    const hard: TarEntry = {
      path: 'h',
      kind: 'hardlink',
      executable: true,
      target: 'etc/passwd',
      content: new Uint8Array(),
    };
    await rm(join(directory, 'laid'), { recursive: true });
    expect(await laid([hard])).toEqual([]);
  });
});
