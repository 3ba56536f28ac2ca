// Which driver is asked: Git first, the API where Git cannot serve, and never a guess with logins.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Credential } from '../src/revision/provider.ts';
import { type ChosenAnswer, createProviders, type Providers } from '../src/revision/providers.ts';
import type { GitSource } from '../src/watch/source.ts';
import { reasonOf, Trial } from './contracts/provider-harness.ts';
import { forgeHarness } from './contracts/provider-sides.ts';
import type { Forge } from './servers/forge.ts';
import type { ServedRepository } from './servers/git-server.ts';
import { startGitee } from './servers/gitee.ts';
import { startGithub } from './servers/github.ts';
import { startGitlab } from './servers/gitlab.ts';

const apiOnly: Credential = { password: 'api-only-token-51' };

for (const [name, start, kind] of [
  ['github', startGithub, 'token'],
  ['gitlab', startGitlab, 'PrivateToken'],
  ['gitee', startGitee, 'token'],
] as const) {
  describe(`the driver for ${name}`, () => {
    let forge: Forge;
    let trial: Trial;
    let providers: Providers;
    let repository: ServedRepository;

    beforeEach(async () => {
      forge = await start();
      providers = createProviders();
      const nonsense = { headers: {}, body: '' };
      const provider = { driver: name, conditional: false, observe: () => Promise.reject(new Error('is not asked')) };
      trial = new Trial(await forgeHarness(forge, { provider, forge: name, nonsense, tokenKind: kind }));
      repository = await forge.git.repository('owner/name', { isPrivate: true });
      await repository.commit();
    });

    afterEach(async () => {
      trial.expectDocumented();
      trial.expectNoSecret([apiOnly.password]);
      await trial[Symbol.asyncDispose]();
      await trial.harness[Symbol.asyncDispose]();
    });

    function ask(credential: Credential | undefined, more: Partial<GitSource> = {}): Promise<ChosenAnswer> {
      const source: GitSource = { kind: 'git', forge: name, url: `${forge.url}/owner/name`, ...more };
      const question = trial.question(source, ['main'], credential ? { credential } : {});
      return trial.noting(providers.observeSource(question, trial.ports));
    }

    /** How often Git and the API were asked. */
    async function counted(asking: () => Promise<unknown>): Promise<{ readonly git: number; readonly api: number }> {
      forge.git.requests.length = 0;
      await asking().catch(() => undefined);
      const api = forge.git.requests.filter(({ url }) => url.startsWith('/api/')).length;
      return { api, git: forge.git.requests.length - api };
    }

    it('is Git, for who may read with Git', async () => {
      forge.git.accounts.set('a-git-password', undefined);
      expect((await ask({ password: 'a-git-password' })).driver).toBe('git');
      repository.isPrivate = false;
      expect((await ask(undefined)).driver).toBe('git');
    });

    it('is the API after one refusal by Git, and stays so for host and credential', async () => {
      forge.tokens.set(apiOnly.password, kind);
      const first = await ask(apiOnly);
      expect(first.driver).toBe(name);
      expect(first.heads['main']).toMatchObject({ kind: 'found', id: await repository.resolve('refs/heads/main') });
      expect(await counted(() => ask(apiOnly))).toEqual({ git: 0, api: 1 });
      const other = await forge.git.repository('owner/other', { isPrivate: true });
      await other.commit();
      expect(await counted(() => ask(apiOnly, { url: other.url }))).toEqual({ git: 0, api: 1 });
    });

    it('is named before it is asked, so that a failure is counted as its own', async () => {
      const told: string[] = [];
      const asking = (credential: Credential, url = `${forge.url}/owner/name`) => {
        const question = trial.question({ kind: 'git', forge: name, url }, ['main'], { credential });
        return providers.observeSource(question, { ...trial.ports, asked: driver => void told.push(driver) });
      };
      forge.tokens.set(apiOnly.password, kind);
      await asking(apiOnly);
      await asking(apiOnly, `${forge.url}/owner/absent`).catch(() => {});
      expect(told).toEqual(['git', name, name]);
      await asking({ password: 'wrong' }).catch(() => {});
      expect(told.slice(3)).toEqual(['git', name, 'git']);
    });

    it('is Git again for another credential', async () => {
      forge.tokens.set(apiOnly.password, kind);
      await ask(apiOnly);
      forge.git.accounts.set('a-git-password', undefined);
      expect((await ask({ password: 'a-git-password' })).driver).toBe('git');
    });

    it('is never the API for who has no credential', async () => {
      expect(await counted(() => ask(undefined))).toEqual({ git: 1, api: 0 });
      expect(await reasonOf(ask(undefined))).toBe('Unauthorized');
    });

    it('is asked once at the API when both refuse the credential, whatever repository is meant', async () => {
      expect(await counted(() => ask({ password: 'wrong' }))).toEqual({ git: 1, api: 1 });
      expect(await counted(() => ask({ password: 'wrong' }))).toEqual({ git: 1, api: 0 });
      const other = await forge.git.repository('owner/other', { isPrivate: true });
      expect(await counted(() => ask({ password: 'wrong' }, { url: other.url }))).toEqual({ git: 1, api: 0 });
      expect(await reasonOf(ask({ password: 'wrong' }))).toBe('Unauthorized');
    });

    it('is asked once at the API for a repository that neither has, and for others all the same', async () => {
      forge.git.accounts.set(apiOnly.password, undefined);
      forge.tokens.set(apiOnly.password, kind);
      const absent = { url: `${forge.url}/owner/absent` };
      expect((await counted(() => ask(apiOnly, absent))).git).toBe(1);
      expect(await counted(() => ask(apiOnly, absent))).toEqual({ git: 1, api: 0 });
      expect(await reasonOf(ask(apiOnly, absent))).toBe('NotFound');
      expect((await ask(apiOnly)).driver).toBe('git');
    });

    it('is the API for one repository when another is in neither', async () => {
      forge.tokens.set(apiOnly.password, kind);
      expect(await reasonOf(ask(apiOnly, { url: `${forge.url}/owner/absent` }))).toBe('Unauthorized');
      expect((await ask(apiOnly)).driver).toBe(name);
    });

    it('is not the API while Git is ill: only a refusal counts', async () => {
      forge.tokens.set(apiOnly.password, kind);
      const { wire } = trial.harness;
      if (wire) wire.fault = ({ url }) => (url.includes('git-upload-pack') ? { answer: { status: 503 } } : undefined);
      expect(await reasonOf(ask(apiOnly, { url: `${wire?.url}/owner/name` }))).toBe('ServerError');
      expect(wire?.requests).toHaveLength(1);
    });

    it('keeps to the refusal by Git when the API is ill, and asks it again the next time', async () => {
      forge.tokens.set(apiOnly.password, kind);
      const { wire } = trial.harness;
      if (wire) wire.fault = ({ url }) => (url.startsWith('/api/') ? { answer: { status: 503 } } : undefined);
      const through = { url: `${wire?.url}/owner/name` };
      expect(await reasonOf(ask(apiOnly, through))).toBe('Unauthorized');
      wire?.reset();
      expect((await ask(apiOnly, through)).driver).toBe(name);
    });
  });
}

describe('the driver for GitLab', () => {
  it('is the API at once where project-id is a number, and Git where it is a path', async () => {
    await using gitlab = await startGitlab();
    const harness = await forgeHarness(gitlab, {
      provider: { driver: 'none', conditional: false, observe: () => Promise.reject(new Error('is not asked')) },
      forge: 'gitlab',
      nonsense: { headers: {}, body: '' },
      tokenKind: 'PrivateToken',
    });
    await using trial = new Trial(harness);
    const repository = await gitlab.git.repository('group/sub/name');
    const id = await repository.commit();
    const providers = createProviders();
    const ask = (projectId: string) => {
      const url = `${gitlab.url}/group/sub/name`;
      const question = trial.question({ kind: 'git', forge: 'gitlab', url, projectId }, ['main']);
      return providers.observeSource(question, trial.ports);
    };
    expect(await ask('1001')).toMatchObject({ driver: 'gitlab', heads: { main: { id } } });
    expect(await ask('group/sub/name')).toMatchObject({ driver: 'git', heads: { main: { id } } });
    expect(gitlab.violations).toEqual([]);
  });
});

describe('the list of providers', () => {
  it('names the driver of each choice', () => {
    const providers = createProviders();
    const git = (forge: GitSource['forge']) => ({ kind: 'git', forge, url: 'https://git.invalid/a/b' }) as const;
    const image = { kind: 'image', registry: 'r.invalid', repository: 'a', tag: 'b' } as const;
    expect(providers.driverOf(git('github'), 'git')).toBe('git');
    expect(providers.driverOf(git('github'), 'api')).toBe('github');
    expect(providers.driverOf(git('gitlab'), 'api')).toBe('gitlab');
    expect(providers.driverOf(git('gitee'), 'api')).toBe('gitee');
    expect(providers.driverOf(git('git'), 'api')).toBe('git');
    expect(providers.driverOf(image, 'git')).toBe('oci');
  });
});
