// Functions in folders of one repository: a push builds those whose folder it changed, whatever the commits in between look like.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCondition } from '../../src/function/conditions.ts';
import { eventually } from '../eventually.ts';
import type { ServedRepository } from '../servers/git-server.ts';
import { hasRedis, skipsWithoutRedis, startRedis } from '../servers/redis.ts';
import { digestOf } from './builder-farm.ts';
import { type Plane, type System, startSystem } from './system.ts';

const files = { 'apps/a/main': 'a1', 'apps/b/main': 'b1', 'lib/code': 'l1' };
const limitMs = 60_000;

describe.concurrent('a repository with a Function in each folder', () => {
  let system: System;
  let plane: Plane;

  beforeAll(async () => {
    system = await startSystem();
    plane = await system.plane();
  }, limitMs);
  afterAll(async () => {
    await system[Symbol.asyncDispose]();
  });

  const revisions = (name: string) => system.farm.revisionsOf(name);
  const served = (name: string, revision: string) => system.untilServed(name, digestOf(name, revision), limitMs);

  /** A repository with Functions `NAME-a` and `NAME-b` of its folders, and `NAME-all` of it all: it tells that a push was seen. */
  async function monorepo(name: string, annotations: Record<string, string> = {}): Promise<Mono> {
    const repository = await system.git.repository(`team/${name}`);
    const first = await repository.commit({ files });
    for (const [part, sourceSubPath] of Object.entries({ a: 'apps/a', b: './apps/b/', all: '.' })) {
      const srcRepo = { url: `${system.git.url}/team/${name}.git`, revision: 'main', sourceSubPath };
      const spec = { build: { builder: 'registry.example/builder:1', srcRepo } };
      await system.create(`${name}-${part}`, { spec, annotations: part === 'a' ? annotations : {} });
    }
    for (const part of ['a', 'b', 'all']) await served(`${name}-${part}`, first);
    // What was built first is known by its ids before anything else is pushed.
    for (const part of ['a', 'b']) {
      await system.until(`${name}-${part}`, 'has ids', ({ status }) => status?.watch?.paths !== undefined, limitMs);
    }
    return {
      repository,
      first,
      seen: commit => served(`${name}-all`, commit),
      built: part => revisions(`${name}-${part}`),
    };
  }

  it('builds the one whose folder was touched, and says nothing to the others', async () => {
    const { repository, first, seen, built } = await monorepo('touched');
    const before = await system.read('touched-b');
    const second = await repository.commit({ files: { 'apps/a/main': 'a2' } });
    await served('touched-a', second);
    await seen(second);
    const third = await repository.commit({ files: { 'README.md': 'words' } });
    await seen(third);
    expect([built('a'), built('b')]).toEqual([[first, second], [first]]);
    const after = await system.read('touched-b');
    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    const said = findCondition(after.status?.conditions, 'Watching');
    expect(said).toMatchObject({
      status: 'True',
      message: expect.stringContaining('only changes of apps/b are built'),
    });
    expect(plane.log()).not.toContain('"level":"error"');
  });

  it('builds by what a merge brought, not by the commits that were merged', async () => {
    const { repository, first, seen, built } = await monorepo('merged');
    await repository.branch('side', first);
    await repository.commit({ branch: 'side', files: { 'apps/a/main': 'a2', 'apps/b/main': 'b2' } });
    // Only what concerns b is taken over.
    const merge = await repository.commit({ files: { 'apps/b/main': 'b2' }, merged: ['side'] });
    await served('merged-b', merge);
    await seen(merge);
    expect([built('a'), built('b')]).toEqual([[first], [first, merge]]);
  });

  it('builds what a force push took back, and nothing where the folder stays as it is', async () => {
    const { repository, first, seen, built } = await monorepo('forced');
    const second = await repository.commit({ files: { 'apps/a/main': 'a2' } });
    await served('forced-a', second);
    await repository.branch('main', first);
    await served('forced-a', first);
    const orphan = await repository.commit({ files: { ...files, 'lib/code': 'l2' }, orphan: true });
    await seen(orphan);
    const last = await repository.commit({ files: { 'apps/b/main': 'b2' } });
    await served('forced-b', last);
    expect([built('a'), built('b')]).toEqual([
      [first, second, first],
      [first, last],
    ]);
  });

  it('builds when the folder goes and when it comes back, also as a submodule', async () => {
    const { repository, first, seen, built } = await monorepo('gone');
    const gone = await repository.commit({ files: {}, removed: ['apps/a'] });
    await served('gone-a', gone);
    const submodule = await repository.commit({ files: {}, submodules: { 'apps/a': '1'.repeat(40) } });
    await served('gone-a', submodule);
    const moved = await repository.commit({ files: {}, submodules: { 'apps/a': '2'.repeat(40) } });
    await served('gone-a', moved);
    await seen(moved);
    expect([built('a'), built('b')]).toEqual([[first, gone, submodule, moved], [first]]);
  });

  it('builds for what watch-paths adds, and nothing for the adding', async () => {
    const { repository, first, seen, built } = await monorepo('added', { 'openfunction.io/watch-paths': 'go.mod' });
    const unseen = await repository.commit({ files: { 'lib/code': 'l2' } });
    await seen(unseen);
    await system.patch('added-a', { metadata: { annotations: { 'openfunction.io/watch-paths': 'lib, go.mod' } } });
    const isAdded = (paths: object = {}) => Object.keys(paths).join() === 'apps/a,go.mod,lib';
    await system.until('added-a', 'has the id of lib', ({ status }) => isAdded(status?.watch?.paths), limitMs);
    const second = await repository.commit({ files: { 'lib/code': 'l3' } });
    await served('added-a', second);
    const third = await repository.commit({ files: { 'go.mod': 'module m' } });
    await served('added-a', third);
    await seen(third);
    expect([built('a'), built('b')]).toEqual([[first, second, third], [first]]);
  });

  it('builds every commit with path-filter off, and takes up the filter where it is', async () => {
    const { repository, first, seen, built } = await monorepo('off');
    const second = await repository.commit({ files: { 'lib/code': 'l2' } });
    await seen(second);
    await system.patch('off-a', { metadata: { annotations: { 'openfunction.io/path-filter': 'off' } } });
    await served('off-a', second);
    const third = await repository.commit({ files: { 'lib/code': 'l3' } });
    await served('off-a', third);
    await system.patch('off-a', { metadata: { annotations: { 'openfunction.io/path-filter': null } } });
    await system.until('off-a', 'has ids again', ({ status }) => status?.watch?.paths !== undefined, limitMs);
    const fourth = await repository.commit({ files: { 'lib/code': 'l4' } });
    await seen(fourth);
    expect([built('a'), built('b')]).toEqual([[first, second, third], [first]]);
  });

  it('refuses paths that it cannot watch, with place and value', async () => {
    const { repository, first, seen, built } = await monorepo('bad');
    await system.patch('bad-a', { metadata: { annotations: { 'openfunction.io/watch-paths': '../other' } } });
    const watching = (fn: Awaited<ReturnType<System['read']>>) => findCondition(fn.status?.conditions, 'Watching');
    const fn = await system.until('bad-a', 'refuses', of => watching(of)?.reason === 'BadPaths', limitMs);
    expect(watching(fn)?.message).toContain('watch-paths"][0] must not contain .., found "../other"');
    const second = await repository.commit({ files: { 'apps/a/main': 'a2' } });
    await seen(second);
    expect(built('a')).toEqual([first]);
    await system.patch('bad-a', { metadata: { annotations: { 'openfunction.io/watch-paths': null } } });
    await served('bad-a', second);
  });
});

interface Mono {
  readonly repository: ServedRepository;
  readonly first: string;
  /** Resolves when a push was seen and built where everything counts. */
  readonly seen: (commit: string) => Promise<void>;
  readonly built: (part: 'a' | 'b') => readonly (string | undefined)[];
}

describe('what is remembered beside the status', () => {
  const parts = ['a', 'b', 'c'];

  /** Builds three folders, and moves the repository while something is lost; gives what was built of each. */
  async function lose(system: System, { before, after }: Record<'before' | 'after', () => Promise<unknown>>) {
    const repository = await system.git.repository('team/mono');
    const first = await repository.commit({ files });
    for (const part of parts) {
      const srcRepo = { url: `${system.git.url}/team/mono.git`, revision: 'main', sourceSubPath: `apps/${part}` };
      await system.create(part, { spec: { build: { builder: 'registry.example/builder:1', srcRepo } } });
    }
    for (const part of parts) await system.untilServed(part, digestOf(part, first), limitMs);
    for (const part of parts) await system.until(part, 'has ids', fn => fn.status?.watch?.paths !== undefined, limitMs);
    await before();
    await repository.commit({ files: { 'apps/a/main': 'a2', 'lib/code': 'l2' } });
    const last = await repository.commit({ files: { 'lib/code': 'l3' } });
    await after();
    await eventually('a is built', () => system.farm.revisionsOf('a').length > 1, limitMs);
    const sentinel = await repository.commit({ files: { 'apps/c/main': 'c1' } });
    await system.untilServed('c', digestOf('c', sentinel), limitMs);
    const [a = [], ...others] = parts.map(part => system.farm.revisionsOf(part));
    return { first, last, sentinel, a, others };
  }

  it('may go with the control plane: what changed meanwhile is built, and nothing else', {
    timeout: limitMs,
  }, async () => {
    await using system = await startSystem();
    const plane = await system.plane();
    const lost = await lose(system, { before: () => plane.stop(), after: () => system.plane() });
    const { first, last, sentinel } = lost;
    expect([lost.a, ...lost.others]).toEqual([[first, last], [first], [first, sentinel]]);
  });

  it.skipIf(!hasRedis)(
    `may be emptied at any moment: what changed is built, and nothing else (${skipsWithoutRedis})`,
    { timeout: limitMs },
    async () => {
      await using system = await startSystem();
      await using redis = await startRedis();
      await system.plane({ redis: redis.url });
      const flush = () => redis.flush();
      const { first, sentinel, a, others } = await lose(system, { before: flush, after: flush });
      // Which of the two commits with its new folder was seen is up to chance.
      expect(a).toHaveLength(2);
      expect(others).toEqual([[first], [first, sentinel]]);
    },
  );
});
