// Secrets in every place where one can be, sent to hosts that give them back in every way: they stand nowhere but in their Secrets.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCondition } from '../../src/function/conditions.ts';
import { kinds } from '../../src/function/kinds.ts';
import { parseFunction } from '../../src/function/schema.ts';
import { eventKind } from '../../src/platform/kube/events.ts';
import type { Kind, KubeObject } from '../../src/platform/kube/kube.ts';
import { createLog } from '../../src/platform/logger.ts';
import { createRedisState } from '../../src/platform/state/redis.ts';
import { eventually } from '../eventually.ts';
import { type FunctionParts, type Plane, type System, startSystem } from '../flow/system.ts';
import { createManualClock } from '../manual-clock.ts';
import { type Certificate, selfSigned } from '../servers/certificate.ts';
import type { HttpServer } from '../servers/http-server.ts';
import { hasRedis, skipsWithoutRedis, startRedis, type TestRedis } from '../servers/redis.ts';
import { mannerNames, startEchoHost } from './echo-host.ts';
import { secretIn, secretValue } from './secret-search.ts';

const secretKind: Kind = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' };

describe.skipIf(!hasRedis)(`a control plane${hasRedis ? '' : ` (${skipsWithoutRedis})`}`, () => {
  let system: System;
  let redis: TestRedis;
  let plain: HttpServer;
  let tls: HttpServer;
  let plane: Plane;
  let certificate: Certificate;
  const names: string[] = [];

  beforeAll(async () => {
    certificate = await selfSigned();
    [system, redis] = await Promise.all([startSystem(), startRedis({ password: secretValue('redis') })]);
    [plain, tls] = await Promise.all([startEchoHost(), startEchoHost({ tls: certificate })]);
    await fill();
    plane = await system.plane({ redis: redis.url, allow: [`127.0.0.1:${plain.port}`, `127.0.0.1:${tls.port}`] });
    await eventually(
      'every Function was looked at',
      async () => {
        const all = await system.kube.list(kinds.function, { namespace: system.namespace });
        return all.every(wasLookedAt);
      },
      50_000,
    );
  });
  afterAll(async () => {
    await system?.[Symbol.asyncDispose]();
    await Promise.all([redis, plain, tls].map(async one => one?.[Symbol.asyncDispose]()));
  });

  async function secret(name: string, data: Readonly<Record<string, string>>): Promise<void> {
    const metadata = { name, namespace: system.namespace };
    await system.kube.create(secretKind, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata,
      stringData: data,
    } as KubeObject);
  }

  async function watched(name: string, parts: FunctionParts, data: Readonly<Record<string, string>>): Promise<void> {
    await secret(name, data);
    await system.create(name, parts);
    names.push(name);
  }

  function git(name: string, url: string, params: string): FunctionParts {
    const srcRepo = { url, credentials: { name } };
    return { params: `polling-interval: 1s\n${params}`, spec: { build: { builder: 'b', srcRepo } } };
  }

  function image(name: string, reference: string): FunctionParts {
    return {
      params: 'type: image\npolling-interval: 1s',
      spec: { image: reference, build: undefined, imageCredentials: { name } },
    };
  }

  function docker(host: string, login: object): Readonly<Record<string, string>> {
    return { '.dockerconfigjson': JSON.stringify({ auths: { [host]: login } }) };
  }

  /** Every manner, asked by every kind of source, each with a secret of its own. */
  async function fill(): Promise<void> {
    const at = `127.0.0.1:${plain.port}`;
    for (const manner of mannerNames) {
      const path = `http://${at}/do-${manner}`;
      const password = (kind: string) => secretValue(`${kind}-${manner}`);
      await Promise.all([
        watched(`git-${manner}`, git(`git-${manner}`, `${path}/r.git`, 'repo-type: git'), {
          username: 'me',
          password: password('git'),
        }),
        watched(
          `lab-${manner}`,
          git(`lab-${manner}`, `${path}/o/r`, `repo-type: gitlab\nbase-url: ${path}\nproject-id: 7`),
          { token: password('lab') },
        ),
        watched(
          `oci-${manner}`,
          image(`oci-${manner}`, `${at}/do-${manner}/i:v1`),
          docker(at, { auth: Buffer.from(`me:${password('oci')}`).toString('base64') }),
        ),
      ]);
    }
    for (const manner of ['unauthorized', 'forbidden', 'missing']) {
      for (const [short, forge] of [
        ['hub', 'github'],
        ['tee', 'gitee'],
        ['job', 'gitlab'],
      ] as const) {
        const name = `${short}-${manner}`;
        const base = `http://${at}/do-${manner}`;
        const params = `repo-type: ${forge}\nbase-url: ${base}${short === 'job' ? '\nauth-type: JobToken' : ''}`;
        await watched(name, git(name, `${base}/o/r`, params), { token: secretValue(name) });
      }
    }
    await fillOthers(at);
  }

  /** What no manner shows: other shapes of Secrets, and trouble before anything is sent. */
  async function fillOthers(at: string): Promise<void> {
    for (const manner of ['unauthorized', 'bearer', 'token', 'realm', 'symref', 'query']) {
      const name = `identity-${manner}`;
      await watched(name, image(name, `${at}/do-${manner}/i:v1`), docker(at, { identitytoken: secretValue(name) }));
    }
    const values = {
      line: `${secretValue('line')}\nx`,
      script: `${secretValue('script')}-pä密`,
      long: secretValue('long').repeat(400),
    };
    for (const [name, password] of Object.entries(values)) {
      await watched(name, git(name, `http://${at}/do-unauthorized/r.git`, 'repo-type: git'), { password });
    }
    const password = secretValue('tls');
    const key = { password, 'ca.crt': certificate.key, key: secretValue('key') };
    await watched('untrusted', git('untrusted', `${tls.url}/do-html/r.git`, 'repo-type: git'), { password });
    await watched('authority', git('authority', `${tls.url}/do-html/r.git`, 'repo-type: git'), key);
    await watched('no-tls', git('no-tls', `https://${at}/do-html/r.git`, 'repo-type: git'), { password });
    await watched('clear', git('clear', 'http://clear.invalid/r.git', 'repo-type: git'), { password });
    await watched(
      'elsewhere',
      image('elsewhere', `${at}/do-html/i:v1`),
      docker(`me:${password}@other.example`, { auth: password }),
    );
    await watched('no-docker', image('no-docker', `${at}/do-html/i:v1`), {
      '.dockerconfigjson': `{"auths": ${password}`,
    });
    await watched('ssh', git('ssh', `http://${at}/do-html/r.git`, 'repo-type: git'), {
      'ssh-privatekey': certificate.key,
    });
    await watched('no-key', git('no-key', `http://${at}/do-html/r.git`, 'repo-type: git'), { passwort: password });
    await watched('user', git('user', `https://me:${password}@${at}/r.git`, 'repo-type: git'), { password });
    await watched('params', git('params', `http://${at}/do-html/r.git`, `base-url: me:${password}@h`), { password });
    await watched('broken-params', git('broken-params', `http://${at}/do-html/r.git`, `token: ${password}\n [`), {
      password,
    });
  }

  it('asked every host, with the secret', () => {
    for (const manner of mannerNames) {
      const asked = plain.requests.filter(({ url }) => url.includes(`/do-${manner}/`));
      expect({ manner, sent: asked.some(({ headers }) => headers.authorization ?? headers['private-token']) }).toEqual({
        manner,
        sent: true,
      });
    }
  });

  it('has no secret in any object, but in the Secrets and where the user wrote it', async () => {
    const all = [kinds.function, kinds.builder, kinds.serving, kinds.build, kinds.buildRun, eventKind];
    for (const kind of all) {
      for (const object of await system.kube.list(kind, { namespace: system.namespace })) {
        const { spec: _, ...own } = object;
        const { 'openfunction.io/revision-controller-params': __, ...annotations } = object.metadata.annotations ?? {};
        const isUsers = ['user'].some(
          name => object.metadata.labels?.['openfunction.io/function'] === name || object.metadata.name === name,
        );
        const shown = { ...(isUsers ? own : object), metadata: { ...object.metadata, annotations } };
        expect({ where: `${kind.kind} ${object.metadata.name}`, secret: secretIn(JSON.stringify(shown)) }).toEqual({
          where: `${kind.kind} ${object.metadata.name}`,
        });
      }
    }
  });

  it('says in each condition what is wrong', async () => {
    for (const name of names) {
      const said = findCondition((await system.read(name)).status?.conditions, 'Watching');
      expect({ name, said: said?.message }).toEqual({ name, said: expect.stringMatching(/\w{3}/) });
      expect(said?.reason).not.toBe('InternalError');
    }
  });

  it('has none in what it logs, at the finest level', () => {
    expect({ where: 'log', secret: secretIn(plane.log()) }).toEqual({ where: 'log' });
    expect(plane.log()).toContain('"level":"debug"');
    expect(plane.log()).not.toContain('"level":"error"');
  });

  it('has none in Redis, now or before', async () => {
    const [, directory = ''] = (await redis.command('CONFIG', 'GET', 'dir')).split('\n');
    const files = (await readdir(directory, { recursive: true })).filter(name => name.endsWith('.aof'));
    const written = await Promise.all(files.map(file => readFile(join(directory, file), 'latin1')));
    expect(written.join('')).toContain('observation:');
    expect({ where: 'Redis', secret: secretIn(written.join('')) }).toEqual({ where: 'Redis' });
    for (const key of (await redis.command('KEYS', '*')).split('\n'))
      expect({ where: 'a key', secret: secretIn(key) }).toEqual({ where: 'a key' });
  });

  it('has none in its metrics', async () => {
    const port = /"health":(\d+)/.exec(plane.log())?.[1];
    const metrics = await eventually('metrics are told', async () =>
      (await fetch(`http://127.0.0.1:${port}/metrics`)).text(),
    );
    expect(metrics).toContain('revflow_polls_total');
    expect({ where: 'metrics', secret: secretIn(metrics) }).toEqual({ where: 'metrics' });
  });

  it('shows no password of a Redis that it cannot reach or read', async () => {
    const lines: string[] = [];
    const log = createLog({ level: 'debug', pretty: false, write: line => void lines.push(line) });
    const urls = [
      `redis://me:${secretValue('wrong')}@127.0.0.1:${redis.port}`,
      `redis://:${secretValue('closed')}@127.0.0.1:1/`,
      `redis://:${secretValue('bad')}@:x/`,
      `http://:${secretValue('http')}@h/`,
    ];
    for (const url of urls) {
      const clock = createManualClock();
      const opening = createRedisState({ url, clock, log });
      clock.advance(60_000);
      const asked = opening.then(async state => {
        await using open = state;
        return open.get('x');
      });
      lines.push(
        String(
          await asked.then(
            () => 'it was read',
            (error: unknown) => error,
          ),
        ),
      );
    }
    expect(lines.filter(line => line.includes('it was read'))).toEqual([]);
    expect(lines.length).toBeGreaterThanOrEqual(urls.length);
    expect(secretIn(lines.join('\n'))).toBeUndefined();
  });
});

function wasLookedAt(object: KubeObject): boolean {
  const parsed = parseFunction(object);
  const reason = 'ok' in parsed ? findCondition(parsed.ok.status?.conditions, 'Watching')?.reason : undefined;
  return reason !== undefined && reason !== 'AwaitingFirstObservation';
}
