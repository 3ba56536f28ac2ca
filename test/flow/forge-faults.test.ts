// Forges that misbehave for a while, asked over Git and over each API: the condition says so, what serves stays, and the newest commit is
// built once they are well.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCondition } from '../../src/function/conditions.ts';
import { kinds } from '../../src/function/kinds.ts';
import { eventually } from '../eventually.ts';
import { type Fault, type FaultProxy, startHttpFaultProxy } from '../servers/fault-proxy.ts';
import type { GitServer } from '../servers/git-server.ts';
import { startGitee } from '../servers/gitee.ts';
import { startGithub } from '../servers/github.ts';
import { startGitlab } from '../servers/gitlab.ts';
import { digestOf } from './builder-farm.ts';
import { type System, startSystem } from './system.ts';

const token = 'token-of-the-api';
/** Some of them answer nothing for as long as they are waited for. */
const patienceMs = 60_000;

interface Misbehaviour {
  readonly name: string;
  readonly fault: (url: string) => Fault;
  /** Of the condition Watching meanwhile; absent: nothing is wrong that anybody could tell. */
  readonly reason?: string;
}

const misbehaviours: readonly Misbehaviour[] = [
  { name: '429', fault: () => ({ answer: { status: 429, headers: { 'retry-after': '1' } } }), reason: 'RateLimited' },
  { name: '500', fault: () => ({ answer: { status: 500, body: 'oh no' } }), reason: 'ServerError' },
  { name: 'garbage', fault: () => ({ answer: { status: 200, body: '<html>welcome' } }), reason: 'UnexpectedAnswer' },
  { name: 'loop', fault: url => ({ answer: { status: 302, headers: { location: url } } }), reason: 'RedirectRefused' },
  { name: 'drip', fault: () => ({ drip: true }), reason: 'Timeout' },
  {
    name: 'big',
    fault: () => ({ answer: { status: 200, body: 'x'.repeat(10 * 1024 * 1024) } }),
    reason: 'AnswerTooLarge',
  },
];

/** A forge and how its repositories are watched. */
interface Driver {
  readonly name: string;
  readonly params: string;
  /** Type of the answer that names the head. */
  readonly type: string;
  readonly isPrivate: boolean;
}

const drivers: readonly Driver[] = [
  { name: 'git', params: '', type: 'application/x-git-upload-pack-result', isPrivate: false },
  { name: 'github', params: '', type: 'application/vnd.github.sha; charset=utf-8', isPrivate: true },
  { name: 'gitlab', params: '', type: 'application/json', isPrivate: true },
  { name: 'gitee', params: '', type: 'application/json', isPrivate: true },
];

describe.concurrent('a forge that misbehaves for a while', () => {
  let system: System;
  const owned = new AsyncDisposableStack();
  const servers = new Map<string, GitServer>();
  const proxies = new Map<string, FaultProxy>();

  beforeAll(async () => {
    system = owned.use(await startSystem());
    const forges = await Promise.all([startGithub(), startGitlab(), startGitee()]);
    for (const forge of forges) owned.use(forge);
    const [github, gitlab, gitee] = forges;
    github.tokens.set(token, 'token');
    gitlab.tokens.set(token, 'PrivateToken');
    gitee.tokens.set(token, 'token');
    for (const [name, git] of Object.entries({
      git: system.git,
      github: github.git,
      gitlab: gitlab.git,
      gitee: gitee.git,
    }))
      servers.set(name, git);
    for (const driver of drivers) {
      for (const name of [...misbehaviours.map(each => each.name), 'old']) {
        const url = servers.get(driver.name)?.url ?? '';
        proxies.set(`${driver.name}-${name}`, owned.use(await startHttpFaultProxy({ url })));
      }
    }
    await system.kube.create(kinds.secret, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'forge', namespace: system.namespace },
      stringData: { password: token },
    });
    await system.plane({ allow: [...proxies.values()].map(({ port }) => `127.0.0.1:${port}`) });
  });
  afterAll(() => owned.disposeAsync());

  /** A Function that is served at its first commit, through a proxy of its own. */
  async function begin({ name: driver, isPrivate }: Driver, fault: string) {
    const name = `${driver}-${fault}`;
    const proxy = proxies.get(name);
    const repository = await servers.get(driver)?.repository(`team/${name}`, { isPrivate });
    if (!proxy || !repository) throw new Error(`nothing was started for ${name}`);
    const first = await repository.commit({ files: { 'name.txt': name } });
    const srcRepo = {
      url: `${proxy.url}/team/${name}`,
      revision: 'main',
      ...(isPrivate ? { credentials: { name: 'forge' } } : {}),
    };
    await system.create(name, {
      params: `repo-type: ${driver}\npolling-interval: 2s`,
      spec: { build: { builder: 'registry.example/builder:1', srcRepo } },
    });
    await system.untilServed(name, digestOf(name, first), patienceMs);
    return { name, proxy, repository, first };
  }

  async function misbehave(driver: Driver, { name: faultName, fault, reason }: Misbehaviour): Promise<void> {
    const { name, proxy, repository, first } = await begin(driver, faultName);
    proxy.fault = ({ url }) => fault(url);
    const failing = await system.until(name, `says ${reason}`, ({ status }) => {
      return findCondition(status?.conditions, 'Watching')?.reason === reason;
    });
    expect(findCondition(failing.status?.conditions, 'Built')?.status).toBe('True');
    expect(JSON.stringify(failing)).not.toContain(token);
    const newest = await repository.commit();
    await system.untilServed(name, digestOf(name, first), patienceMs);
    proxy.fault = undefined;
    proxy.cutAll();
    await system.untilServed(name, digestOf(name, newest), patienceMs);
    await system.until(name, 'is well again', ({ status }) => {
      return findCondition(status?.conditions, 'Watching')?.status === 'True';
    });
    expect(system.farm.revisionsOf(name)).toEqual([first, newest]);
  }

  async function growOld(driver: Driver): Promise<void> {
    const { name, proxy, repository } = await begin(driver, 'old');
    let old = '';
    proxy.fault = () => ({ rewrite: body => (old = body === '' ? old : body) });
    const second = await repository.commit();
    await system.untilServed(name, digestOf(name, second), patienceMs);
    const stale = old;
    proxy.fault = undefined;
    const third = await repository.commit();
    await system.untilServed(name, digestOf(name, third), patienceMs);

    proxy.reset();
    proxy.fault = () => ({ answer: { status: 200, headers: { 'content-type': driver.type }, body: stale } });
    await eventually(`${name} tells of an old head`, () => proxy.requests.length >= 3);
    proxy.fault = undefined;
    await system.until(name, 'is at the newest commit', ({ status }) => {
      return (
        status?.watch?.observed?.id === third && status.build?.revision === third && status.build.state === 'Succeeded'
      );
    });
    await system.untilServed(name, digestOf(name, third), patienceMs);
  }

  it.each(drivers)('over $name is told of, and followed again when it is well', { timeout: 150_000 }, async driver => {
    await Promise.all([...misbehaviours.map(each => misbehave(driver, each)), growOld(driver)]);
    expect(system.farm.created.some(run => run.function.startsWith(driver.name))).toBe(true);
  });
});
