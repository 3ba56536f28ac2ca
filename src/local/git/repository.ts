// Bare repositories of the local Git server, and commits made in them: the same content gives the same id.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TerminalError } from '../../platform/errors.ts';
import { runCommand } from './child.ts';

export interface NewCommit {
  /** Absent: the first of its branch. */
  readonly parent?: string;
  /** Everything that the commit holds: path → content. */
  readonly files: Readonly<Record<string, string>>;
  readonly message: string;
  readonly author: { readonly name: string; readonly email: string };
  /** Of author and committer, seconds since the epoch. */
  readonly at: number;
}

const branch = 'main';

/** A bare repository in a directory of its own. */
export class Repository {
  private readonly directory: string;
  private readonly programPath: string;

  /** `directory` holds the bare repository, or will. */
  constructor(directory: string, programPath: string) {
    this.directory = directory;
    this.programPath = programPath;
  }

  /** Makes it where it is not there; one that was left half made is completed. */
  async open(): Promise<void> {
    await mkdir(this.directory, { recursive: true });
    await this.git(['init', '--quiet', '--bare', '--template=', `--initial-branch=${branch}`]);
  }

  /** The commit at the tip of `main`; undefined before the first. */
  async head(): Promise<string | undefined> {
    const packed = existsSync(join(this.directory, 'packed-refs'));
    if (!packed && !existsSync(join(this.directory, 'refs/heads', branch))) return undefined;
    return (await this.git(['rev-parse', '--verify', `refs/heads/${branch}`])).trim();
  }

  /** The oldest commit that `main` goes back to. */
  async firstCommit(): Promise<string> {
    return (await this.git(['rev-list', '--max-parents=0', '--max-count=1', `refs/heads/${branch}`])).trim();
  }

  /** Makes a commit at the tip of `main` and gives its id. A push, as far as anybody who watches can tell. */
  async commit(commit: NewCommit): Promise<string> {
    await this.git(['fast-import', '--quiet', '--force'], fastImport(commit));
    return (await this.git(['rev-parse', '--verify', `refs/heads/${branch}`])).trim();
  }

  private async git(args: readonly string[], input = ''): Promise<string> {
    const env = {
      PATH: this.programPath,
      HOME: this.directory,
      LC_ALL: 'C',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
    };
    const { signal } = new AbortController();
    const command = { program: 'git', args: ['--git-dir=.', ...args], env, cwd: this.directory, input, signal };
    const { code, stdout } = await runCommand(command);
    if (code !== 0) throw new TerminalError('GitError', `git ${args[0]} failed in ${this.directory}`);
    return stdout;
  }
}

function fastImport({ parent, files, message, author, at }: NewCommit): string {
  const who = `${author.name} <${author.email}> ${at} +0000`;
  const changes = Object.entries(files).map(([path, text]) => `M 100644 inline ${JSON.stringify(path)}\n${data(text)}`);
  return [
    `commit refs/heads/${branch}`,
    `author ${who}`,
    `committer ${who}`,
    data(message),
    ...(parent === undefined ? [] : [`from ${parent}`]),
    'deleteall',
    ...changes,
    'done',
    '',
  ].join('\n');
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}`;
}
