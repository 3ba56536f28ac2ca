// What only the registry provider does: every way of logging in, every type of manifest, and registries that refuse or contradict.
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { mediaTypes } from '../src/revision/oci/media-types.ts';
import { ociProvider } from '../src/revision/oci/oci.ts';
import { Registries } from '../src/revision/oci/registry.ts';
import type { Credential, Provider, Question } from '../src/revision/provider.ts';
import type { ImageSource } from '../src/watch/source.ts';
import { type ProviderHarness, reasonOf, Trial } from './contracts/provider-harness.ts';
import { selfSigned } from './servers/certificate.ts';
import { type FaultProxy, startHttpFaultProxy } from './servers/fault-proxy.ts';
import { ask, type ImageContent, pushImage } from './servers/push-image.ts';
import {
  hasDockerRegistry,
  type RegistryOptions,
  skipsWithoutDockerRegistry,
  startRegistry,
  type TestRegistry,
} from './servers/registry.ts';

let opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const thing of opened.toReversed()) await thing[Symbol.asyncDispose]();
  opened = [];
});

interface DigestOptions extends Omit<Partial<Question>, 'source'> {
  readonly source?: Partial<ImageSource>;
}

interface Bench {
  readonly registry: TestRegistry;
  readonly trial: Trial;
  readonly wire: FaultProxy | undefined;
  /** Pushes an image as `repository:v1`. */
  readonly push: (repository: string, options?: Pick<ImageContent, 'type'>) => Promise<string>;
  /** The digest of `repository:v1`. */
  readonly digest: (repository: string, more?: DigestOptions) => Promise<string>;
}

async function openBench(options: RegistryOptions = {}): Promise<Bench> {
  const registry = await startRegistry(options);
  const wire = options.tls === true ? undefined : await startHttpFaultProxy({ url: registry.url });
  const provider: Provider<ImageSource> = ociProvider();
  const harness: ProviderHarness = {
    provider: provider as Provider,
    wire,
    nonsense: { headers: {}, body: '' },
    side: () => Promise.reject(new Error('no side')),
    allow: () => Promise.reject(new Error('no credential')),
    violations: () => [],
    async [Symbol.asyncDispose]() {},
  };
  const trial = new Trial(harness);
  opened.push(registry, trial, ...(wire ? [wire] : []));
  const basic = `Basic ${Buffer.from('revflow:right').toString('base64')}`;
  const authorization = async (repository: string) => {
    if (!registry.tokens) return basic;
    const realm = new URL(registry.tokens.realm);
    realm.searchParams.set('scope', `repository:${repository}:pull,push`);
    const answer = await ask({ url: realm.origin }, realm.pathname + realm.search, {
      headers: { authorization: basic },
    });
    registry.tokens.forget();
    return `Bearer ${JSON.parse(answer.body.toString()).token}`;
  };
  return {
    registry,
    trial,
    wire,
    push: (repository, more = {}) =>
      pushImage({ url: registry.url, ca: registry.ca, authorization }, `${repository}:v1`, more),
    digest: (repository, { source, ...more } = {}) => {
      const host = wire ? `127.0.0.1:${wire.port}` : registry.host;
      return trial.id({ source: { kind: 'image', registry: host, repository, tag: 'v1', ...source } }, 'v1', more);
    },
  };
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

const right: Credential = { username: 'revflow', password: 'right' };
const title = hasDockerRegistry ? 'docker-registry' : skipsWithoutDockerRegistry;

describe.skipIf(!hasDockerRegistry)(`the registry provider, ${title}`, () => {
  it.for(['oci', 'ociIndex', 'docker', 'dockerList'] as const)(
    'gives the digest of what was pushed as %s, and not of a part of it',
    async type => {
      const { push, digest } = await openBench();
      const pushed = await push('a/b', { type });
      expect(await digest('a/b')).toBe(pushed);
    },
  );

  it('asks with HEAD alone, and with the digest as a condition', async () => {
    const { push, digest, trial, wire } = await openBench();
    const id = await push('a/b');
    await digest('a/b');
    wire?.reset();
    trial.exchanges.length = 0;
    const previous = { v1: { kind: 'found', id, validator: `"${id}"` } } as const;
    expect(await digest('a/b', { previous })).toBe(id);
    expect(trial.exchanges.map(({ method, status }) => `${method} ${status}`)).toEqual(['HEAD 304']);
  });

  it('speaks TLS where it is offered, and verifies it: the CA comes from the Secret', async () => {
    const { push, digest, registry } = await openBench({ tls: true });
    const id = await push('a/b');
    const ca = registry.ca ?? '';
    expect(await digest('a/b', { credential: { ...right, ca } })).toBe(id);
    expect(await reasonOf(digest('a/b'))).toBe('TlsError');
    expect(await reasonOf(digest('a/b', { source: { plainCredentials: true } }))).toBe('TlsError');
    expect(await digest('a/b', { source: { skipVerify: true } })).toBe(id);
  });

  it('verifies TLS even where plain HTTP is allowed and spoken on the same port', async () => {
    const { push, digest, registry, trial, wire } = await openBench();
    await push('a/b');
    const { certificate, key } = await selfSigned();
    const secure = createTlsServer({ cert: certificate, key }).listen(0, '127.0.0.1');
    const both = createServer(socket => {
      socket.once('data', first => {
        const port = first[0] === 0x16 ? portOf(secure) : (wire?.port ?? 0);
        const other = connect(port, '127.0.0.1', () => other.write(first));
        socket.on('error', () => other.destroy());
        other.on('error', () => socket.destroy());
        socket.pipe(other).pipe(socket);
      });
    }).listen(0, '127.0.0.1');
    await once(both, 'listening');
    const source = { registry: `127.0.0.1:${portOf(both)}`, plainCredentials: true };
    expect(await reasonOf(digest('a/b', { source, credential: right }))).toBe('TlsError');
    expect(wire?.requests).toEqual([]);
    trial.expectNoSecret([registry.ca ?? certificate]);
    secure.close();
    both.close();
  });

  it('sends no login along to where a registry wants an upload sent', async () => {
    const { push, trial, registry } = await openBench({ auth: 'htpasswd' });
    await push('a/b');
    const seen: (string | undefined)[] = [];
    const storage = createHttpServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end();
    }).listen(0, '127.0.0.1');
    await once(storage, 'listening');
    const access = { registry: registry.host, repository: 'a/b', credential: right, credentialId: 'right' };
    const registries = new Registries();
    await registries.request(access, trial.ports, { method: 'GET', path: 'tags/list' });
    await registries.request(access, trial.ports, { method: 'GET', path: `http://127.0.0.1:${portOf(storage)}/put` });
    storage.close();
    expect(seen).toEqual([undefined]);
  });

  it('takes a password in letters of any script', async () => {
    const { push, digest, registry, trial } = await openBench({ auth: 'htpasswd' });
    const id = await push('a/b');
    await registry.setPassword('pä:ss密码');
    const credential = { username: 'revflow', password: 'pä:ss密码' };
    expect(await digest('a/b', { credential })).toBe(id);
    expect(await reasonOf(digest('a/b', { credential: right }))).toBe('Unauthorized');
    trial.expectNoSecret([credential.password]);
  });

  it.for(['token', 'access_token'] as const)('takes a token that is called %s', async field => {
    const { push, digest, registry, trial } = await openBench({ auth: 'token' });
    const id = await push('a/b');
    if (registry.tokens) registry.tokens.manners = { field };
    expect(await digest('a/b', { credential: right })).toBe(id);
    expect(await digest('a/b', { credential: right })).toBe(id);
    expect(registry.tokens?.requests).toHaveLength(1);
    trial.expectNoSecret([right.password]);
  });

  it('gets a token without credential for what is public', async () => {
    const { push, digest } = await openBench({ auth: 'token' });
    const id = await push('public/b');
    await push('private/b');
    expect(await digest('public/b')).toBe(id);
    expect(await reasonOf(digest('private/b'))).toBe('Unauthorized');
  });

  it('trades an identity token for one', async () => {
    const { push, digest, registry, trial } = await openBench({ auth: 'token' });
    const id = await push('a/b');
    const identityToken = registry.tokens?.identityToken ?? '';
    expect(await digest('a/b', { credential: { password: '', identityToken } })).toBe(id);
    expect(registry.tokens?.requests.map(({ method }) => method)).toEqual(['POST']);
    trial.expectNoSecret([identityToken]);
  });

  it('renews a token before it ends, without being refused first', async () => {
    const { push, digest, registry, trial } = await openBench({ auth: 'token' });
    const id = await push('a/b');
    if (registry.tokens) registry.tokens.manners = { lifeSeconds: 5 };
    expect(await digest('a/b', { credential: right })).toBe(id);
    trial.exchanges.length = 0;
    trial.skipAhead(5_000);
    expect(await digest('a/b', { credential: right })).toBe(id);
    expect(trial.exchanges.map(({ method, status }) => `${method} ${status}`)).toEqual(['GET 200', 'HEAD 200']);
  });

  it('logs in once more when a token is refused, and only once', async () => {
    const { push, digest, registry, trial, wire } = await openBench({ auth: 'token' });
    const id = await push('a/b');
    await digest('a/b', { credential: right });
    let refused = 0;
    const challenge = `Bearer realm="${registry.tokens?.realm}",service="test-registry",scope="repository:a/b:pull"`;
    if (wire) {
      wire.fault = () =>
        (refused += 1) === 1 ? { answer: { status: 401, headers: { 'www-authenticate': challenge } } } : undefined;
    }
    expect(await digest('a/b', { credential: right })).toBe(id);
    if (wire) wire.fault = () => ({ answer: { status: 401, headers: { 'www-authenticate': challenge } } });
    trial.exchanges.length = 0;
    expect(await reasonOf(digest('a/b', { credential: right }))).toBe('Unauthorized');
    expect(trial.exchanges.map(({ method }) => method)).toEqual(['HEAD', 'GET', 'HEAD']);
  });

  it('asks with GET where HEAD is refused, and remembers that', async () => {
    const { push, digest, trial, wire } = await openBench();
    const id = await push('a/b');
    await digest('a/b');
    if (wire) wire.fault = ({ method }) => (method === 'HEAD' ? { answer: { status: 405 } } : undefined);
    expect(await digest('a/b')).toBe(id);
    trial.exchanges.length = 0;
    expect(await digest('a/b')).toBe(id);
    expect(trial.exchanges.map(({ method }) => method)).toEqual(['GET']);
  });

  it('believes no registry whose header and body disagree', async () => {
    const { push, digest, wire } = await openBench();
    await push('a/b');
    await digest('a/b');
    const other = `sha256:${'0'.repeat(64)}`;
    const body = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest });
    if (wire) {
      wire.fault = ({ method }) =>
        method === 'HEAD'
          ? { answer: { status: 405 } }
          : { answer: { status: 200, headers: { 'docker-content-digest': other }, body } };
    }
    expect(await reasonOf(digest('a/b'))).toBe('UnexpectedAnswer');
  });

  it('believes no 304 that names another digest', async () => {
    const { push, digest, wire } = await openBench();
    const id = await push('a/b');
    await digest('a/b');
    const headers = { 'docker-content-digest': `sha256:${'0'.repeat(64)}` };
    if (wire) wire.fault = () => ({ answer: { status: 304, headers } });
    const previous = { v1: { kind: 'found', id, validator: `"${id}"` } } as const;
    expect(await reasonOf(digest('a/b', { previous }))).toBe('UnexpectedAnswer');
  });
});
