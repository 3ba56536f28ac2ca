// The main job, as `npm run demo` shows it: a commit, a bundle and an image are pushed, and three new digests are served.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Program } from '../servers/program.ts';
import { createdRuns, endOf, servedAtLast, startDemo } from './demo-state.ts';

let directory = '';
const running: Program[] = [];

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'revflow-demo-')), 'state');
});
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
  await rm(join(directory, '..'), { recursive: true, force: true });
});

function start(): Program {
  const program = startDemo(directory);
  running.push(program);
  return program;
}

it('ends with three new digests served and one run for each revision, and so it does again', async () => {
  const demo = start();
  expect(await endOf(demo)).toBe(0);
  const served = servedAtLast(demo);
  expect(served).toEqual([
    expect.stringMatching(/^hello-source +registry\/demo\/hello-source:latest@sha256:[0-9a-f]{64} from [0-9a-f]{7}$/),
    expect.stringMatching(/^hello-bundle +registry\/demo\/hello-bundle:latest@sha256:[0-9a-f]{64} from sha256:/),
    expect.stringMatching(/^hello-image +registry\/demo\/hello-image:latest@(sha256:[0-9a-f]{12})[0-9a-f]+ from \1$/),
  ]);
  const runs = createdRuns(directory);
  expect(runs).toHaveLength(4);
  expect(new Set(runs).size).toBe(4);
  expect(demo.lines.filter(line => /s  push /.test(line))).toHaveLength(3);

  const again = start();
  expect(await endOf(again)).toBe(0);
  expect(servedAtLast(again)).toEqual(served);
  expect(createdRuns(directory)).toEqual(runs);
}, 90_000);

it('fails and says why where another one is at work', async () => {
  const first = start();
  await first.line(/ start /);
  const second = start();
  expect(await second.ended).toBe(1);
  expect(second.lines.join('\n')).toContain(`in use by process ${first.child.pid}`);
}, 60_000);
