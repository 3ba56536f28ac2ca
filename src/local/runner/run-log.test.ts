// The log of a run: what is in the file, and what never is.
import { mkdtemp, readFile, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { forgetOldLogs, openRunLog, runLogFile } from './run-log.ts';

let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'revflow-log-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('keeps lines with their time, for the owner alone, and adds to what is there', async () => {
  const file = runLogFile(directory, 'default', 'run-1');
  openRunLog(file, systemClock).write('one\r\ntwo\n\n');
  openRunLog(file, systemClock).write('three');
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  expect(lines.map(line => line.replace(/^\d{4}-\S+Z /, ''))).toEqual(['one', 'two', 'three']);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it('gives the last lines of this attempt', () => {
  const log = openRunLog(runLogFile(directory, 'default', 'run-1'), systemClock);
  log.write('one\ntwo\nthree');
  expect(log.tail(2)).toEqual(['two', 'three']);
});

it('never holds a secret, nor characters that move a terminal', async () => {
  const file = runLogFile(directory, 'default', 'run-1');
  const log = openRunLog(file, systemClock);
  log.hide(['hunter2', undefined, '']);
  log.write('password was hunter2 at https://user:pass@host/x?sig=abc\u001b[2J');
  const text = await readFile(file, 'utf8');
  expect(text).toContain('password was ***');
  for (const secret of ['hunter2', 'user:pass', 'sig=abc', '\u001b']) expect(text).not.toContain(secret);
});

it('goes when nobody has written to it for a week', async () => {
  const old = runLogFile(directory, 'default', 'old');
  const fresh = runLogFile(directory, 'default', 'fresh');
  for (const file of [old, fresh]) openRunLog(file, systemClock).write('x');
  const now = systemClock.now();
  await utimes(old, new Date(now), new Date(now - 8 * 24 * 3_600_000));
  await forgetOldLogs(directory, now);
  await expect(stat(old)).rejects.toMatchObject({ code: 'ENOENT' });
  expect((await stat(fresh)).size).toBeGreaterThan(0);
});
