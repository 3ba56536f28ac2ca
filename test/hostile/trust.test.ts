// The trust rules of a cluster, each with its attacks. Where the rule of one module is tried, these are elsewhere:
//
// | rule | its attacks |
// |---|---|
// | redirects leave the credential behind: other host, port, scheme, and no way back | test/platform/http-redirect.test.ts |
// | a repository that moved to another host gets none, then and later | test/provider-git.test.ts |
// | uploads that are sent elsewhere get none | test/registry-provider.test.ts |
// | the address that was judged is the address that is connected to (rebinding) | test/platform/http-trust.test.ts |
// | spellings of addresses that are never asked; resolvers that lie about localhost | test/platform/http-trust.test.ts |
// | our own servers by name and by every address, when the resolver fails too | src/platform/http/egress.test.ts |
// | metadata names that only a proxy resolves | src/platform/http/egress.test.ts |
// | certificates: unknown, of another name, verification skipped for one alone | test/platform/http-trust.test.ts |
// | plain HTTP: no credential, not even a connection | test/platform/http-trust.test.ts |
// | an identity token in no body over plain HTTP; realms that are no address | src/revision/oci/login.test.ts |
// | hosts that a Secret allows, base-url among them | src/revision/secret.test.ts |
// | Secrets are kept a minute, and read again on 401 | src/revision/credential.test.ts, test/watching.test.ts |
// | nothing leaves the checkout, Host headers of registry and Git server | test/local/, test/hostile/local-trust.test.ts |
// | no answer and no credential in any text | test/hostile/secrets.test.ts |
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { findCondition } from '../../src/function/conditions.ts';
import { kinds } from '../../src/function/kinds.ts';
import { parseFunction } from '../../src/function/schema.ts';
import type { Condition } from '../../src/function/status.ts';
import type { Kind, KubeObject } from '../../src/platform/kube/kube.ts';
import { createCredentials } from '../../src/revision/credential.ts';
import { anonymous, sourceKey } from '../../src/watch/graph.ts';
import type { GitSource } from '../../src/watch/source.ts';
import { eventually } from '../eventually.ts';
import { type FunctionParts, type Plane, type System, startSystem } from '../flow/system.ts';
import { createManualClock } from '../manual-clock.ts';
import type { FaultProxy } from '../servers/fault-proxy.ts';
import { type HttpServer, startHttpServer } from '../servers/http-server.ts';
import { hasRedis, startRedis, type TestRedis } from '../servers/redis.ts';

const secretKind: Kind = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' };
const password = 'hunter2-trust-9';

/** Answers as a path says: `/to/<address>` leads there; `/realm/<address>` has its tokens there; all else is refused. */
function startLeadingHost(): Promise<HttpServer> {
  return startHttpServer(({ url }, response) => {
    const [, way, encoded = ''] = /\/(to|realm)\/([0-9a-f]+)/.exec(url) ?? [];
    const address = Buffer.from(encoded, 'hex').toString();
    if (way === 'to') response.writeHead(302, { location: address });
    if (way === 'realm') response.writeHead(401, { 'www-authenticate': `Bearer realm="${address}"` });
    if (way === undefined) response.writeHead(403);
    response.end();
  });
}

describe('a control plane in a cluster', () => {
  let system: System;
  let leading: HttpServer;
  let closed: HttpServer;
  let api: FaultProxy;
  let redis: TestRedis | undefined;
  let plane: Plane;
  /** Functions, and the reason that each must be told. */
  const expected = new Map<string, string>();
  let stolenFrom = '';

  beforeAll(async () => {
    system = await startSystem();
    [leading, closed] = await Promise.all([startLeadingHost(), startHttpServer((_, response) => response.end())]);
    redis = hasRedis ? await startRedis() : undefined;
    const through = await system.cluster.breakable();
    api = through.proxy;
    const own = [`127.0.0.1:${api.port}`, ...(redis ? [`127.0.0.1:${redis.port}`] : [])];
    for (const [name, address] of Object.entries(forbidden())) await attack(name, address);
    await others();
    const flags = ['--require-credential-hosts'];
    // Whatever the operator opens: our own servers stay closed.
    const allow = [`127.0.0.1:${leading.port}`, ...own];
    plane = await system.plane({
      kubeconfig: through.kubeconfig,
      allow,
      flags,
      ...(redis ? { redis: redis.url } : {}),
    });
    await eventually(
      'every Function is told',
      async () => {
        const all = await system.kube.list(kinds.function, { namespace: system.namespace });
        return all.length === expected.size && all.every(object => saidOf(object)?.status === 'False');
      },
      50_000,
    );
  });
  afterAll(async () => {
    await system?.[Symbol.asyncDispose]();
    await Promise.all([leading, closed, redis].map(async one => one?.[Symbol.asyncDispose]()));
  });

  function forbidden(): Readonly<Record<string, string>> {
    const { port } = api;
    const redisPort = redis?.port ?? port;
    return {
      'api-server': `http://127.0.0.1:${port}/attack`,
      'api-server-name': `http://localhost:${port}/attack`,
      'api-server-v6': `http://[::ffff:127.0.0.1]:${port}/attack`,
      'api-server-decimal': `http://2130706433:${port}/attack`,
      'api-server-short': `http://127.1:${port}/attack`,
      redis: `http://127.0.0.1:${redisPort}/attack`,
      metadata: 'http://169.254.169.254/latest/meta-data',
      'metadata-hex': 'http://0xa9fea9fe/latest/meta-data',
      'metadata-v6': 'http://[::ffff:169.254.169.254]/latest',
      'metadata-nat64': 'http://[64:ff9b::a9fe:a9fe]/latest',
      unspecified: `http://0.0.0.0:${port}/attack`,
      loopback: `http://127.0.0.1:${closed.port}/attack`,
      'loopback-other': `http://127.9.9.9:${closed.port}/attack`,
      'loopback-dotted': `http://localhost.:${closed.port}/attack`,
    };
  }

  /** The same address four times: as it is, behind redirects of both kinds of source, and as a place of tokens. */
  async function attack(name: string, address: string): Promise<void> {
    const encoded = Buffer.from(address).toString('hex');
    await make(name, 'EgressDenied', git(`${address}/r.git`));
    await make(`to-${name}`, 'EgressDenied', git(`${leading.url}/to/${encoded}/r.git`));
    await make(`image-${name}`, 'EgressDenied', image(`to/${encoded}`));
    await make(`realm-${name}`, 'EgressDenied', image(`realm/${encoded}`));
  }

  async function others(): Promise<void> {
    const victim = await system.cluster.namespace();
    const hosts = (names: string) => ({ 'openfunction.io/credential-hosts': names });
    await secret('silent', system.namespace);
    await secret('foreign', system.namespace, hosts('other.example'));
    await secret(
      'neighbour',
      system.namespace,
      hosts(`127.0.0.1:${leading.port + 1}, 127.0.0.1, x127.0.0.1:${leading.port}`),
    );
    await secret('clear', system.namespace, hosts('clear.invalid'));
    await secret('stolen', victim, hosts(`127.0.0.1:${leading.port}`));
    for (const name of ['silent', 'foreign', 'neighbour']) {
      await make(`${name}-git`, 'CredentialHostRefused', git(`${leading.url}/r.git`, name));
      await make(`${name}-image`, 'CredentialHostRefused', image('r', name));
    }
    const base = git('https://other.example/o/r', 'foreign', `\nbase-url: ${leading.url}`);
    await make('base-url', 'CredentialHostRefused', base);
    await make('clear-git', 'PlainHttpRefused', git('http://clear.invalid/r.git', 'clear'));
    const names = [
      'stolen',
      `${victim}/stolen`,
      `../../${victim}/secrets/stolen`,
      '..',
      '.',
      '%2e%2e',
      'stolen?watch=true',
    ];
    for (const [at, name] of names.entries()) {
      await make(`secret-${at}`, 'SecretNotFound', git(`${leading.url}/r.git`, name));
      await make(`secret-image-${at}`, 'SecretNotFound', image('r', name));
    }
    stolenFrom = victim;
  }

  async function secret(
    name: string,
    namespace: string,
    annotations: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const metadata = { name, namespace, annotations };
    const object = { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { password } };
    await system.kube.create(secretKind, object);
  }

  async function make(name: string, reason: string, parts: FunctionParts): Promise<void> {
    await system.create(name, parts);
    expected.set(name, reason);
  }

  function git(url: string, credentials?: string, more = ''): FunctionParts {
    const srcRepo = { url, ...(credentials === undefined ? {} : { credentials: { name: credentials } }) };
    return { params: `repo-type: git\npolling-interval: 1s${more}`, spec: { build: { builder: 'b', srcRepo } } };
  }

  function image(path: string, credentials?: string): FunctionParts {
    const imageCredentials = credentials === undefined ? {} : { imageCredentials: { name: credentials } };
    const spec = { image: `127.0.0.1:${leading.port}/${path}:v1`, build: undefined, ...imageCredentials };
    return { params: 'type: image\npolling-interval: 1s', spec };
  }

  it('tells each attacker why not', async () => {
    const all = await system.kube.list(kinds.function, { namespace: system.namespace });
    const reasons = all.map(object => [object.metadata.name, saidOf(object)?.reason] as const);
    expect(Object.fromEntries(reasons)).toEqual(Object.fromEntries(expected));
  });

  it('connects to nothing that it must not ask', () => {
    expect(api.requests.filter(({ url }) => url.includes('attack'))).toEqual([]);
    expect(closed.connections).toBe(0);
    expect(leading.requests.length).toBeGreaterThan(0);
  });

  it('sends a credential nowhere where its Secret does not allow it', () => {
    const sent = leading.requests.filter(
      ({ headers, body }) => headers.authorization !== undefined || body.includes(password),
    );
    expect(sent).toEqual([]);
  });

  it('reads Secrets by name, in the namespace of the Function, and lists none', () => {
    const asked = api.requests.filter(({ url }) => /\/secrets\b/.test(url));
    const named = new RegExp(`^/api/v1/namespaces/${system.namespace}/secrets/[a-z-]+$`);
    expect(asked.length).toBeGreaterThan(3);
    for (const { method, url } of asked) {
      const isInstallKey = method === 'POST' && url.startsWith(`/api/v1/namespaces/${system.namespace}/secrets?`);
      expect({ method, url, isRight: isInstallKey || (method === 'GET' && named.test(url)) }).toEqual({
        method,
        url,
        isRight: true,
      });
    }
    expect(api.requests.filter(({ url }) => url.includes(stolenFrom))).toEqual([]);
  });

  it('says nothing of its own as a fault', () => {
    expect(plane.log()).not.toContain('"level":"error"');
    expect(plane.log()).not.toContain(password);
  });
});

function saidOf(object: KubeObject): Condition | undefined {
  const parsed = parseFunction(object);
  return 'ok' in parsed ? findCondition(parsed.ok.status?.conditions, 'Watching') : undefined;
}

describe('two namespaces', () => {
  const source: GitSource = { kind: 'git', forge: 'git', url: 'https://git.example/private' };

  it('with Secrets of one name have each its own credential, and so each its own source', async () => {
    const asked: unknown[] = [];
    const kube = {
      async get(ref: { readonly namespace?: string; readonly name: string }) {
        asked.push([ref.namespace, ref.name]);
        const data = { password: Buffer.from(`hunter2 of ${ref.namespace}`).toString('base64') };
        return { apiVersion: 'v1', kind: 'Secret', metadata: { name: ref.name, namespace: ref.namespace }, data };
      },
    } as unknown as Pick<System['kube'], 'get'>;
    const installKey = new Uint8Array(32);
    const credentials = createCredentials({ kube, installKey, clock: createManualClock(0), requireHosts: false });
    const [mine, theirs] = await Promise.all(
      ['mine', 'theirs'].map(namespace => credentials.resolve({ namespace, name: 'git' }, source)),
    );
    expect(asked).toEqual([
      ['mine', 'git'],
      ['theirs', 'git'],
    ]);
    expect(mine?.credential?.password).toBe('hunter2 of mine');
    expect(theirs?.credential?.password).toBe('hunter2 of theirs');
    const keys = [mine?.credentialId ?? '', theirs?.credentialId ?? '', anonymous].map(id => sourceKey(source, id));
    expect(new Set(keys).size).toBe(3);
  });
});

describe('the manifests that a cluster installs', () => {
  interface Role extends KubeObject {
    readonly rules: readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[];
  }

  async function rolesOf(file: string): Promise<readonly Role[]> {
    const text = await readFile(join(import.meta.dirname, '../../deploy', file), 'utf8');
    const objects = parseAllDocuments(text).map(document => document.toJS() as Role);
    return objects.filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role');
  }

  it.each([
    ['base/cluster-role.yaml', ['get']],
    ['base/role.yaml', ['create']],
    ['openfunction-leases/role.yaml', []],
  ])('%s grants of Secrets %j and no more', async (file, verbs) => {
    const rules = (await rolesOf(file)).flatMap(role => role.rules);
    expect(rules.filter(rule => rule.resources.includes('secrets')).flatMap(rule => rule.verbs)).toEqual(verbs);
    expect(rules.flatMap(rule => [...rule.resources, ...rule.verbs])).not.toContain('*');
  });
});
