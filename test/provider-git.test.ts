// What only the git provider does: old servers, redirects, object formats, the two spellings of an address, and the forges' user names.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gitProvider } from '../src/revision/git/git.ts';
import type { Forge, GitSource } from '../src/watch/source.ts';
import { reasonOf, Trial } from './contracts/provider-harness.ts';
import { gitHarness } from './contracts/provider-sides.ts';
import { discovery, post, requestsOn, sourceOn } from './git-requests.ts';
import { pushFiles } from './servers/git-repository.ts';
import { type GitServer, type ServedRepository, startGitServer } from './servers/git-server.ts';

let server: GitServer;
let trial: Trial;
let repository: ServedRepository;

beforeEach(async () => {
  server = await startGitServer();
  const nonsense = { headers: {}, body: '' };
  trial = new Trial(await gitHarness(server, { provider: gitProvider(), forge: 'git', nonsense }));
  repository = await server.repository('owner/name');
});

afterEach(async () => {
  await trial[Symbol.asyncDispose]();
  await trial.harness[Symbol.asyncDispose]();
});

const sourceOf = (more: Partial<GitSource> = {}) => sourceOn(server, more);
const requestsOf = (asking: () => Promise<unknown>) => requestsOn(server, asking);

describe('one poll', () => {
  it('is one POST of a few bytes, whatever the repository has', async () => {
    const id = await repository.commit();
    for (let branch = 0; branch < 20; branch += 1) await repository.branch(`other-${branch}`, id);
    expect(await requestsOf(() => trial.ask(sourceOf(), ['main']))).toEqual([post]);
    expect(server.requests[0]?.bytes).toBeLessThan(100);
  });

  it('sees what stock git pushed', async () => {
    server.accounts.set('a-password', undefined);
    await repository.commit();
    const id = await pushFiles(`${server.url.replace('://', '://me:a-password@')}/owner/name.git`, { 'a.txt': 'a' });
    expect(await trial.id(sourceOf(), 'main')).toBe(id);
  });

  it('tells the branch that HEAD means', async () => {
    await repository.commit({ branch: 'trunk' });
    await repository.setDefaultBranch('trunk');
    expect((await trial.ask(sourceOf(), ['HEAD']))['HEAD']).toMatchObject({ ref: 'refs/heads/trunk' });
  });

  it('takes refs that no API serves', async () => {
    const id = await repository.commit();
    await repository.updateRef('refs/pull/1/head', id);
    expect(await trial.id(sourceOf(), 'refs/pull/1/head')).toBe(id);
  });
});

describe('a server without protocol v2', () => {
  it('is discovered once, and asked by discovery from then on, for all its repositories', async () => {
    server.manners = 'v0';
    const id = await repository.commit();
    expect(await requestsOf(async () => expect(await trial.id(sourceOf(), 'HEAD')).toBe(id))).toEqual([
      post,
      discovery,
    ]);
    expect(await requestsOf(() => trial.ask(sourceOf(), ['main']))).toEqual([discovery]);
    const other = await server.repository('owner/other');
    const otherId = await other.commit();
    expect(await trial.id(sourceOf({ url: other.url }), 'main')).toBe(otherId);
    expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'GET']);
  });

  it('tells default branch and annotated tags too', async () => {
    server.manners = 'v0';
    const id = await repository.commit({ branch: 'trunk' });
    await repository.setDefaultBranch('trunk');
    await repository.annotatedTag('v1', 'refs/heads/trunk');
    expect(await trial.ask(sourceOf(), ['HEAD', 'v1'])).toEqual({
      HEAD: { kind: 'found', id, ref: 'refs/heads/trunk' },
      v1: { kind: 'found', id, ref: 'refs/tags/v1' },
    });
  });
});

describe('a server that wants to be discovered first', () => {
  it('gets its GET before each POST, after one refusal', async () => {
    server.manners = 'discoverFirst';
    const id = await repository.commit();
    const first = await requestsOf(async () => expect(await trial.id(sourceOf(), 'main')).toBe(id));
    expect(first).toEqual([post, discovery, post]);
    expect(await requestsOf(() => trial.ask(sourceOf(), ['main']))).toEqual([discovery, post]);
  });
});

describe('a repository of sha256 objects', () => {
  it('is found out once', async () => {
    const modern = await server.repository('owner/modern', { objectFormat: 'sha256' });
    const id = await modern.commit();
    expect(id).toHaveLength(64);
    const source = sourceOf({ url: modern.url });
    expect(await requestsOf(async () => expect(await trial.id(source, 'HEAD')).toBe(id))).toHaveLength(3);
    expect(await requestsOf(() => trial.ask(source, ['HEAD']))).toEqual(['POST /owner/modern.git/git-upload-pack']);
  });
});

describe('a renamed repository', () => {
  it('is followed with one discovery, and asked at its new address from then on', async () => {
    const id = await repository.commit();
    await repository.rename('new-owner/new');
    expect(await trial.id(sourceOf(), 'main')).toBe(id);
    const moved = ['POST /new-owner/new.git/git-upload-pack'];
    expect(await requestsOf(() => trial.ask(sourceOf(), ['main']))).toEqual(moved);
    // A credential is valid at the new address: scheme, host and port are the same.
    repository.isPrivate = true;
    server.accounts.set('a-password', undefined);
    expect(await trial.id(sourceOf(), 'main', { credential: { password: 'a-password' } })).toBe(id);
  });

  it('is asked at its old address again when the new one is gone', async () => {
    await repository.commit();
    await repository.rename('new-owner/new');
    await trial.ask(sourceOf(), ['main']);
    await repository.remove();
    const again = await server.repository('owner/name');
    const id = await again.commit({ message: 'anew' });
    expect(await trial.id(sourceOf(), 'main')).toBe(id);
    expect(await requestsOf(() => trial.ask(sourceOf(), ['main']))).toEqual([post]);
  });

  it('that moved to another host is followed without the credential, then and later', async () => {
    const id = await repository.commit();
    server.accounts.set('a-password', undefined);
    const { wire } = trial.harness;
    const elsewhere = server.url.replace('127.0.0.1', 'localhost');
    if (wire) wire.fault = ({ url }) => ({ answer: { status: 301, headers: { location: elsewhere + url } } });
    const source = sourceOf({ url: `${wire?.url}/owner/name` });
    const more = { credential: { password: 'a-password' } };
    expect(await trial.id(source, 'main', more)).toBe(id);
    expect(await trial.id(source, 'main', more)).toBe(id);
    expect(server.requests.map(({ method, headers }) => [method, headers['authorization']])).toEqual([
      ['GET', undefined],
      ['POST', undefined],
      ['POST', undefined],
    ]);
  });

  it('that was renamed twice is followed', async () => {
    await repository.commit();
    await repository.rename('b/b');
    await trial.ask(sourceOf(), ['main']);
    await repository.rename('c/c');
    const id = await repository.commit();
    expect(await trial.id(sourceOf(), 'main')).toBe(id);
  });
});

describe('the address', () => {
  it('of a host that knows it without .git alone is found out once', async () => {
    const id = await repository.commit();
    const plain = await server.repository('owner/plain');
    const plainId = await plain.commit();
    const { wire } = trial.harness;
    if (wire) wire.fault = ({ url }) => (url.includes('.git/') ? { answer: { status: 404 } } : undefined);
    const source = sourceOf({ forge: 'git', url: `${wire?.url}/owner/plain` });
    expect(await trial.id(source, 'main')).toBe(plainId);
    expect(await requestsOf(() => trial.ask(source, ['main']))).toEqual(['POST /owner/plain/git-upload-pack']);
    // Forges answer to the first, so nothing else is tried there.
    const forge = sourceOf({ forge: 'github', url: `${wire?.url}/owner/name` });
    expect(await reasonOf(trial.ask(forge, ['main']))).toBe('NotFound');
    expect(id).toHaveLength(40);
  });
});

describe('a login', () => {
  it.for([
    ['github', undefined, 'x-access-token'],
    ['gitlab', undefined, 'oauth2'],
    ['gitlab', 'OAuthToken', 'oauth2'],
    ['gitlab', 'JobToken', 'gitlab-ci-token'],
    ['gitee', undefined, 'user'],
    ['git', undefined, 'git'],
  ] as const)('at %s with %s has the user %s', async ([forge, authType, user]) => {
    repository.isPrivate = true;
    const id = await repository.commit();
    server.accounts.set('a-token', user);
    const source = sourceOf({ forge: forge satisfies Forge, ...(authType ? { authType } : {}) });
    expect(await trial.id(source, 'main', { credential: { password: 'a-token' } })).toBe(id);
  });

  it('has the user name of the credential where there is one', async () => {
    repository.isPrivate = true;
    const id = await repository.commit();
    server.accounts.set('a:päßword', 'me');
    expect(await trial.id(sourceOf(), 'main', { credential: { username: 'me', password: 'a:päßword' } })).toBe(id);
    trial.expectNoSecret(['a:päßword']);
  });

  it('is tried once for each question', async () => {
    repository.isPrivate = true;
    await repository.commit();
    const ask = () => trial.ask(sourceOf(), ['main'], { credential: { password: 'wrong' } });
    expect(await reasonOf(ask())).toBe('Unauthorized');
    expect(await requestsOf(ask)).toEqual([post]);
  });
});

describe('what is remembered', () => {
  it('over an unverified connection, or with a credential, leads nobody else', async () => {
    await repository.commit();
    await repository.rename('new-owner/new');
    await trial.ask(sourceOf({ skipVerify: true }), ['main']);
    expect((await requestsOf(() => trial.ask(sourceOf(), ['main'])))[0]).toBe(post);
  });
});

describe('what is no Git host', () => {
  it('is said to be none, with host and path', async () => {
    const { wire } = trial.harness;
    if (wire)
      wire.fault = () => ({ answer: { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' } });
    const asked = trial.ask(sourceOf({ url: `${wire?.url}/owner/name` }), ['main']);
    await expect(asked).rejects.toThrow(/127\.0\.0\.1:\d+ answered with something that is not Git's.*\(owner\/name\)/);
  });
});
