// Pushes that come faster than builds: the newest wins, but something ships.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCondition } from '../../src/function/conditions.ts';
import { kinds } from '../../src/function/kinds.ts';
import { eventually } from '../eventually.ts';
import { type CreatedRun, digestOf } from './builder-farm.ts';
import { type System, startSystem } from './system.ts';

describe.concurrent('pushes that come faster than builds', () => {
  let system: System;

  beforeAll(async () => {
    system = await startSystem();
    await system.plane();
  });
  afterAll(() => system[Symbol.asyncDispose]());

  const untilRun = (name: string, revision: string) =>
    eventually(`a run of ${name} at ${revision}`, () => system.farm.revisionsOf(name).at(-1) === revision);
  const observed = (name: string, revision: string) =>
    system.until(name, `sees ${revision}`, ({ status }) => status?.watch?.observed?.id === revision);
  const isCancelled = async ({ name }: CreatedRun) => {
    const run = await system.kube.get({ kind: kinds.buildRun, namespace: system.namespace, name });
    return (run?.['spec'] as { readonly state?: string } | undefined)?.state === 'BuildRunCanceled';
  };

  it('cancel two builds in a row, let the third finish and serve, and end with the newest', async () => {
    const repository = await system.git.repository('team/row');
    system.farm.slow.add('row');
    const commits = [await repository.commit()];
    await system.create('row');
    for (const _ of [1, 2]) {
      await untilRun('row', commits.at(-1) ?? '');
      commits.push(await repository.commit());
    }
    const third = commits[2] ?? '';
    await untilRun('row', third);
    await observed('row', await repository.commit());
    const letting = await system.until('row', 'lets it finish', ({ status }) => {
      return findCondition(status?.conditions, 'Built')?.reason === 'LettingFinish';
    });
    expect(letting.status?.build).toMatchObject({ revision: third, cancels: 2 });
    const newest = await repository.commit();
    await observed('row', newest);
    expect(system.farm.revisionsOf('row')).toEqual(commits);

    await system.farm.release('row');
    await system.untilServed('row', digestOf('row', third));
    await untilRun('row', newest);
    await system.farm.release('row');
    await system.untilServed('row', digestOf('row', newest));
    expect(system.farm.revisionsOf('row')).toEqual([...commits, newest]);
  });

  it('build each revision at most once and never cancel three in a row when they come with every poll', async () => {
    const repository = await system.git.repository('team/stream');
    const polls = () => system.git.requests.filter(({ url }) => url.startsWith('/team/stream.git/')).length;
    system.farm.durations.set('stream', 2_500);
    await repository.commit();
    await system.create('stream', { spec: withHistory(`${system.git.url}/team/stream.git`) });
    let newest = '';
    for (let push = 0; push < 8; push += 1) {
      newest = await repository.commit();
      const seen = polls();
      await eventually('the next poll', () => polls() > seen);
    }
    await system.untilServed('stream', digestOf('stream', newest));

    const runs = system.farm.created.filter(run => run.function === 'stream');
    expect(new Set(runs.map(run => run.revision)).size).toBe(runs.length);
    expect(runs.at(-1)?.revision).toBe(newest);
    const cancelled = await Promise.all(runs.map(isCancelled));
    expect(cancelled.join(' ')).not.toContain('true true true');
    expect(cancelled.filter(each => !each).length).toBeGreaterThanOrEqual(2);
  });

  it('leave the running build alone when the push is taken back before it is seen', async () => {
    const repository = await system.git.repository('team/taken-back');
    system.farm.slow.add('taken-back');
    const first = await repository.commit();
    await system.create('taken-back');
    await untilRun('taken-back', first);
    await system.patch('taken-back', { metadata: { annotations: { 'openfunction.io/hold': 'a moment' } } });
    await observed('taken-back', await repository.commit());
    await repository.branch('main', first);
    await observed('taken-back', first);
    await system.patch('taken-back', { metadata: { annotations: { 'openfunction.io/hold': null } } });
    await system.farm.release('taken-back');

    await system.untilServed('taken-back', digestOf('taken-back', first));
    expect(system.farm.revisionsOf('taken-back')).toEqual([first]);
  });

  it('build the old commit again when the push that cancelled its build is taken back', async () => {
    const repository = await system.git.repository('team/for-nothing');
    system.farm.slow.add('for-nothing');
    const first = await repository.commit();
    await system.create('for-nothing');
    await untilRun('for-nothing', first);
    const second = await repository.commit();
    await untilRun('for-nothing', second);
    await repository.branch('main', first);
    await eventually('a third run', () => system.farm.revisionsOf('for-nothing').length === 3);
    await system.farm.release('for-nothing');

    await system.untilServed('for-nothing', digestOf('for-nothing', first));
    expect(system.farm.revisionsOf('for-nothing')).toEqual([first, second, first]);
  });
});

/** Keeps its Builders, so that the runs can be looked at in the end. */
function withHistory(url: string): object {
  const limits = { successfulBuildsHistoryLimit: 20, failedBuildsHistoryLimit: 20 };
  return { build: { builder: 'registry.example/builder:1', srcRepo: { url, revision: 'main' }, ...limits } };
}
