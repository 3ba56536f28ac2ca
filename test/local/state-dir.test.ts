// One process a state directory, tried with real processes.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStateDirectory } from '../../src/local/state-dir.ts';

let directory = '';
const children: ChildProcess[] = [];

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'revflow-state-')), 'state');
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(join(directory, '..'), { recursive: true, force: true });
});

/** A process that opens the directory and stays; what it says is `open` or the error's message. */
async function opener(): Promise<{ readonly child: ChildProcess; readonly said: string }> {
  const module = JSON.stringify(new URL('../../src/local/state-dir.ts', import.meta.url).href);
  const script = `
    const { openStateDirectory } = await import(${module});
    try { await openStateDirectory(process.argv[1]); console.log('open'); setInterval(() => {}, 1000); }
    catch (error) { console.log(error.message); }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [said] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, said };
}

it('refuses a second process and names the first', async () => {
  const first = await opener();
  expect(first.said).toBe('open');
  const second = await opener();
  expect(second.said).toContain(`in use by process ${first.child.pid}`);
  await expect(openStateDirectory(directory)).rejects.toMatchObject({ reason: 'StateInUse' });
});

it('refuses a second owner in the same process, until the first lets go', async () => {
  const first = await openStateDirectory(directory);
  await expect(openStateDirectory(directory)).rejects.toThrow(`in use by process ${process.pid}`);
  first[Symbol.dispose]();
  (await openStateDirectory(directory))[Symbol.dispose]();
});

it('is free as soon as its process was killed', async () => {
  const { child } = await opener();
  child.kill('SIGKILL');
  await once(child, 'exit');
  using state = await openStateDirectory(directory);
  expect(state.path).toBe(directory);
});

it('lets exactly one of many in after a crash', async () => {
  const { child } = await opener();
  child.kill('SIGKILL');
  await once(child, 'exit');
  const said = (await Promise.all([opener(), opener(), opener()])).map(one => one.said);
  expect(said.filter(line => line === 'open')).toHaveLength(1);
});

it('keeps its ports, and shows nothing to others', async () => {
  const first = await openStateDirectory(directory);
  first[Symbol.dispose]();
  const second = await openStateDirectory(directory);
  second[Symbol.dispose]();
  expect(second.ports).toEqual(first.ports);
  expect(new Set(Object.values(first.ports)).size).toBe(4);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  for (const file of ['ports.json', 'lock.pid']) expect((await stat(join(directory, file))).mode & 0o077).toBe(0);
  expect(await readFile(join(directory, 'lock.pid'), 'utf8')).toBe(`${process.pid}\n`);
});
