// The main job over a cluster: a push becomes one pinned run, and its image is served.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import { digestOf } from './builder-farm.ts';
import { type Plane, type System, startSystem } from './system.ts';

describe('a watched repository', () => {
  let system: System;
  let plane: Plane;

  beforeAll(async () => {
    system = await startSystem();
    plane = await system.plane();
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

  it('is told in numbers: polls, requests, how soon changes were seen and acted upon, and what is overdue', async () => {
    const port = /"health":(\d+)/.exec(plane.log())?.[1];
    const host = new URL(system.git.url).host;
    let lines: readonly string[] = [];
    await eventually('the leader has told its numbers', async () => {
      lines = (await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).split('\n');
      return lines.includes('revflow_sources 1');
    });
    const value = (name: string) =>
      Number(
        lines
          .find(line => line.startsWith(`${name} `))
          ?.split(' ')
          .at(-1),
      );
    expect(value(`revflow_polls_total{host="${host}",driver="git",result="changed"}`)).toBeGreaterThanOrEqual(1);
    expect(value(`revflow_polls_total{host="${host}",driver="git",result="unchanged"}`)).toBeGreaterThanOrEqual(1);
    expect(value(`revflow_http_requests_total{host="${host}",status="200"}`)).toBeGreaterThanOrEqual(2);
    expect(value('revflow_detection_seconds_count{driver="git"}')).toBe(1);
    expect(value('revflow_emission_seconds_count')).toBeGreaterThanOrEqual(1);
    expect(value('revflow_overdue_sources')).toBe(0);
    expect(value('revflow_queue_keys{queue="function",state="due"}')).toBeGreaterThanOrEqual(0);
    expect(value('revflow_unexpected_errors_total')).toBe(0);
  });
});
