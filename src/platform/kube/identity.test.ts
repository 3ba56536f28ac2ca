import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createManualClock } from '../../../test/manual-clock.ts';
import { identityOf } from './identity.ts';
import type { Access } from './kubeconfig.ts';

describe('identity', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'revflow-identity-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  const clock = createManualClock();
  const access = (user: Access['user'], cluster: Partial<Access['cluster']> = {}): Access => ({
    cluster: { server: 'https://kube.test', ...cluster },
    user,
    namespace: undefined,
  });
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  test.each([
    ['a token', { token: 'abc' }, { authorization: 'Bearer abc' }],
    ['a password', { username: 'ä', password: 'ö' }, { authorization: `Basic ${base64('ä:ö')}` }],
    ['nothing', {}, {}],
    [
      'somebody else',
      { token: 'abc', as: 'jane', 'as-groups': ['g'] },
      { authorization: 'Bearer abc', 'impersonate-user': 'jane', 'impersonate-group': ['g'] },
    ],
  ])('%s becomes headers', async (_, user, headers) => {
    const identity = await identityOf(access(user), clock);
    expect((await identity.credentials()).headers).toEqual(headers);
  });

  test('certificates come from data before files, and verification is on', async () => {
    const ca = join(directory, 'ca.crt');
    await writeFile(ca, 'CA');
    const user = {
      'client-certificate-data': base64('CERT'),
      'client-certificate': '/absent',
      'client-key-data': base64('KEY'),
    };
    const identity = await identityOf(access(user, { 'certificate-authority': ca, 'tls-server-name': 'name' }), clock);
    const tls = { ca: 'CA', cert: 'CERT', key: 'KEY', servername: 'name', rejectUnauthorized: true };
    expect((await identity.credentials()).tls).toEqual(tls);
  });

  test('a mounted token is read again after a minute, and at once when it was refused', async () => {
    const tokenFile = join(directory, 'token');
    const identity = await identityOf(access({ tokenFile }), clock);
    const token = async () => (await identity.credentials()).headers['authorization'];
    await writeFile(tokenFile, 'one\n');
    expect(await token()).toBe('Bearer one');
    await writeFile(tokenFile, 'two');
    expect(await token()).toBe('Bearer one');
    clock.advance(60_001);
    expect(await token()).toBe('Bearer two');
    await writeFile(tokenFile, 'three');
    identity.refuse();
    expect(await token()).toBe('Bearer three');
  });

  test('a token file that cannot be read is an error that is not remembered', async () => {
    const tokenFile = join(directory, 'late');
    const identity = await identityOf(access({ tokenFile }), clock);
    await expect(identity.credentials()).rejects.toMatchObject({ status: 0, reason: 'CredentialFailed' });
    await writeFile(tokenFile, 'late');
    expect((await identity.credentials()).headers).toEqual({ authorization: 'Bearer late' });
  });

  /** A credential plugin that counts its calls and answers with what `status` says. */
  async function plugin(name: string, status: string): Promise<{ user: Access['user']; calls: () => Promise<number> }> {
    const command = join(directory, name);
    const count = join(directory, `${name}.count`);
    const answer = `{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":${status}}`;
    await writeFile(command, `#!/bin/sh\necho x >> '${count}'\necho '${answer}'\n`);
    await chmod(command, 0o700);
    const calls = async () => (await readFile(count, 'utf8')).trim().split('\n').length;
    return { user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command } }, calls };
  }

  test('a credential plugin is run once, and again when its token was refused', async () => {
    const { user, calls } = await plugin('plugin', '{"token":"from-plugin"}');
    const identity = await identityOf(access(user, { 'certificate-authority-data': base64('CA') }), clock);
    for (let request = 0; request < 3; request += 1) {
      const { headers, tls } = await identity.credentials();
      expect(headers).toEqual({ authorization: 'Bearer from-plugin' });
      expect(tls).toMatchObject({ ca: 'CA', rejectUnauthorized: true });
    }
    expect(await calls()).toBe(1);
    identity.refuse();
    await identity.credentials();
    expect(await calls()).toBe(2);
  });

  test('what a failing plugin prints is not in the message', async () => {
    const command = join(directory, 'failing');
    await writeFile(command, '#!/bin/sh\necho hunter2 >&2\nexit 1\n');
    await chmod(command, 0o700);
    const identity = await identityOf(access({ exec: { command } }), clock);
    const error: unknown = await identity.credentials().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 0, reason: 'CredentialFailed' });
    expect(inspect(error)).not.toContain('hunter2');
  });
});
