// A bare repository on disk that a test moves: commits through git fast-import, refs through git itself.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface CommitOptions {
  /** Default `main`. Made where it is not there. */
  readonly branch?: string;
  /** Path to text; default a file whose content is new. */
  readonly files?: Readonly<Record<string, string>>;
  /** Files and folders that go. */
  readonly removed?: readonly string[];
  /** Path to the commit of a submodule. */
  readonly submodules?: Readonly<Record<string, string>>;
  /** Path to what a link points at. */
  readonly links?: Readonly<Record<string, string>>;
  /** Branches that are merged into this one; what of their files is taken, `files` says. */
  readonly merged?: readonly string[];
  readonly message?: string;
  /** Name of the author; absent: `Test`. */
  readonly author?: string;
  /** Without a parent, in place of what the branch had: a force push. */
  readonly orphan?: boolean;
}

export interface GitEntry {
  /** Six octal digits. */
  readonly mode: string;
  readonly type: 'tree' | 'blob' | 'commit';
  readonly id: string;
  /** From the folder that was listed. */
  readonly path: string;
}

export interface GitRepository {
  /** The bare repository's directory. */
  readonly directory: string;
  /** Moves the directory. */
  moveTo(directory: string): Promise<void>;
  /** Adds a commit and gives its id. Dates are fixed; each commit is another. */
  commit(options?: CommitOptions): Promise<string>;
  /** What stands at a path of a commit, read by git itself; undefined: nothing. */
  entry(commit: string, path: string): Promise<GitEntry | undefined>;
  /** All that stands in a folder (empty: the root) of a commit or tree; undefined: there is no such folder. */
  list(at: string, folder: string, options?: { readonly isDeep?: boolean }): Promise<readonly GitEntry[] | undefined>;
  /** Points a branch at a commit or ref, whatever it had before. */
  branch(name: string, at: string): Promise<void>;
  /** Points any ref, named in full, at a commit or ref. */
  updateRef(ref: string, at: string): Promise<void>;
  /** Points a lightweight tag at a commit or ref. */
  tag(name: string, at: string): Promise<void>;
  /** An annotated tag; gives the tag object's id. */
  annotatedTag(name: string, at: string): Promise<string>;
  deleteBranch(name: string): Promise<void>;
  deleteTag(name: string): Promise<void>;
  /** What HEAD points at; the branch need not exist. */
  setDefaultBranch(name: string): Promise<void>;
  /** Renames a branch, and HEAD with it. */
  renameBranch(from: string, to: string): Promise<void>;
  /** The commit that a full ref name (or HEAD) means, tags peeled; undefined when it is not there. */
  resolve(ref: string): Promise<string | undefined>;
  /** Sets a value of the repository's own configuration. */
  configure(key: string, value: string): Promise<void>;
  /** All tags, in no particular order, with the commits they mean. */
  tags(): Promise<readonly { readonly name: string; readonly commit: string }[]>;
  /** Whether it has no ref at all. */
  isEmpty(): Promise<boolean>;
  /** The branch that HEAD names, there or not. */
  defaultBranch(): Promise<string>;
}

export interface RepositoryOptions {
  readonly objectFormat?: 'sha1' | 'sha256';
  /** Default `main`. */
  readonly defaultBranch?: string;
  /** Whether partial clones are served, as forges do. Default true; git itself has it off. */
  readonly filters?: boolean;
}

/** Nothing of the user's own Git is seen, and nothing asks for a password. */
export const gitEnvironment: Readonly<Record<string, string>> = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@revflow.invalid',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@revflow.invalid',
  GIT_AUTHOR_DATE: '1767225600 +0000',
  GIT_COMMITTER_DATE: '1767225600 +0000',
};

const firstCommitAt = 1_767_225_600;

/** Makes an empty repository in a directory. `changed` is called after every change. */
export async function createRepository(
  initialDirectory: string,
  options: RepositoryOptions = {},
  changed: () => void = () => {},
): Promise<GitRepository> {
  const format = options.objectFormat ?? 'sha1';
  const initial = options.defaultBranch ?? 'main';
  let directory = initialDirectory;
  await git(dirname(directory), ['init', '-q', '--bare', `--object-format=${format}`, '-b', initial, directory]);
  await git(directory, ['config', 'http.receivepack', 'true']);
  if (options.filters !== false) await git(directory, ['config', 'uploadpack.allowFilter', 'true']);
  let commits = 0;

  const update = async (...args: readonly string[]) => {
    const out = await git(directory, args);
    changed();
    return out;
  };

  return {
    get directory() {
      return directory;
    },
    async moveTo(next) {
      await mkdir(dirname(next), { recursive: true });
      await rename(directory, next);
      directory = next;
      changed();
    },
    async commit({ branch = 'main', files, message, orphan = false, ...changes } = {}) {
      commits += 1;
      const parent = orphan ? undefined : await resolveIn(directory, `refs/heads/${branch}`);
      const stream = commitStream({
        ref: `refs/heads/${branch}`,
        parent,
        at: firstCommitAt + commits,
        message: message ?? `commit ${commits}`,
        files: files ?? { 'file.txt': `content ${commits}\n` },
        ...changes,
      });
      const id = await fastImport(directory, stream);
      changed();
      return id;
    },
    async entry(commit, path) {
      const entries = readEntries(await git(directory, ['ls-tree', '-z', '--full-tree', commit, path]));
      return entries.find(entry => entry.path === path);
    },
    async list(at, folder, { isDeep = false } = {}) {
      const object = folder === '' ? at : `${at}:${folder}`;
      try {
        return readEntries(await git(directory, ['ls-tree', '-z', ...(isDeep ? ['-r', '-t'] : []), object]));
      } catch {
        return undefined;
      }
    },
    async branch(name, at) {
      await update('update-ref', `refs/heads/${name}`, await idOf(directory, at));
    },
    async updateRef(ref, at) {
      await update('update-ref', ref, await idOf(directory, at));
    },
    async tag(name, at) {
      await update('update-ref', `refs/tags/${name}`, await idOf(directory, at));
    },
    async annotatedTag(name, at) {
      await update('tag', '-f', '-a', '-m', `tag ${name}`, name, await idOf(directory, at));
      return (await git(directory, ['rev-parse', `refs/tags/${name}`])).trim();
    },
    async deleteBranch(name) {
      await update('update-ref', '-d', `refs/heads/${name}`);
    },
    async deleteTag(name) {
      await update('update-ref', '-d', `refs/tags/${name}`);
    },
    async setDefaultBranch(name) {
      await update('symbolic-ref', 'HEAD', `refs/heads/${name}`);
    },
    async renameBranch(from, to) {
      await update('branch', '-M', from, to);
    },
    resolve: ref => resolveIn(directory, ref),
    configure: async (key, value) => void (await update('config', key, value)),
    async tags() {
      const format = '%(refname:strip=2) %(objectname) %(*objectname)';
      const lines = (await git(directory, ['for-each-ref', `--format=${format}`, 'refs/tags'])).split('\n');
      return lines
        .filter(line => line !== '')
        .map(line => {
          const [name = '', id = '', peeled = ''] = line.split(' ');
          return { name, commit: peeled === '' ? id : peeled };
        });
    },
    isEmpty: async () => (await git(directory, ['for-each-ref', '--count=1'])) === '',
    defaultBranch: async () => (await git(directory, ['symbolic-ref', '--short', 'HEAD'])).trim(),
  };
}

/** Clones, commits and pushes with git itself, over HTTP; gives the commit's id. The URL may hold a user and password. */
export async function pushFiles(
  url: string,
  files: Readonly<Record<string, string>>,
  branch = 'main',
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'revflow-push-'));
  try {
    await git(directory, ['clone', '-q', url, 'work']);
    const work = join(directory, 'work');
    await git(work, ['checkout', '-q', '-B', branch]);
    for (const [path, content] of Object.entries(files)) await writeFile(join(work, path), content);
    await git(work, ['add', '-A']);
    await git(work, ['commit', '-q', '-m', 'pushed']);
    await git(work, ['push', '-q', 'origin', branch]);
    return (await git(work, ['rev-parse', 'HEAD'])).trim();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface CommitContent {
  readonly ref: string;
  readonly parent: string | undefined;
  readonly at: number;
  readonly message: string;
  readonly author?: string;
  readonly files: Readonly<Record<string, string>>;
  readonly removed?: readonly string[];
  readonly submodules?: Readonly<Record<string, string>>;
  readonly links?: Readonly<Record<string, string>>;
  readonly merged?: readonly string[];
}

function commitStream(content: CommitContent): string {
  const { ref, parent, at, message, author = 'Test', files } = content;
  const { removed = [], submodules = {}, links = {}, merged = [] } = content;
  const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const quoted = (path: string) =>
    /^[\w./-]+$/.test(path) ? path : `"${path.replaceAll(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
  const changes = [
    ...removed.map(path => `D ${quoted(path)}\n`),
    ...Object.entries(files).map(([path, text]) => `M 100644 inline ${quoted(path)}\n${data(text)}`),
    ...Object.entries(links).map(
      ([path, target]) => `M 120000 inline ${quoted(path)}\ndata ${Buffer.byteLength(target)}\n${target}\n`,
    ),
    ...Object.entries(submodules).map(([path, commit]) => `M 160000 ${commit} ${quoted(path)}\n`),
  ];
  return [
    // A branch that is reset forgets its parent.
    parent === undefined ? `reset ${ref}\n` : '',
    `commit ${ref}\nmark :1\nauthor ${author} <test@revflow.invalid> ${at} +0000\n`,
    `committer Test <test@revflow.invalid> ${at} +0000\n${data(message)}`,
    parent === undefined ? '' : `from ${parent}\n`,
    ...merged.map(branch => `merge refs/heads/${branch}^0\n`),
    ...changes,
    '\nget-mark :1\n',
  ].join('');
}

async function fastImport(directory: string, stream: string): Promise<string> {
  const running = run('git', ['-C', directory, 'fast-import', '--quiet', '--force'], { env: gitEnvironment });
  running.child.stdin?.end(stream);
  return (await running).stdout.trim();
}

async function git(directory: string, args: readonly string[]): Promise<string> {
  return (await run('git', ['-C', directory, ...args], { env: gitEnvironment })).stdout;
}

function readEntries(text: string): readonly GitEntry[] {
  return text
    .split('\0')
    .filter(line => line !== '')
    .map(line => {
      const [, mode = '', type = '', id = '', path = ''] = /^(\d+) (\w+) ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
      return { mode, type: type as GitEntry['type'], id, path };
    });
}

async function idOf(directory: string, at: string): Promise<string> {
  return (await git(directory, ['rev-parse', '--verify', at])).trim();
}

async function resolveIn(directory: string, ref: string): Promise<string | undefined> {
  try {
    return (await git(directory, ['rev-parse', '--verify', '-q', `${ref}^{commit}`])).trim();
  } catch {
    return undefined;
  }
}
