// The Git server of local mode, used by git itself.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Repository } from '../../src/local/git/repository.ts';
import { type GitServer, startGitServer } from '../../src/local/git/server.ts';
import { silentLog } from '../servers/api-server.ts';
import { gitEnvironment, pushFiles } from '../servers/git-repository.ts';

const programPath = process.env['PATH'] ?? '/usr/bin:/bin';
const author = { name: 'A. Newcomer', email: 'a@revflow.invalid' };
let directory = '';
let server: GitServer;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'revflow-git-'));
  server = await startGitServer({ directory, programPath, log: silentLog });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

async function made(name: string): Promise<Repository> {
  const repository = new Repository(join(directory, `${name}.git`), programPath);
  await repository.open();
  return repository;
}

it('gives a repository to git clone, and takes a push', async () => {
  const repository = await made('one');
  expect(await repository.head()).toBeUndefined();
  const first = await repository.commit({ files: { 'a.txt': 'a' }, message: 'first', author, at: 1_767_225_600 });
  const pushed = await pushFiles(`${server.url}/one.git`, { 'b.txt': 'b' });
  expect(await repository.head()).toBe(pushed);
  expect(pushed).not.toBe(first);
  const work = join(directory, 'work');
  await promisify(execFile)('git', ['clone', '-q', `${server.url}/one.git`, work], { env: gitEnvironment });
  expect(await readFile(join(work, 'a.txt'), 'utf8')).toBe('a');
  expect(await readFile(join(work, 'b.txt'), 'utf8')).toBe('b');
});

it('makes the same commit from the same content', async () => {
  const content = { files: { 'a/b.txt': 'äöü\n' }, message: 'first', author, at: 1_767_225_600 };
  const [one, two] = [await made('same-one'), await made('same-two')];
  const id = await one.commit(content);
  expect(await two.commit(content)).toBe(id);
  expect(await two.commit(content)).toBe(id);
  const next = { ...content, parent: id, message: 'second' };
  expect(await one.commit(next)).toBe(await two.commit(next));
  await one.open();
  expect(await one.head()).toBe(await two.head());
});

it('answers nobody who names another host', async () => {
  const status = await new Promise((resolve, reject) => {
    const headers = { host: 'evil.example' };
    request(`${server.url}/one.git/info/refs`, { headers }, response => resolve(response.statusCode))
      .on('error', reject)
      .end();
  });
  expect(status).toBe(403);
});
