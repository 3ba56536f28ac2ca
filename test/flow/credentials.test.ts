// Tokens that are revoked and rotated: what serves stays, the forge is not bothered with refused logins, and the new token is used.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCondition } from '../../src/function/conditions.ts';
import { kinds } from '../../src/function/kinds.ts';
import type { Forge } from '../servers/forge.ts';
import type { ServedRepository } from '../servers/git-server.ts';
import { startGitlab } from '../servers/gitlab.ts';
import { digestOf } from './builder-farm.ts';
import { type System, startSystem } from './system.ts';

const fns = ['first', 'second', 'third'] as const;

describe.concurrent('a token', () => {
  let system: System;
  let gitlab: Forge;
  const api: ServedRepository[] = [];

  beforeAll(async () => {
    [system, gitlab] = await Promise.all([startSystem(), startGitlab()]);
    for (const name of fns) api.push(await gitlab.git.repository(`group/${name}`, { isPrivate: true }));
    await system.plane({ allow: [gitlab.host] });
  });
  afterAll(async () => {
    await system[Symbol.asyncDispose]();
    await gitlab[Symbol.asyncDispose]();
  });

  const secret = (name: string) => ({ kind: kinds.secret, namespace: system.namespace, name });
  const putSecret = (name: string, password: string) =>
    system.kube.create(kinds.secret, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: system.namespace },
      stringData: { password },
    });
  const rotate = (name: string, password: string) => system.kube.patch(secret(name), { stringData: { password } });
  const create = (
    name: string,
    source: { readonly url: string; readonly secret: string; readonly params?: string },
  ) => {
    const { url, params = 'repo-type: git\npolling-interval: 1s' } = source;
    const srcRepo = { url, revision: 'main', credentials: { name: source.secret } };
    return system.create(name, { params, spec: { build: { builder: 'registry.example/builder:1', srcRepo } } });
  };
  const untilRefused = (name: string) =>
    system.until(name, 'is refused', ({ status }) => {
      return findCondition(status?.conditions, 'Watching')?.reason === 'Unauthorized';
    });

  it('that is rotated together with its Secret is asked with at the next poll', async () => {
    const { git } = system;
    const repository = await git.repository('team/rotated', { isPrivate: true });
    git.accounts.set('old-password', undefined);
    await putSecret('rotated', 'old-password');
    const first = await repository.commit();
    await create('rotated', { url: `${git.url}/team/rotated.git`, secret: 'rotated' });
    await system.untilServed('rotated', digestOf('rotated', first));

    git.accounts.set('new-password', undefined);
    await rotate('rotated', 'new-password');
    git.accounts.delete('old-password');
    const second = await repository.commit();
    await system.untilServed('rotated', digestOf('rotated', second));
    const text = JSON.stringify(await system.read('rotated'));
    expect(text).not.toMatch(/old-password|new-password/);
  });

  it('that is revoked is tried two times for all its Functions, and its successor within a minute', {
    timeout: 120_000,
  }, async () => {
    gitlab.tokens.set('revoked-token', 'PrivateToken');
    await putSecret('api', 'revoked-token');
    const commits = await Promise.all(fns.map(async (name, at) => api[at]?.commit({ files: { 'name.txt': name } })));
    for (const [at, name] of fns.entries()) {
      const params = `repo-type: gitlab\nproject-id: "${1001 + at}"\npolling-interval: 1s`;
      await create(name, { url: `${gitlab.url}/group/${name}.git`, secret: 'api', params });
    }
    for (const [at, name] of fns.entries()) await system.untilServed(name, digestOf(name, commits[at]));

    gitlab.git.requests.length = 0;
    gitlab.tokens.delete('revoked-token');
    for (const name of fns) await untilRefused(name);
    for (const [at, name] of fns.entries()) await system.untilServed(name, digestOf(name, commits[at]));
    const newest = await Promise.all(api.map(repository => repository.commit()));
    gitlab.tokens.set('fresh-token', 'PrivateToken');
    await rotate('api', 'fresh-token');

    for (const [at, name] of fns.entries()) await system.untilServed(name, digestOf(name, newest[at]), 90_000);
    const refusals = gitlab.git.requests.filter(({ status }) => status === 401).length;
    // Each of the three may have been under way when the first was refused; after that nobody tries.
    expect(refusals).toBeLessThanOrEqual(2 + fns.length);
    for (const [at, name] of fns.entries()) expect(system.farm.revisionsOf(name)).toEqual([commits[at], newest[at]]);
    expect(gitlab.violations).toEqual([]);
  });

  it('whose Secret is made after its Function is used when it is there', { timeout: 120_000 }, async () => {
    const { git } = system;
    const repository = await git.repository('team/late', { isPrivate: true });
    git.accounts.set('late-password', undefined);
    const first = await repository.commit({ files: { 'name.txt': 'late' } });
    await create('late', { url: `${git.url}/team/late.git`, secret: 'late' });
    await system.until('late', 'misses its Secret', ({ status }) => {
      return findCondition(status?.conditions, 'Watching')?.reason === 'SecretNotFound';
    });
    await putSecret('late', 'late-password');
    await system.until(
      'late',
      'is watched',
      ({ status }) => {
        return findCondition(status?.conditions, 'Watching')?.reason === 'Observed';
      },
      90_000,
    );
    const second = await repository.commit();
    await system.untilServed('late', digestOf('late', second));
    expect(system.farm.revisionsOf('late')).toContain(second);
    expect(system.farm.revisionsOf('late').filter(revision => revision === first).length).toBeLessThanOrEqual(1);
  });
});
