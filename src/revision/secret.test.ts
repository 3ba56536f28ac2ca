import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../platform/kube/kube.ts';
import type { GitSource, ImageSource } from '../watch/source.ts';
import { destinationOf } from './destination.ts';
import { readSecret } from './secret.ts';

const repository: GitSource = { kind: 'git', forge: 'git', url: 'https://git.example/o/r' };
const image: ImageSource = { kind: 'image', registry: 'r.example:5000', repository: 'team/app', tag: 'v1' };
const hub: ImageSource = { kind: 'image', registry: 'registry-1.docker.io', repository: 'library/a', tag: 'v1' };

function secret(data: Readonly<Record<string, string>>, annotations: Record<string, string> = {}): KubeObject {
  const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', namespace: 'ns', annotations },
    data: Object.fromEntries(encoded),
  };
}

function read(from: KubeObject, source: GitSource | ImageSource = repository, requireHosts = false) {
  return readSecret(from, destinationOf(source), { requireHosts });
}

function login(auths: object, source: ImageSource = image) {
  return read(secret({ '.dockerconfigjson': JSON.stringify({ auths }) }), source).credential;
}

const encoded = (text: string) => Buffer.from(text).toString('base64');

describe('revision/secret', () => {
  it.for([
    [
      { username: 'me', password: 'p' },
      { username: 'me', password: 'p' },
    ],
    [{ password: 'p' }, { password: 'p' }],
    [{ token: 't' }, { password: 't' }],
    [{ password: 'p', token: 't' }, { password: 'p' }],
    [{ token: 't\n' }, { password: 't' }],
    [
      { password: 'p', 'ca.crt': 'PEM' },
      { password: 'p', ca: 'PEM' },
    ],
    [{ password: 'p', 'ssh-privatekey': 'k' }, { password: 'p' }],
  ] as const)('%j is a credential', ([data, credential]) => {
    expect(read(secret(data)).credential).toEqual(credential);
  });

  it.for([
    ['SecretKeyMissing', {}],
    ['SecretKeyMissing', { password: '' }],
    ['SecretKeyMissing', { username: 'me' }],
    ['SecretKeyMissing', { '.dockerconfigjson': 'hunter2' }],
    ['SecretKeyMissing', { '.dockerconfigjson': '{"auths":{"git.example":{}}}' }],
    ['SshAuthUnsupported', { 'ssh-privatekey': 'hunter2', known_hosts: 'x' }],
  ] as const)('%s: %j', ([reason, data]) => {
    expect(() => read(secret(data))).toThrow(
      expect.objectContaining({ reason, message: expect.stringContaining('ns/s') }),
    );
    expect(() => read(secret(data))).not.toThrow(/hunter2/);
  });

  it('a Secret without data is a Secret without keys', () => {
    const empty = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'ns' } };
    expect(() => read(empty)).toThrow(expect.objectContaining({ reason: 'SecretKeyMissing' }));
  });
});

describe('revision/secret, registry logins', () => {
  it('auth, username and password, and identitytoken are understood', () => {
    expect(login({ 'r.example:5000': { auth: encoded('me:p:q') } })).toEqual({ username: 'me', password: 'p:q' });
    expect(login({ 'r.example:5000': { username: 'me', password: 'p' } })).toEqual({ username: 'me', password: 'p' });
    expect(login({ 'r.example:5000': { auth: encoded('<token>:'), identitytoken: 'i' } })).toEqual({
      username: '<token>',
      password: '',
      identityToken: 'i',
    });
  });

  it('.dockercfg is the same without its outer object', () => {
    const text = JSON.stringify({ 'r.example:5000': { auth: encoded('me:p') } });
    expect(read(secret({ '.dockercfg': text }), image).credential).toEqual({ username: 'me', password: 'p' });
  });

  it('the longest path wins, at whole segments', () => {
    const auths = {
      'r.example:5000': { auth: encoded('me:host') },
      'https://r.example:5000/team/': { auth: encoded('me:team') },
      'r.example:5000/tea': { auth: encoded('me:tea') },
      'r.example:5000/team/app/deeper': { auth: encoded('me:deeper') },
      'r.example': { auth: encoded('me:other') },
    };
    expect(login(auths)?.password).toBe('team');
    expect(login(auths, { ...image, repository: 'teams/x' })?.password).toBe('host');
    expect(login(auths, { ...image, registry: 'r.example' })?.password).toBe('other');
  });

  it('a pattern serves the hosts below it, and an exact name is better', () => {
    const auths = { '*.example': { auth: encoded('me:any') }, 'b.example': { auth: encoded('me:b') } };
    expect(login(auths, { ...image, registry: 'a.example' })?.password).toBe('any');
    expect(login(auths, { ...image, registry: 'b.example' })?.password).toBe('b');
    expect(login(auths, { ...image, registry: 'evil-example' })).toBeUndefined();
  });

  it.for(['https://index.docker.io/v1/', 'docker.io', 'registry-1.docker.io', 'index.docker.io/v2/', 'DOCKER.IO'])(
    '%s is Docker Hub',
    name => {
      expect(login({ [name]: { auth: encoded('me:p') } }, hub)?.password).toBe('p');
    },
  );

  it('a registry that the Secret does not know is asked without, and a warning says so', () => {
    const from = secret({ '.dockerconfigjson': JSON.stringify({ auths: { 'a.example': { auth: encoded('me:p') } } }) });
    expect(read(from, image)).toEqual({
      credential: undefined,
      warnings: ['Secret ns/s has no login for r.example:5000'],
    });
  });

  it('its registries are the hosts that it may be sent to, so there is no warning', () => {
    const from = secret({
      '.dockerconfigjson': JSON.stringify({ auths: { 'r.example:5000': { auth: encoded('me:p') } } }),
    });
    expect(read(from, image, true).warnings).toEqual([]);
  });
});

describe('revision/secret, the hosts that it may be sent to', () => {
  const data = { password: 'hunter2' };
  it.for([
    [{ 'openfunction.io/credential-hosts': 'git.example' }],
    [{ 'openfunction.io/credential-hosts': 'a.example, https://Git.Example:443/o' }],
    [{ 'openfunction.io/credential-hosts': '*.example' }],
    [{ 'tekton.dev/git-0': 'https://git.example' }],
    [{ 'tekton.dev/docker-0': 'https://a.example', 'tekton.dev/git-1': 'https://git.example/' }],
  ] as const)('%j allows git.example', ([annotations]) => {
    expect(read(secret(data, annotations), repository, true)).toEqual({
      credential: { password: 'hunter2' },
      warnings: [],
    });
  });

  it.for([
    [{ 'openfunction.io/credential-hosts': 'a.example' }],
    [{ 'openfunction.io/credential-hosts': 'git.example:8443' }],
    [{ 'openfunction.io/credential-hosts': '*.git.example' }],
    [{ 'openfunction.io/credential-hosts': 'xgit.example' }],
    [{ 'tekton.dev/git-0': 'https://github.com' }],
  ] as const)('%j refuses git.example', ([annotations]) => {
    const refused = () => read(secret(data, annotations));
    expect(refused).toThrow(
      expect.objectContaining({ reason: 'CredentialHostRefused', message: expect.stringContaining('git.example') }),
    );
    expect(refused).not.toThrow(/hunter2/);
  });

  it('the server of base-url must be allowed too', () => {
    const source: GitSource = { ...repository, baseUrl: 'https://api.example' };
    const annotations = { 'openfunction.io/credential-hosts': 'git.example' };
    expect(() => read(secret(data, annotations), source)).toThrow(/not to api\.example/);
  });

  it('a Secret that says nothing is used with a warning, or refused where the operator wants it said', () => {
    expect(read(secret(data)).warnings).toEqual([expect.stringContaining('openfunction.io/credential-hosts')]);
    expect(() => read(secret(data), repository, true)).toThrow(
      expect.objectContaining({ reason: 'CredentialHostRefused' }),
    );
  });
});
