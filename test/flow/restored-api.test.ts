// The API server comes back with an older copy of everything: revflow goes on from there, and ends where the sources are now.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import { eventually } from '../eventually.ts';
import { isRealCluster } from '../servers/api-server.ts';
import { digestOf } from './builder-farm.ts';
import { type System, startSystem } from './system.ts';

const needsDatabase = isRealCluster ? ' (skipped: the database of a real API server is not ours to put back)' : '';

describe(`an API server that comes back with an older copy${needsDatabase}`, () => {
  let system: System;

  beforeAll(async () => {
    system = await startSystem();
    await system.plane();
  });
  afterAll(() => system[Symbol.asyncDispose]());

  const own = (name: string) => ({ files: { 'name.txt': name } });

  it.skipIf(isRealCluster)(
    'serves what the sources hold now, whether it knew of the Function, its build or neither',
    async () => {
      const names = ['ahead', 'between', 'unchanged', 'unknown'];
      const repositories = await Promise.all(names.map(name => system.git.repository(`team/${name}`)));
      const [ahead, between, unchanged, unknown] = repositories;
      const first = await Promise.all(repositories.map((repository, at) => repository.commit(own(names[at] ?? ''))));
      system.farm.slow.add('between');
      for (const name of ['ahead', 'between', 'unchanged']) await system.create(name);
      await system.untilServed('ahead', digestOf('ahead', first[0]));
      await system.untilServed('unchanged', digestOf('unchanged', first[2]));
      await system.until('between', 'is built', ({ status }) => status?.build?.state === 'Building');

      const restore = await system.cluster.backup();
      await system.farm.release('between');
      await system.untilServed('between', digestOf('between', first[1]));
      system.farm.slow.delete('between');
      const second = await ahead?.commit();
      await system.untilServed('ahead', digestOf('ahead', second));
      const third = await ahead?.commit();
      await system.untilServed('ahead', digestOf('ahead', third));
      await system.create('unknown');
      await system.untilServed('unknown', digestOf('unknown', first[3]));
      await restore();

      await system.untilServed('ahead', digestOf('ahead', third), 60_000);
      await system.untilServed('between', digestOf('between', first[1]), 60_000);
      await system.untilServed('unchanged', digestOf('unchanged', first[2]));
      expect(
        await system.kube.get({ kind: kinds.function, namespace: system.namespace, name: 'unknown' }),
      ).toBeUndefined();
      expect(system.farm.revisionsOf('unchanged')).toEqual([first[2]]);
      // What the copy does not know of is run again; nothing else is, and nothing twice.
      expect(system.farm.revisionsOf('ahead')).toEqual([first[0], second, third, third]);

      const newest = await Promise.all([ahead, between, unchanged].map(async repository => repository?.commit()));
      await system.untilServed('ahead', digestOf('ahead', newest[0]), 60_000);
      await system.untilServed('between', digestOf('between', newest[1]), 60_000);
      await system.untilServed('unchanged', digestOf('unchanged', newest[2]), 60_000);
      await system.create('unknown');
      await unknown?.commit();
      await eventually(
        'the one that was unknown is watched again',
        () => system.farm.revisionsOf('unknown').length >= 2,
      );
    },
    120_000,
  );
});

describe('a status that comes back from a backup', () => {
  let system: System;

  beforeAll(async () => {
    system = await startSystem();
    await system.plane();
  });
  afterAll(() => system[Symbol.asyncDispose]());

  it('catches up with the Builders that are there, and nothing runs twice', async () => {
    const repository = await system.git.repository('team/status');
    const first = await repository.commit();
    const srcRepo = { url: `${system.git.url}/team/status.git`, revision: 'main' };
    const limits = { successfulBuildsHistoryLimit: 10, failedBuildsHistoryLimit: 10 };
    await system.create('status', { spec: { build: { builder: 'registry.example/builder:1', srcRepo, ...limits } } });
    await system.untilServed('status', digestOf('status', first));
    const { status: old } = await system.read('status');
    const second = await repository.commit();
    await system.untilServed('status', digestOf('status', second));

    await system.patch('status', { status: old ?? {} }, 'status');
    await system.until('status', 'has caught up', ({ status }) => {
      return status?.build?.revision === second && status.build.state === 'Succeeded';
    });
    await system.untilServed('status', digestOf('status', second));

    expect(system.farm.revisionsOf('status')).toEqual([first, second]);
    const third = await repository.commit();
    await system.untilServed('status', digestOf('status', third));
    expect(system.farm.revisionsOf('status')).toEqual([first, second, third]);
  });
});
