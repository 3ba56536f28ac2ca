// Builds that end badly, or whose run is taken away: what tries them again, and what does not.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCondition } from '../../src/function/conditions.ts';
import { kinds } from '../../src/function/kinds.ts';
import type { FunctionObject } from '../../src/function/schema.ts';
import { eventually } from '../eventually.ts';
import { digestOf } from './builder-farm.ts';
import { type Plane, type System, startSystem } from './system.ts';

const built = (fn: FunctionObject) => findCondition(fn.status?.conditions, 'Built');
const rebuild = (nonce: string) => ({ metadata: { annotations: { 'openfunction.io/rebuild-requested': nonce } } });

describe.concurrent('a build that failed', () => {
  let system: System;

  beforeAll(async () => {
    system = await startSystem();
    await system.plane();
  });
  afterAll(() => system[Symbol.asyncDispose]());

  const failedAt = (name: string, sequence: number) =>
    system.until(name, `failed at sequence ${sequence}`, ({ status }) => {
      return status?.build?.state === 'Failed' && status.sequence === sequence;
    });
  /** Two polls of its repository. */
  const untilPolled = async (name: string) => {
    const polls = () => system.git.requests.filter(({ url }) => url.startsWith(`/team/${name}.git/`)).length;
    const before = polls();
    await eventually(`${name} is polled`, () => polls() >= before + 2);
  };

  it('is not tried again by polling, but by clearing status.build, a request, a deleted Builder and a push', async () => {
    const repository = await system.git.repository('team/failed');
    const good = await repository.commit();
    await system.create('failed');
    await system.untilServed('failed', digestOf('failed', good));
    const bad = await repository.commit();
    system.farm.broken.add(bad);

    const failed = await failedAt('failed', 3);
    expect(built(failed)).toMatchObject({ status: 'False', reason: 'BuildFailed' });
    await untilPolled('failed');
    expect(system.farm.revisionsOf('failed')).toEqual([good, bad]);
    await system.untilServed('failed', digestOf('failed', good));

    await system.patch('failed', { status: { build: null } }, 'status');
    await failedAt('failed', 4);
    await system.patch('failed', rebuild('again'));
    const requested = await failedAt('failed', 5);
    expect(requested.status?.lastHandledRebuild).toBe('again');
    const name = requested.status?.build?.resourceRef ?? '';
    await system.kube.remove({ kind: kinds.builder, namespace: system.namespace, name });
    await failedAt('failed', 6);
    await untilPolled('failed');
    expect(system.farm.revisionsOf('failed')).toEqual([good, bad, bad, bad, bad]);

    system.farm.broken.delete(bad);
    await system.patch('failed', rebuild('once more'));
    await system.untilServed('failed', digestOf('failed', bad));
    const next = await repository.commit();
    await system.untilServed('failed', digestOf('failed', next));
    expect(system.farm.revisionsOf('failed')).toEqual([good, bad, bad, bad, bad, bad, next]);
  });

  it('does not stop watching when it was the first one', async () => {
    const repository = await system.git.repository('team/first');
    const bad = await repository.commit();
    system.farm.broken.add(bad);
    await system.create('first');
    await failedAt('first', 1);

    const good = await repository.commit();
    await system.untilServed('first', digestOf('first', good));
    expect(system.farm.revisionsOf('first')).toEqual([bad, good]);
  });

  it('is not repeated when the pruning of history takes its Builder', async () => {
    const repository = await system.git.repository('team/pruned');
    const bad = await repository.commit();
    system.farm.broken.add(bad);
    const srcRepo = { url: `${system.git.url}/team/pruned.git`, revision: 'main' };
    const build = { builder: 'registry.example/builder:1', srcRepo, failedBuildsHistoryLimit: 0 };
    await system.create('pruned', { spec: { build } });

    const failed = await system.until('pruned', 'is pruned', ({ status }) => status?.build?.pruned === true);
    await eventually('the Builder is gone', async () => {
      const name = failed.status?.build?.resourceRef ?? '';
      return (await system.kube.get({ kind: kinds.builder, namespace: system.namespace, name })) === undefined;
    });
    await untilPolled('pruned');

    expect(system.farm.revisionsOf('pruned')).toEqual([bad]);
    const good = await repository.commit();
    await system.untilServed('pruned', digestOf('pruned', good));
  });
});

describe('a run that somebody deletes before it ended', () => {
  let system: System;
  let plane: Plane;

  beforeAll(async () => {
    system = await startSystem();
    plane = await system.plane();
  });
  afterAll(() => system[Symbol.asyncDispose]());

  const untilStarted = (name: string, count: number) =>
    system.until(name, `has started ${count} runs`, ({ status }) => {
      return system.farm.revisionsOf(name).length === count && status?.build?.state === 'Building';
    });
  const removeRun = async (name: string) => {
    const run = system.farm.created.findLast(created => created.function === name);
    await system.kube.remove({ kind: kinds.buildRun, namespace: system.namespace, name: run?.name ?? '' });
  };

  it('is started again while revflow is there, three times and then no more, until something newer comes', async () => {
    const repository = await system.git.repository('team/up');
    const first = await repository.commit();
    system.farm.slow.add('up');
    await system.create('up');
    for (const runs of [1, 2, 3, 4]) {
      await untilStarted('up', runs);
      await removeRun('up');
    }
    const failed = await system.until('up', 'is given up', ({ status }) => status?.build?.state === 'Failed');
    expect(built(failed)).toMatchObject({ status: 'False', reason: 'RunVanished' });
    expect(system.farm.revisionsOf('up')).toEqual([first, first, first, first]);

    const second = await repository.commit();
    await untilStarted('up', 5);
    await system.farm.release();
    await system.untilServed('up', digestOf('up', second));
    expect(system.farm.revisionsOf('up')).toEqual([first, first, first, first, second]);
  });

  it('is started again when revflow was down meanwhile', async () => {
    const repository = await system.git.repository('team/down');
    const first = await repository.commit();
    system.farm.slow.add('down');
    await system.create('down');
    await untilStarted('down', 1);
    await plane.stop();
    await removeRun('down');

    plane = await system.plane();
    await untilStarted('down', 2);
    await system.farm.release();
    await system.untilServed('down', digestOf('down', first));
    expect(system.farm.revisionsOf('down')).toEqual([first, first]);
  });

  it('is built at the newest commit when its run and its Builder were deleted, and a commit pushed, while revflow was down', async () => {
    const repository = await system.git.repository('team/both');
    const first = await repository.commit();
    system.farm.slow.add('both');
    await system.create('both');
    const { status } = await untilStarted('both', 1);
    await plane.stop();
    await removeRun('both');
    const name = status?.build?.resourceRef ?? '';
    await system.kube.remove({ kind: kinds.builder, namespace: system.namespace, name });
    const second = await repository.commit();
    system.farm.slow.delete('both');

    plane = await system.plane();
    await system.untilServed('both', digestOf('both', second));
    expect(system.farm.revisionsOf('both').at(0)).toBe(first);
    expect(system.farm.revisionsOf('both').at(-1)).toBe(second);
  });
});
