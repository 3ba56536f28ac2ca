// The poll over a real edge, real providers and real Git: what the other side is asked, and what is made of it.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../src/platform/clock.ts';
import { createHttp } from '../src/platform/http/client.ts';
import { egressPolicy } from '../src/platform/http/egress.ts';
import type { Http } from '../src/platform/http/http.ts';
import { createProviders } from '../src/revision/providers.ts';
import { stateKeys } from '../src/watch/source.ts';
import { interval, never, PollWorld } from './poll-world.ts';
import { silentLog } from './servers/api-server.ts';
import type { Forge } from './servers/forge.ts';
import type { ServedRepository } from './servers/git-server.ts';
import { startGithub } from './servers/github.ts';

const minute = 60_000;
const [first, second] = ['hunter2-first', 'hunter2-second'];

describe('watching a forge', () => {
  let forge: Forge;
  let http: Http & AsyncDisposable;
  let world: PollWorld;
  let repository: ServedRepository;

  beforeEach(async () => {
    forge = await startGithub();
    http = createHttp({
      clock: systemClock,
      log: silentLog,
      userAgent: 'revflow-test',
      proxies: {},
      egress: egressPolicy({ allow: [], deny: [], loopback: true, refuse: [] }),
    });
    world = new PollWorld({ http, providers: createProviders() });
    repository = await forge.git.repository('owner/name', { isPrivate: true });
    forge.git.accounts.set(first, undefined);
    world.secrets.set('ns/s', first);
  });

  afterEach(async () => {
    expectDocumented();
    await http[Symbol.asyncDispose]();
    await forge[Symbol.asyncDispose]();
  });

  function expectDocumented(): void {
    expect(forge.violations).toEqual([]);
  }

  const watch = (url = repository.url) => world.watch({ url, secret: 's', forge: 'github' });
  const asked = () => forge.git.requests.splice(0).length;

  /** The world's secrets, base64 too, are in nothing that was stored, logged or woken. */
  async function expectNoSecret(key: string): Promise<void> {
    const stored = await world.state.getMany([stateKeys.spec(key), stateKeys.observation(key)]);
    const everything = JSON.stringify([stored, world.logged, world.woken]);
    for (const secret of [first, second]) {
      expect(everything).not.toContain(secret);
      expect(everything).not.toContain(Buffer.from(secret).toString('base64'));
    }
  }

  it('a pushed commit is seen by the next poll, with one request', async () => {
    const before = await repository.commit();
    const key = await watch();
    for (let at = 0; at < 3; at += 1) await world.poll(key);
    expect(await world.seen(key)).toMatchObject({ heads: { main: { id: before, ref: 'refs/heads/main' } } });
    const pushed = await repository.commit();
    asked();
    await world.poll(key);
    expect(asked()).toBe(1);
    expect(await world.seen(key)).toMatchObject({ heads: { main: { id: pushed, sightings: 1 } } });
    await expectNoSecret(key);
  });

  it('a revoked token is tried twice and then rarely; the rotated one within a minute', async () => {
    const head = await repository.commit();
    const key = await watch();
    await world.poll(key);
    forge.git.accounts.clear();
    asked();
    const until = world.clock.now() + 8 * minute;
    while (world.clock.now() < until) await world.poll(key);
    // Git twice, its API once: it might have taken the token.
    expect(asked()).toBeLessThanOrEqual(4);
    expect(await world.seen(key)).toMatchObject({
      heads: { main: { id: head } },
      failure: { reason: 'Unauthorized', message: expect.stringContaining(forge.host) },
    });
    forge.git.accounts.set(second, undefined);
    world.secrets.set('ns/s', second);
    const changedAt = world.clock.now();
    while ((await world.seen(key))?.failure) await world.poll(key);
    expect(((await world.seen(key))?.at ?? 0) - changedAt).toBeLessThanOrEqual(minute);
    await expectNoSecret(key);
  });

  it('a hundred repositories under a revoked token do not become a hundred failed logins', async () => {
    const keys: string[] = [];
    for (let at = 0; at < 100; at += 1) keys.push(await watch(`${forge.url}/owner/r${at}`));
    forge.git.accounts.clear();
    for (const key of keys) await world.handle(key, never);
    world.clock.advance(interval);
    for (const key of keys) await world.handle(key, never);
    expect(asked()).toBeLessThanOrEqual(6);
  });

  it('a token that only the API takes is asked there, conditionally', async () => {
    const head = await repository.commit();
    forge.git.accounts.clear();
    forge.tokens.set(first, 'token');
    const key = await watch();
    for (let at = 0; at < 3; at += 1) await world.poll(key);
    forge.git.requests.length = 0;
    await world.poll(key);
    expect(forge.git.requests.map(({ status, url }) => [status, url.startsWith('/api/v3/')])).toEqual([[304, true]]);
    expect(await world.seen(key)).toMatchObject({ heads: { main: { id: head } } });
    expect(world.polls.at(-1)).toBe('unchanged');
    await expectNoSecret(key);
  });

  it('a repository that is taken away is told, and its return is seen at the ordinary pace', async () => {
    await repository.commit();
    const key = await watch();
    await world.poll(key);
    await repository.remove();
    await world.poll(key);
    expect(await world.seen(key)).toMatchObject({ failure: { reason: 'NotFound' } });
    const again = await forge.git.repository('owner/name', { isPrivate: true });
    const head = await again.commit();
    expect(await world.poll(key)).toBeLessThanOrEqual(interval);
    expect(await world.seen(key)).toMatchObject({ heads: { main: { id: head } } });
  });

  it('a branch that goes is missing, and no failure', async () => {
    await repository.commit();
    await repository.branch('dev', 'main');
    const key = await world.watch({ url: repository.url, secret: 's', forge: 'github', want: 'dev' });
    await world.poll(key);
    await repository.deleteBranch('dev');
    await world.poll(key);
    const seen = await world.seen(key);
    expect(seen?.heads['dev']).toEqual({ kind: 'missing' });
    expect(seen?.failure).toBeUndefined();
    expect(world.polls.at(-1)).toBe('missing');
  });
});
