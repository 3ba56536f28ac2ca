// Local mode, sent to hosts that give the credential back: it stands in no log of a run, no file of the state directory and no object.
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import { parseFunction } from '../../src/function/schema.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { connectKube } from '../../src/platform/kube/client.ts';
import { eventKind } from '../../src/platform/kube/events.ts';
import type { Kind, Kube, KubeObject } from '../../src/platform/kube/kube.ts';
import { eventually } from '../eventually.ts';
import { silentLog } from '../servers/api-server.ts';
import type { HttpServer } from '../servers/http-server.ts';
import { type Program, startProgram } from '../servers/program.ts';
import { startEchoHost } from './echo-host.ts';
import { secretIn, secretValue } from './secret-search.ts';

const secretKind: Kind = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' };
const namespace = 'default';
const manners = [
  'unauthorized',
  'forbidden',
  'broken',
  'html',
  'error',
  'symref',
  'late',
  'query',
  'path',
  'host',
  'header',
];

describe('local mode', () => {
  let directory: string;
  let program: Program;
  let kube: Kube;
  let host: HttpServer;
  const names: string[] = [];

  beforeAll(async () => {
    directory = join(await mkdtemp(join(tmpdir(), 'revflow-local-secrets-')), 'state');
    host = await startEchoHost();
    program = startProgram('main.ts', ['start', '--state', directory, '--log-level', 'debug']);
    await program.line(/\bready\b/);
    const kubeconfig = join(directory, 'kubeconfig');
    kube = await connectKube({ kubeconfig, fieldManager: 'revflow-cli', clock: systemClock, log: silentLog });
    const at = `127.0.0.1:${host.port}`;
    await Promise.all([
      ...manners.map(manner => create(`git-${manner}`, { url: `http://${at}/do-${manner}/r` })),
      ...manners.map(manner => create(`oci-${manner}`, { bundleContainer: { image: `${at}/do-${manner}/b:v1` } })),
    ]);
    await eventually(
      'every build has ended',
      async () => {
        const all = await kube.list(kinds.function, { namespace });
        return all.every(object => stateOf(object) === 'Failed');
      },
      50_000,
    );
  });
  afterAll(async () => {
    await kube?.[Symbol.asyncDispose]();
    program?.child.kill('SIGKILL');
    await program?.ended;
    await host?.[Symbol.asyncDispose]();
    await rm(join(directory, '..'), { recursive: true, force: true });
  });

  async function create(name: string, source: object): Promise<void> {
    const stringData = { username: 'me', password: secretValue(name) };
    await kube.create(secretKind, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace },
      stringData,
    } as KubeObject);
    const { apiVersion, kind } = kinds.function;
    const srcRepo = { ...source, credentials: { name } };
    const spec = {
      image: `127.0.0.1:${host.port}/do-forbidden/o:v1`,
      imageCredentials: { name },
      build: { builder: 'b', srcRepo },
    };
    await kube.create(kinds.function, { apiVersion, kind, metadata: { name, namespace }, spec });
    names.push(name);
  }

  it('was refused by each, with a message', async () => {
    for (const name of names) {
      const object = await kube.get({ kind: kinds.function, namespace, name });
      const parsed = object && parseFunction(object);
      const message = parsed && 'ok' in parsed ? parsed.ok.status?.build?.message : undefined;
      expect({ name, message }).toEqual({ name, message: expect.stringMatching(/\w{3}/) });
    }
    expect(host.requests.filter(({ headers }) => headers.authorization !== undefined).length).toBeGreaterThan(
      manners.length,
    );
  });

  it('shows no secret in any object', async () => {
    for (const kind of [kinds.function, kinds.builder, kinds.build, kinds.buildRun, eventKind]) {
      for (const object of await kube.list(kind, { namespace })) {
        expect({ where: `${kind.kind} ${object.metadata.name}`, secret: secretIn(JSON.stringify(object)) }).toEqual({
          where: `${kind.kind} ${object.metadata.name}`,
        });
      }
    }
  });

  it('prints none', () => {
    expect({ where: 'the output', secret: secretIn(program.lines.join('\n')) }).toEqual({ where: 'the output' });
  });

  it('writes none into any file but the store of objects, and lets nobody else read one', async () => {
    const found = await readdir(directory, { recursive: true });
    expect(found.filter(name => name.endsWith('.log')).length).toBeGreaterThanOrEqual(names.length);
    for (const name of found) {
      const file = join(directory, name);
      const { mode } = await stat(file);
      const info = await stat(file);
      if (!info.isFile()) continue;
      if (!/^objects\.|\.key$|kubeconfig/.test(name))
        expect({ where: name, secret: secretIn(await readFile(file, 'latin1')) }).toEqual({ where: name });
      if (/objects|key|kubeconfig|\.log$/.test(name)) expect({ name, mode: mode & 0o077 }).toEqual({ name, mode: 0 });
    }
    expect((await stat(directory)).mode & 0o077).toBe(0);
  });
});

function stateOf(object: KubeObject): string | undefined {
  const parsed = parseFunction(object);
  return 'ok' in parsed ? parsed.ok.status?.build?.state : undefined;
}
