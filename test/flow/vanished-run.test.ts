// Runs that somebody deletes before they ended, a pruner most of all: their builds are started again, but not for ever. And a build that
// its engine refuses before the run says anything.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCondition } from '../../src/function/conditions.ts';
import { kinds } from '../../src/function/kinds.ts';
import { digestOf } from './builder-farm.ts';
import { type Plane, type System, startSystem } from './system.ts';

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
    expect(findCondition(failed.status?.conditions, 'Built')).toMatchObject({ status: 'False', reason: 'RunVanished' });
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

  it('ends as failed as soon as its Build is refused, though the run never says anything', async () => {
    const repository = await system.git.repository('team/refused');
    await repository.commit();
    system.farm.slow.add('refused');
    await system.create('refused');
    await untilStarted('refused', 1);
    const run = system.farm.created.findLast(created => created.function === 'refused');
    const name = run?.name.replace(/-buildrun$/, '-build') ?? '';
    const status = { registered: 'False', reason: 'SpecOutputSecretRefNotFound', message: 'Secret push is not there' };
    const ref = { kind: kinds.build, namespace: system.namespace, name };
    await system.kube.patch(ref, { status }, { subresource: 'status' });
    const failed = await system.until('refused', 'has failed', fn => fn.status?.build?.state === 'Failed');
    expect(failed.status?.build).toMatchObject({ reason: 'BuildRegistrationFailed' });
  });
});
