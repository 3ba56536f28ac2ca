import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TerminalError } from '../errors.ts';
import { loadAccess } from './kubeconfig.ts';

describe('kubeconfig', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'revflow-kubeconfig-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  async function file(name: string, text: string): Promise<string> {
    const path = join(directory, name);
    await writeFile(path, text);
    return path;
  }
  const config = (name: string) => `
current-context: ${name}
clusters: [{name: c-${name}, cluster: {server: 'https://${name}.test:6443', certificate-authority: ca.crt}}]
users: [{name: u-${name}, user: {tokenFile: ./token, client-key: /abs/key}}]
contexts: [{name: ${name}, context: {cluster: c-${name}, user: u-${name}, namespace: here}}]
`;

  test('the current context is used, and its paths stand beside the file', async () => {
    const kubeconfig = await file('one', config('one'));
    expect(await loadAccess({ kubeconfig })).toEqual({
      cluster: { server: 'https://one.test:6443', 'certificate-authority': join(directory, 'ca.crt') },
      user: { tokenFile: join(directory, 'token'), 'client-key': '/abs/key' },
      namespace: 'here',
    });
  });

  test('of several files the first current-context wins, and a context may be chosen', async () => {
    const kubeconfig = [await file('a', config('a')), await file('b', config('b'))].join(delimiter);
    expect((await loadAccess({ kubeconfig })).cluster.server).toBe('https://a.test:6443');
    expect((await loadAccess({ kubeconfig, context: 'b' })).cluster.server).toBe('https://b.test:6443');
  });

  test.each([
    ['is not YAML', 'token: "hunter2', {}],
    ['is empty', '', {}],
    ['is not a kubeconfig', 'users: hunter2', {}],
    ['names no current-context', 'users: [{name: u, user: {token: hunter2}}]', {}],
    ['has no context "other"', config('x'), { context: 'other' }],
    ['has no server', 'current-context: c\ncontexts: [{name: c, context: {cluster: d}}]', {}],
    ['has no user', `${config('x').replace('users', 'others')}`, {}],
  ])('a file that %s is named and nothing of it quoted', async (what, text, options) => {
    const kubeconfig = await file('bad', text);
    const error: unknown = await loadAccess({ kubeconfig, ...options }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TerminalError);
    expect(String(error)).toContain(`the kubeconfig ${kubeconfig} ${what}`);
    expect(JSON.stringify([String(error), (error as TerminalError).cause])).not.toContain('hunter2');
  });

  test('a file that is not there is named', async () => {
    await expect(loadAccess({ kubeconfig: join(directory, 'absent') })).rejects.toThrow(/cannot read the kubeconfig/);
  });

  test('without a kubeconfig and outside a pod it says what to give', async () => {
    await expect(loadAccess({})).rejects.toThrow(/give a --kubeconfig/);
  });
});
