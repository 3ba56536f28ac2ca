// The provider contract, last part: the ids of paths in a commit, compared with what git itself says.
import { expect } from 'vitest';
import { reasonOf, type Side, type Trial } from './provider-harness.ts';

type Case = (trial: Trial) => Promise<void>;
type Trees = NonNullable<Side['trees']>;

/** A side with folders. */
async function treesOf(trial: Trial, options: { readonly isPrivate?: boolean } = {}): Promise<Side & { trees: Trees }> {
  const side = await trial.harness.side(options);
  if (!side.trees) throw new Error('this case needs folders');
  return { ...side, trees: side.trees };
}

/** What git says, in the words of PathIds. */
async function idsIn(trees: Trees, commit: string, paths: readonly string[]): Promise<Record<string, string>> {
  const ids: Record<string, string> = {};
  for (const path of paths) {
    const entry = await trees.entry(commit, path);
    ids[path] = entry === undefined ? 'absent' : entry.mode === '040000' ? entry.id : `${entry.mode}:${entry.id}`;
  }
  return ids;
}

async function expectIds(trial: Trial, side: Side & { trees: Trees }, commit: string, paths: readonly string[]) {
  const found = await trial.paths(side, new Map([[commit, paths]]));
  expect(Object.fromEntries(found)).toEqual({ [commit]: await idsIn(side.trees, commit, paths) });
  return found.get(commit) ?? {};
}

const files = { 'go.mod': 'module m\n', 'apps/a/main.go': 'a\n', 'apps/a/lib/x.go': 'x\n', 'apps/b/main.go': 'b\n' };

export const pathCases = {
  'gives the ids of folders and files, and says what is absent': async trial => {
    const side = await treesOf(trial);
    const commit = await side.trees.commit({ files });
    const paths = ['apps', 'apps/a', 'apps/a/lib', 'apps/b', 'apps/none', 'go.mod', 'go.mod/x', 'none/at/all'];
    const ids = await expectIds(trial, side, commit, paths);
    expect(ids).toMatchObject({ 'apps/none': 'absent', 'go.mod/x': 'absent', 'none/at/all': 'absent' });
    expect(ids['go.mod']).toMatch(/^100644:/);
  },
  'gives the ids of paths at the root alone': async trial => {
    const side = await treesOf(trial);
    const commit = await side.trees.commit({ files });
    await expectIds(trial, side, commit, ['apps', 'go.mod', 'none']);
  },
  'tells links and submodules apart from what they point at': async trial => {
    const side = await treesOf(trial);
    const commit = await side.trees.commit({
      files,
      links: { 'vendor/link': '../apps/a' },
      submodules: { 'vendor/module': '1'.repeat(40) },
    });
    const ids = await expectIds(trial, side, commit, [
      'vendor',
      'vendor/link',
      'vendor/module',
      'vendor/module/inside',
    ]);
    expect(ids['vendor/module']).toBe(`160000:${'1'.repeat(40)}`);
    expect(ids['vendor/link']).toMatch(/^120000:/);
    expect(ids['vendor/module/inside']).toBe('absent');
  },
  'takes paths with spaces, hashes, percent signs and letters of any script': async trial => {
    const side = await treesOf(trial);
    const paths = ['a b/c d', 'x#1/50%', 'a%2Fb/c', '分支/ü+&=;', '__proto__/x', "it's/q?", 'back\\slash/f'];
    const commit = await side.trees.commit({ files: Object.fromEntries(paths.map(path => [`${path}/f.txt`, path])) });
    await expectIds(trial, side, commit, paths);
  },
  'finds one folder among hundreds': async trial => {
    const side = await treesOf(trial);
    const names = Array.from({ length: 230 }, (_, at) => `apps/f${at}`);
    const commit = await side.trees.commit({
      files: Object.fromEntries(names.map(name => [`${name}/deep/f.txt`, name])),
    });
    await expectIds(trial, side, commit, [...names.slice(0, 3), 'apps/f229', 'apps/f229/deep', 'apps/f230']);
  },
  'answers for several commits at once': async trial => {
    const side = await treesOf(trial);
    const first = await side.trees.commit({ files });
    const second = await side.trees.commit({ files: { 'apps/a/main.go': 'other\n' }, branch: 'other' });
    const found = await trial.paths(
      side,
      new Map([
        [first, ['apps/a']],
        [second, ['apps/a', 'apps/b']],
      ]),
    );
    expect(Object.fromEntries(found)).toEqual({
      [first]: await idsIn(side.trees, first, ['apps/a']),
      [second]: await idsIn(side.trees, second, ['apps/a', 'apps/b']),
    });
  },
  'gives the same id for the same content, whatever commits lie between': async trial => {
    const side = await treesOf(trial);
    const first = await side.trees.commit({ files });
    const before = await expectIds(trial, side, first, ['apps/a']);
    const moved = await side.trees.commit({ files: { 'apps/a/main.go': 'other\n' } });
    expect(await expectIds(trial, side, moved, ['apps/a'])).not.toEqual(before);
    await side.trees.commit({ files: { 'apps/a/main.go': 'a\n' } });
    const forced = await side.trees.commit({ files, orphan: true });
    expect(await expectIds(trial, side, forced, ['apps/a'])).toEqual(before);
  },
  'reads paths of a private repository with the right credential only': async trial => {
    const side = await treesOf(trial, { isPrivate: true });
    const commit = await side.trees.commit({ files });
    const wanted = new Map([[commit, ['apps/a']]]);
    const credential = await trial.harness.allow('first');
    expect((await trial.paths(side, wanted, { credential })).get(commit)).toEqual(
      await idsIn(side.trees, commit, ['apps/a']),
    );
    await expect(trial.paths(side, wanted)).rejects.toMatchObject({ name: 'RetryableError' });
    trial.expectNoSecret([credential.password]);
  },
  'fails for a commit that is not there': async trial => {
    const side = await treesOf(trial);
    await side.trees.commit({ files });
    const asked = trial.paths(side, new Map([['1'.repeat(40), ['apps/a']]]));
    expect(['UnexpectedAnswer', 'NotFound']).toContain(await reasonOf(asked));
  },
  'fails for trees that are nonsense, and for those that are too large': async trial => {
    const side = await treesOf(trial);
    const commit = await side.trees.commit({ files });
    const { wire, nonsense } = trial.harness;
    if (wire === undefined) throw new Error('this case needs a wire');
    const wanted = new Map([[commit, ['apps/a']]]);
    await trial.paths(side, wanted);
    wire.fault = () => ({ answer: { status: 200, headers: nonsense.headers, body: nonsense.body } });
    expect(await reasonOf(trial.paths(side, wanted))).toBe('UnexpectedAnswer');
    wire.fault = () => ({ answer: { status: 200, headers: { 'content-type': 'text/html' }, body: '<html></html>' } });
    expect(await reasonOf(trial.paths(side, wanted))).toBe('UnexpectedAnswer');
    wire.fault = () => ({ answer: { status: 503 } });
    expect(await reasonOf(trial.paths(side, wanted))).toBe('ServerError');
  },
} satisfies Record<string, Case>;
