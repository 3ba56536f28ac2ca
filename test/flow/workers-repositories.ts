// Many branches with a history that is made beforehand: a push then moves one ref, as fast as a test likes.
import { execFile } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gitEnvironment } from '../servers/git-repository.ts';
import type { GitServer } from '../servers/git-server.ts';

const run = promisify(execFile);

/** One branch, and the commits that it will have, one after the other. */
export class Branch {
  readonly url: string;
  readonly name: string;
  readonly #directory: string;
  readonly #commits: readonly string[];
  #at = 0;

  constructor(
    place: { readonly url: string; readonly directory: string; readonly name: string },
    commits: readonly string[],
  ) {
    this.url = place.url;
    this.name = place.name;
    this.#directory = place.directory;
    this.#commits = commits;
  }

  /** What it points at now. */
  get head(): string {
    return this.#commits[this.#at] ?? '';
  }

  /** Moves it to its next commit; atomically, as Git does, and at once, however busy this process is. */
  push(): void {
    if (this.#at + 1 >= this.#commits.length) throw new Error(`${this.name} has no more commits`);
    this.#at += 1;
    const file = join(this.#directory, 'refs/heads', this.name);
    writeFileSync(`${file}.lock`, `${this.head}\n`);
    renameSync(`${file}.lock`, file);
  }
}

/** Makes `count` branches, `each` to a repository, that can be pushed `pushes` times. */
export async function prepareBranches(
  git: GitServer,
  { count, each, pushes }: { readonly count: number; readonly each: number; readonly pushes: number },
): Promise<readonly Branch[]> {
  const repositories = Array.from({ length: Math.ceil(count / each) }, async (_, at) => {
    const repository = await git.repository(`team/r${at}`);
    const names = Array.from({ length: Math.min(each, count - at * each) }, (__, index) => `b${index}`);
    const histories = await importHistories(repository.directory, names, pushes + 1);
    return names.map((name, index) => {
      const place = { url: `${git.url}/team/r${at}.git`, directory: repository.directory, name };
      return new Branch(place, histories[index] ?? []);
    });
  });
  return (await Promise.all(repositories)).flat();
}

/** The commits of each branch, oldest first; each branch is left at its oldest. */
async function importHistories(directory: string, names: readonly string[], length: number): Promise<string[][]> {
  const mark = (branch: number, commit: number) => branch * length + commit + 1;
  const commits = names.flatMap((name, branch) =>
    Array.from({ length }, (_, commit) => {
      const parent = commit === 0 ? '' : `from :${mark(branch, commit - 1)}\n`;
      const who = `committer Test <test@revflow.invalid> ${1_767_225_600 + commit} +0000\n`;
      const text = `${name} ${commit}`;
      return `commit refs/heads/${name}\nmark :${mark(branch, commit)}\n${who}data ${text.length}\n${text}\n${parent}\n`;
    }),
  );
  const asked = names.flatMap((_, branch) =>
    Array.from({ length }, (__, commit) => `get-mark :${mark(branch, commit)}\n`),
  );
  const resets = names.map((name, branch) => `reset refs/heads/${name}\nfrom :${mark(branch, 0)}\n\n`);
  const running = run('git', ['-C', directory, 'fast-import', '--quiet', '--force'], { env: gitEnvironment });
  running.child.stdin?.end([...commits, ...asked, ...resets].join(''));
  const ids = (await running).stdout.trim().split('\n');
  return names.map((_, branch) => ids.slice(branch * length, (branch + 1) * length));
}
