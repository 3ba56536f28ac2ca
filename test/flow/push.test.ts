// The main job over a cluster: a push becomes one pinned run, and its image is served.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf } from './builder-farm.ts';
import { type System, startSystem } from './system.ts';

describe('a watched repository', () => {
  let system: System;

  beforeAll(async () => {
    system = await startSystem();
    await system.plane();
  });
  afterAll(() => system[Symbol.asyncDispose]());

  it('is built once a commit, pinned to it, and the digest is served', async () => {
    const repository = await system.git.repository('team/a');
    const first = await repository.commit();
    await system.create('a');
    await system.untilServed('a', digestOf('a', first));

    const second = await repository.commit();
    await system.untilServed('a', digestOf('a', second));

    expect(system.farm.created.filter(run => run.function === 'a').map(run => run.revision)).toEqual([first, second]);
    const { status } = await system.read('a');
    expect(status?.build?.revision).toBe(second);
    expect(status?.sources).toEqual([{ name: 'default', git: { commitSha: second, commitAuthor: 'A. Author' } }]);
  });
});
