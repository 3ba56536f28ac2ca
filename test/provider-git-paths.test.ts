// How the git provider reads the ids of paths: what it asks, what servers may refuse, and that git itself says the same.
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gitProvider } from '../src/revision/git/git.ts';
import type { PackLimits } from '../src/revision/git/paths.ts';
import type { Provider } from '../src/revision/provider.ts';
import type { GitSource } from '../src/watch/source.ts';
import { reasonOf, Trial } from './contracts/provider-harness.ts';
import { gitHarness } from './contracts/provider-sides.ts';
import { discovery, post, requestsOn, sourceOn } from './git-requests.ts';
import { type GitServer, type ServedRepository, startGitServer } from './servers/git-server.ts';

let server: GitServer;
let trial: Trial;
let repository: ServedRepository;

const nonsense = { headers: {}, body: '' };

beforeEach(async () => {
  server = await startGitServer();
  trial = new Trial(await gitHarness(server, { provider: gitProvider(), forge: 'git', nonsense }));
  repository = await server.repository('owner/name');
});

/** From now on so much is read of answers. */
async function limit(limits: PackLimits): Promise<void> {
  await trial[Symbol.asyncDispose]();
  trial = new Trial({ ...trial.harness, provider: gitProvider(limits) as Provider });
}

afterEach(async () => {
  await trial[Symbol.asyncDispose]();
  await trial.harness[Symbol.asyncDispose]();
});

const sourceOf = (more: Partial<GitSource> = {}) => sourceOn(server, more);
const requestsOf = (asking: () => Promise<unknown>) => requestsOn(server, asking);

describe('the ids of paths', () => {
  const files = Object.fromEntries(
    Array.from({ length: 300 }, (_, at) => [`apps/f${at}/src/main.go`, `package f${at}\n`.repeat(20)]),
  );
  const read = (commit: string, paths: readonly string[], source = sourceOf()) =>
    trial.paths(source, new Map([[commit, paths]]));

  it('are one POST, which brings the folders on the way and nothing else', async () => {
    const commit = await repository.commit({ files });
    await trial.ask(sourceOf(), ['main']);
    const found = await read(commit, ['apps/f7']);
    expect(found.get(commit)).toEqual({ 'apps/f7': (await repository.entry(commit, 'apps/f7'))?.id });
    expect(await requestsOf(() => read(commit, ['apps/f7', 'apps/f299', 'go.mod']))).toEqual([post]);
    // 300 ids of 20 bytes cannot be compressed.
    expect(server.requests[0]?.bytes).toBeLessThan(10_000);
  });

  it('come with all trees where a server takes no filter of depth, and that is remembered', async () => {
    const commit = await repository.commit({ files });
    await repository.configure('uploadpackfilter.combine.allow', 'false');
    const found = await read(commit, ['apps/f7/src']);
    expect(found.get(commit)).toEqual({ 'apps/f7/src': (await repository.entry(commit, 'apps/f7/src'))?.id });
    expect(await requestsOf(() => read(commit, ['apps/f7']))).toEqual([post]);
  });

  it('come with the whole commit from a git that was never told to take filters', async () => {
    const plain = await server.repository('owner/plain', { filters: false });
    const commit = await plain.commit({ files });
    const source = sourceOf({ url: plain.url });
    const found = await read(commit, ['apps/f7', 'none'], source);
    expect(found.get(commit)).toEqual({ 'apps/f7': (await plain.entry(commit, 'apps/f7'))?.id, none: 'absent' });
    expect(await requestsOf(() => read(commit, ['apps/f7'], source))).toHaveLength(1);
  });

  it('are looked up level by level where all folders are too many, and that is remembered', async () => {
    await limit({ trees: 10_000, whole: 1_000_000 });
    const commit = await repository.commit({ files });
    const paths = ['apps/f7/src', 'apps/f8', 'apps/none/x'];
    const found = await read(commit, paths);
    expect(found.get(commit)).toEqual({
      'apps/f7/src': (await repository.entry(commit, 'apps/f7/src'))?.id,
      'apps/f8': (await repository.entry(commit, 'apps/f8'))?.id,
      'apps/none/x': 'absent',
    });
    // The commit, its root, apps, f7.
    expect(await requestsOf(() => read(commit, paths))).toEqual([post, post, post, post]);
  });

  it('are too much to ask where they lie deeper than anybody waits for, level by level', async () => {
    await limit({ trees: 1_000, whole: 1_000_000 });
    const path = `${'a/'.repeat(70)}b`;
    const noise = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`n${at}/x`, `${at}`]));
    const commit = await repository.commit({ files: { [path]: '', ...noise } });
    server.requests.length = 0;
    expect(await reasonOf(read(commit, [path]))).toBe('AnswerTooLarge');
    expect(server.requests.length).toBeLessThan(70);
  });

  it('are too much to ask where the whole commit is too large', async () => {
    const plain = await server.repository('owner/large', { filters: false });
    await limit({ trees: 20_000, whole: 20_000 });
    const noise = randomBytes(30_000).toString('base64');
    const commit = await plain.commit({ files: { 'apps/a/noise.txt': noise } });
    expect(await reasonOf(read(commit, ['apps/a'], sourceOf({ url: plain.url })))).toBe('AnswerTooLarge');
  });

  it('of a repository of sha256 objects are its own', async () => {
    const modern = await server.repository('owner/modern', { objectFormat: 'sha256' });
    const commit = await modern.commit({ files });
    const found = await read(commit, ['apps/f7'], sourceOf({ url: modern.url }));
    expect(found.get(commit)?.['apps/f7']).toMatch(/^[0-9a-f]{64}$/);
    expect(found.get(commit)).toEqual({ 'apps/f7': (await modern.entry(commit, 'apps/f7'))?.id });
  });

  it('are read after a GET where a server wants to be discovered first', async () => {
    server.manners = 'discoverFirst';
    const commit = await repository.commit({ files });
    await trial.ask(sourceOf(), ['main']);
    expect((await read(commit, ['apps/f7'])).get(commit)).toHaveProperty('apps/f7');
    expect(await requestsOf(() => read(commit, ['apps/f7']))).toEqual([discovery, post]);
  });

  it('of a renamed repository are read at its new address', async () => {
    const commit = await repository.commit({ files });
    await repository.rename('new-owner/new');
    await read(commit, ['apps/f7']);
    expect(await requestsOf(() => read(commit, ['apps/f7']))).toEqual(['POST /new-owner/new.git/git-upload-pack']);
  });

  it('are those that git itself gives, through random histories of commits, merges and force pushes', async () => {
    const random = randomOf(20_261_125);
    const paths = ['apps/a', 'apps/b', 'lib'];
    let last: Record<string, readonly [id: string | undefined, told: string | undefined]> | undefined;
    for (let step = 0; step < 25; step += 1) {
      const commit = await randomStep(repository, random);
      const found = (await read(commit, paths)).get(commit) ?? {};
      const entries = await Promise.all(paths.map(path => repository.entry(commit, path)));
      const now = Object.fromEntries(paths.map((path, at) => [path, [entries[at]?.id, found[path]] as const]));
      for (const path of last === undefined ? [] : paths) {
        expect(now[path]?.[1] === last?.[path]?.[1]).toBe(now[path]?.[0] === last?.[path]?.[0]);
      }
      last = now;
    }
  });
});

function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

/** One change of `main`; gives what it points at then. */
async function randomStep(repository: ServedRepository, random: (below: number) => number): Promise<string> {
  const file = ['apps/a/x', 'apps/a/deep/y', 'apps/b/x', 'lib/x', 'other/x'][random(5)] ?? '';
  const files = { [file]: `content ${random(3)}\n` };
  const head = await repository.resolve('refs/heads/main');
  const kind = random(6);
  if (kind === 0) return repository.commit({ files, orphan: true });
  if (kind === 1) return repository.commit({ files: {}, removed: [file.split('/').slice(0, -1).join('/')] });
  if (kind === 2 && head !== undefined) {
    await repository.branch('side', head);
    await repository.commit({ branch: 'side', files });
    return repository.commit({ files: { 'other/merge': `${random(9)}` }, merged: ['side'] });
  }
  if (kind === 3 && head !== undefined && (await repository.resolve('refs/heads/old')) !== undefined) {
    await repository.branch('main', 'refs/heads/old');
    return (await repository.resolve('refs/heads/main')) ?? '';
  }
  if (head !== undefined && random(2) === 0) await repository.branch('old', head);
  return repository.commit({ files });
}
