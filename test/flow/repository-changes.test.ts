// A repository that moves in other ways than forward: what is served follows it, and nothing is built twice.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCondition } from '../../src/function/conditions.ts';
import type { FunctionObject } from '../../src/function/schema.ts';
import { eventually } from '../eventually.ts';
import {
  type FaultProxy,
  startHttpFaultProxy,
  startTcpFaultProxy,
  type TcpFaultProxy,
} from '../servers/fault-proxy.ts';
import { digestOf } from './builder-farm.ts';
import { type System, startSystem } from './system.ts';

const watching = (fn: FunctionObject) => findCondition(fn.status?.conditions, 'Watching')?.reason;

describe.concurrent('a repository that does not only move forward', () => {
  let system: System;
  let replica: FaultProxy;
  let counted: TcpFaultProxy;

  beforeAll(async () => {
    system = await startSystem();
    replica = await startHttpFaultProxy({ url: system.git.url });
    counted = await startTcpFaultProxy({ host: '127.0.0.1', port: Number(new URL(system.git.url).port) });
    await system.plane({ allow: [`127.0.0.1:${replica.port}`, `127.0.0.1:${counted.port}`] });
  });
  afterAll(async () => {
    await system[Symbol.asyncDispose]();
    await replica[Symbol.asyncDispose]();
    await counted[Symbol.asyncDispose]();
  });

  const revisions = (name: string) => system.farm.revisionsOf(name);
  const served = (name: string, revision: string) => system.untilServed(name, digestOf(name, revision));
  const rest = (name: string, revision: string) =>
    system.until(name, `rests at ${revision}`, ({ status }) => {
      return status?.build?.revision === revision && status.build.state === 'Succeeded';
    });
  const started = (name: string, revision: string) =>
    eventually(`a run of ${name} at ${revision}`, () => revisions(name).at(-1) === revision);

  it('is built again when it goes back after a build, once the old commit was seen on a second connection', async () => {
    const repository = await system.git.repository('team/back');
    const a = await repository.commit();
    await system.create('back', { url: `http://127.0.0.1:${counted.port}/team/back.git` });
    await served('back', a);
    const b = await repository.commit();
    await served('back', b);

    const connections = counted.accepted;
    await repository.branch('main', a);
    await served('back', a);

    expect(revisions('back')).toEqual([a, b, a]);
    expect(counted.accepted).toBeGreaterThan(connections);
  });

  it('is built again when it goes back during a build, which is cancelled', async () => {
    const repository = await system.git.repository('team/early');
    const a = await repository.commit();
    await system.create('early');
    await served('early', a);
    system.farm.slow.add('early');
    const b = await repository.commit();
    await started('early', b);

    await repository.branch('main', a);
    await started('early', a);
    await system.farm.release('early');

    const { status } = await rest('early', a);
    expect(revisions('early')).toEqual([a, b, a]);
    expect(status?.sources).toEqual([{ name: 'default', git: { commitSha: a, commitAuthor: 'A. Author' } }]);
    await served('early', a);
  });

  it('is left alone when one stale replica tells of the old commit once', async () => {
    const repository = await system.git.repository('team/stale');
    const a = await repository.commit();
    let old = '';
    replica.fault = () => ({ rewrite: body => (old = body) });
    await system.create('stale', { url: `${replica.url}/team/stale.git` });
    await served('stale', a);
    replica.fault = undefined;
    const b = await repository.commit();
    await served('stale', b);

    const last = replica.requests.length;
    replica.fault = ({ index }) => (index === last + 1 ? { rewrite: () => old } : undefined);
    await eventually('some polls after it', () => replica.requests.length >= last + 4);

    expect(revisions('stale')).toEqual([a, b]);
    await served('stale', b);
    await rest('stale', b);
  });

  it('is built at the commit that was pushed by force', async () => {
    const repository = await system.git.repository('team/forced');
    const first = await repository.commit();
    await system.create('forced');
    await served('forced', first);

    const forced = await repository.commit({ orphan: true });
    await served('forced', forced);

    expect(revisions('forced')).toEqual([first, forced]);
  });

  it('keeps what serves while its branch is gone, and goes on when it is there again', async () => {
    const repository = await system.git.repository('team/gone');
    const first = await repository.commit();
    await repository.branch('other', first);
    await system.create('gone');
    await served('gone', first);

    await repository.deleteBranch('main');
    const missing = await system.until('gone', 'misses its branch', fn => watching(fn) === 'RefNotFound');
    expect(findCondition(missing.status?.conditions, 'Built')?.status).toBe('True');
    await served('gone', first);

    await repository.branch('main', first);
    await system.until('gone', 'sees its branch again', fn => watching(fn) === 'Observed');
    expect(revisions('gone')).toEqual([first]);

    await repository.deleteBranch('main');
    await system.until('gone', 'misses its branch', fn => watching(fn) === 'RefNotFound');
    const second = await repository.commit();
    await served('gone', second);
    expect(revisions('gone')).toEqual([first, second]);
  });

  it('means the branch where a tag has the same name, and the tag once the branch is gone', async () => {
    const repository = await system.git.repository('team/twins');
    const tagged = await repository.commit();
    const branched = await repository.commit();
    await repository.annotatedTag('v1', tagged);
    await repository.branch('v1', branched);
    const url = `${system.git.url}/team/twins.git`;
    await system.create('twins', { url, revision: 'v1' });
    await system.create('twins-tag', { url, revision: 'refs/tags/v1' });
    await served('twins', branched);
    await served('twins-tag', tagged);

    await repository.deleteBranch('v1');
    await served('twins', tagged);

    expect(revisions('twins')).toEqual([branched, tagged]);
    expect(revisions('twins-tag')).toEqual([tagged]);
  });

  it('follows the default branch when it is renamed, where no branch is named', async () => {
    const repository = await system.git.repository('team/default');
    const first = await repository.commit();
    const srcRepo = { url: `${system.git.url}/team/default.git` };
    await system.create('default', { spec: { build: { builder: 'registry.example/builder:1', srcRepo } } });
    await served('default', first);

    await repository.renameBranch('main', 'trunk');
    const second = await repository.commit({ branch: 'trunk' });
    await served('default', second);

    expect(revisions('default')).toEqual([first, second]);
  });

  it('is followed when it is renamed, and its old name when another repository takes it', async () => {
    const repository = await system.git.repository('team/old-name');
    const first = await repository.commit();
    await system.create('old-name');
    await served('old-name', first);

    await repository.rename('team/new-name');
    const second = await repository.commit();
    await served('old-name', second);
    expect(revisions('old-name')).toEqual([first, second]);

    await repository.remove();
    const successor = await system.git.repository('team/old-name');
    const third = await successor.commit({ files: { 'another.txt': 'of another repository' } });
    await served('old-name', third);
    expect(revisions('old-name')).toEqual([first, second, third]);
  });
});
