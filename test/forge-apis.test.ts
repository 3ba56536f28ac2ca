// What only one forge's API driver does: sub-paths, moved repositories, lists of tags, and the traps of the libraries.
import { afterEach, describe, expect, it } from 'vitest';
import { giteeProvider } from '../src/revision/gitee/gitee.ts';
import { githubProvider } from '../src/revision/github/github.ts';
import { gitlabProvider } from '../src/revision/gitlab/gitlab.ts';
import type { Provider } from '../src/revision/provider.ts';
import type { Forge as ForgeName, GitSource } from '../src/watch/source.ts';
import { reasonOf, Trial } from './contracts/provider-harness.ts';
import { forgeHarness } from './contracts/provider-sides.ts';
import type { Forge } from './servers/forge.ts';
import { startGitee } from './servers/gitee.ts';
import { startGithub } from './servers/github.ts';
import { startGitlab } from './servers/gitlab.ts';

let opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const thing of opened.toReversed()) await thing[Symbol.asyncDispose]();
  opened = [];
});

async function openTrial(
  forge: Forge,
  name: ForgeName,
  provider: Provider<GitSource>,
  tokenKind = 'token',
): Promise<Trial> {
  const harness = await forgeHarness(forge, { provider, forge: name, nonsense: { headers: {}, body: '' }, tokenKind });
  const trial = new Trial(harness);
  opened.push(harness, trial);
  return trial;
}

const sourceOf = (forge: ForgeName, url: string, more: Partial<GitSource> = {}) => ({
  source: { kind: 'git', forge, url, ...more } as const,
});

describe('the GitHub driver', () => {
  it('follows a repository that was renamed, its token too', async () => {
    const forge = await startGithub();
    const trial = await openTrial(forge, 'github', githubProvider());
    const repository = await forge.git.repository('owner/name', { isPrivate: true });
    const id = await repository.commit();
    await repository.rename('owner/new');
    const credential = await trial.harness.allow('first');
    expect(await trial.id(sourceOf('github', `${forge.url}/owner/name`), 'main', { credential })).toBe(id);
    trial.expectDocumented();
  });

  it('speaks in our name, not in the name of its library', async () => {
    const forge = await startGithub();
    const trial = await openTrial(forge, 'github', githubProvider());
    await (await forge.git.repository('owner/name')).commit();
    await trial.ask(sourceOf('github', `${forge.url}/owner/name`), ['main']);
    expect(forge.git.requests.map(({ headers }) => headers['user-agent'])).toEqual(['revflow-test']);
  });

  it('asks the server of base-url', async () => {
    const forge = await startGithub();
    const trial = await openTrial(forge, 'github', githubProvider());
    const id = await (await forge.git.repository('owner/name')).commit();
    const source = sourceOf('github', 'https://git.invalid/owner/name', { baseUrl: forge.url });
    expect(await trial.id(source, 'main')).toBe(id);
  });

  it('says nothing on the console when the API calls itself deprecated', async () => {
    const forge = await startGithub();
    const trial = await openTrial(forge, 'github', githubProvider());
    const { wire } = trial.harness;
    const headers = { deprecation: 'Sat, 1 Jan 2028 00:00:00 GMT', link: '<https://x.invalid>; rel="deprecation"' };
    if (wire) wire.fault = () => ({ answer: { status: 200, headers, body: 'a'.repeat(40) } });
    const { warn } = console;
    const warned: unknown[] = [];
    console.warn = (...words: unknown[]) => void warned.push(words);
    try {
      expect(await trial.id(sourceOf('github', `${wire?.url}/owner/name`), 'main')).toBe('a'.repeat(40));
    } finally {
      console.warn = warn;
    }
    expect(warned).toEqual([]);
  });

  it('takes a content type that cannot be read for none', async () => {
    const forge = await startGithub();
    const trial = await openTrial(forge, 'github', githubProvider());
    const { wire } = trial.harness;
    if (wire) wire.fault = () => ({ answer: { status: 422, headers: { 'content-type': ';;;' }, body: '{' } });
    const source = sourceOf('github', `${wire?.url}/owner/name`);
    expect(await trial.ask(source, ['main'])).toEqual({ main: { kind: 'missing' } });
  });

  it('never serves a path that is no OWNER/NAME', async () => {
    const trial = await openTrial(await startGithub(), 'github', githubProvider());
    const asked = trial.ask(sourceOf('github', 'https://github.com/group/sub/name'), ['main']);
    await expect(asked).rejects.toMatchObject({ name: 'TerminalError', reason: 'BadUrl' });
  });
});

describe('the GitLab driver', () => {
  it('finds a GitLab below a sub-path, written with a trailing slash or without', async () => {
    const forge = await startGitlab({ prefix: '/gitlab' });
    const trial = await openTrial(forge, 'gitlab', gitlabProvider(), 'PrivateToken');
    const id = await (await forge.git.repository('gitlab/group/sub/name')).commit();
    for (const baseUrl of [forge.url, `${forge.url}/`]) {
      expect(await trial.id(sourceOf('gitlab', `${forge.url}/group/sub/name`, { baseUrl }), 'main')).toBe(id);
    }
    trial.expectDocumented();
  });

  it('takes a project by number or by path, whatever the URL says', async () => {
    const forge = await startGitlab();
    const trial = await openTrial(forge, 'gitlab', gitlabProvider(), 'PrivateToken');
    const id = await (await forge.git.repository('group/sub/name')).commit();
    for (const projectId of ['1001', 'group/sub/name']) {
      expect(await trial.id(sourceOf('gitlab', `${forge.url}/else/where`, { projectId }), 'main')).toBe(id);
    }
    trial.expectDocumented();
  });

  it('refuses a token that came in the header of another kind', async () => {
    const forge = await startGitlab();
    const trial = await openTrial(forge, 'gitlab', gitlabProvider(), 'JobToken');
    await (await forge.git.repository('group/name', { isPrivate: true })).commit();
    const credential = await trial.harness.allow('first');
    const source = sourceOf('gitlab', `${forge.url}/group/name`, { authType: 'OAuthToken' });
    expect(await reasonOf(trial.ask(source, ['main'], { credential }))).toBe('Unauthorized');
  });

  it('follows no links of a list that it did not ask for', async () => {
    const forge = await startGitlab();
    const trial = await openTrial(forge, 'gitlab', gitlabProvider(), 'PrivateToken');
    const { wire } = trial.harness;
    const link = '<http://127.0.0.1/next?page=2>; rel="next"';
    const headers = { 'content-type': 'application/json', link };
    if (wire) wire.fault = () => ({ answer: { status: 200, headers, body: '[{"commit":{"id":"a"}}]' } });
    const source = sourceOf('gitlab', `${wire?.url}/group/name`);
    expect(await reasonOf(trial.ask(source, ['main']))).toBe('UnexpectedAnswer');
    expect(await reasonOf(trial.ask(source, ['HEAD']))).toBe('UnexpectedAnswer');
    expect(wire?.requests).toHaveLength(2);
  });

  it('tells a project whose code is hidden from one that is empty', async () => {
    const forge = await startGitlab();
    const trial = await openTrial(forge, 'gitlab', gitlabProvider(), 'PrivateToken');
    const { wire } = trial.harness;
    const headers = { 'content-type': 'application/json' };
    if (wire) wire.fault = () => ({ answer: { status: 200, headers, body: '{"path_with_namespace":"group/name"}' } });
    expect(await reasonOf(trial.ask(sourceOf('gitlab', `${wire?.url}/group/name`), ['HEAD']))).toBe('Forbidden');
  });
});

describe('the Gitee driver', () => {
  it('finds a tag on a later page, and knows that one is missing', async () => {
    const forge = await startGitee();
    const trial = await openTrial(forge, 'gitee', giteeProvider());
    const repository = await forge.git.repository('owner/name');
    const id = await repository.commit();
    for (let tag = 0; tag < 101; tag += 1) await repository.tag(`v${String(tag).padStart(4, '0')}`, id);
    const source = sourceOf('gitee', `${forge.url}/owner/name`);
    const heads = await trial.ask(source, ['refs/tags/v0100', 'refs/tags/v9999']);
    expect(heads).toMatchObject({ 'refs/tags/v0100': { id }, 'refs/tags/v9999': { kind: 'missing' } });
    trial.expectDocumented();
  });

  it('sends the token in a header and never in a URL', async () => {
    const forge = await startGitee();
    const trial = await openTrial(forge, 'gitee', giteeProvider());
    const repository = await forge.git.repository('owner/name', { isPrivate: true });
    const id = await repository.commit();
    await repository.tag('v1', id);
    const credential = await trial.harness.allow('first');
    const source = sourceOf('gitee', `${forge.url}/owner/name`);
    await trial.ask(source, ['HEAD', 'main', 'v1', 'none'], { credential });
    expect(forge.git.requests.map(({ url }) => url).join('\n')).not.toContain(credential.password);
    trial.expectDocumented();
  });
});

describe('the trees of an API', () => {
  const files = Object.fromEntries(Array.from({ length: 130 }, (_, at) => [`apps/f${at}/main.go`, `${at}\n`]));
  const asked = (forge: Forge) =>
    forge.git.requests.splice(0).map(({ url }) => url.replace(/^.*?\/(?=git|repository)/, ''));

  it.for([
    ['github', startGithub, githubProvider],
    ['gitee', startGitee, giteeProvider],
  ] as const)(
    'of %s come at once, and folder by folder where that leaves something out',
    async ([name, start, provider]) => {
      const forge = await start();
      const trial = await openTrial(forge, name, provider());
      const repository = await forge.git.repository('owner/name');
      const commit = await repository.commit({ files });
      const source = sourceOf(name, `${forge.url}/owner/name`);
      const read = () => trial.paths(source, new Map([[commit, ['apps/f7', 'apps/f99/main.go', 'none/x']]]));
      const whole = (await read()).get(commit);
      expect(asked(forge).at(-1)).toBe(`git/trees/${commit}?recursive=1`);
      forge.git.mostEntries = 200;
      expect((await read()).get(commit)).toEqual(whole);
      const [apps, f99] = [await repository.entry(commit, 'apps'), await repository.entry(commit, 'apps/f99')];
      expect(asked(forge)).toEqual([
        `git/trees/${commit}?recursive=1`,
        `git/trees/${commit}`,
        `git/trees/${apps?.id}`,
        `git/trees/${f99?.id}`,
      ]);
      expect(whole).toMatchObject({ 'none/x': 'absent', 'apps/f7': (await repository.entry(commit, 'apps/f7'))?.id });
      trial.expectDocumented();
    },
  );

  it('of github are not worth a question for each of many folders', async () => {
    const forge = await startGithub();
    const trial = await openTrial(forge, 'github', githubProvider());
    const commit = await (await forge.git.repository('owner/name')).commit({ files });
    forge.git.mostEntries = 200;
    const source = sourceOf('github', `${forge.url}/owner/name`);
    const read = trial.paths(source, new Map([[commit, Object.keys(files)]]));
    expect(await reasonOf(read)).toBe('AnswerTooLarge');
  });

  it('of gitlab come page by page, and no further than what is looked for', async () => {
    const forge = await startGitlab();
    const trial = await openTrial(forge, 'gitlab', gitlabProvider(), 'PrivateToken');
    const repository = await forge.git.repository('group/sub/name');
    const commit = await repository.commit({ files });
    const source = sourceOf('gitlab', `${forge.url}/group/sub/name`);
    const read = (path: string) => trial.paths(source, new Map([[commit, [path]]]));
    await read('apps');
    asked(forge);
    expect((await read('apps/f10')).get(commit)).toEqual({
      'apps/f10': (await repository.entry(commit, 'apps/f10'))?.id,
    });
    expect(asked(forge)).toHaveLength(2);
    await read('apps/f99');
    expect(asked(forge).map(url => /page=\d+$/.exec(url)?.[0])).toEqual(['page=1', 'page=1', 'page=2']);
    trial.expectDocumented();
  });
});
