// `revflow start` as a process: what it prints, how it stops, and that it goes on where it was.
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import { openStateDirectory } from '../../src/local/state-dir.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { connectKube } from '../../src/platform/kube/client.ts';
import type { Kube, KubeObject } from '../../src/platform/kube/kube.ts';
import { silentLog } from '../servers/api-server.ts';
import { startGitServer } from '../servers/git-server.ts';
import { type Program, startProgram } from '../servers/program.ts';

let directory = '';
const running: Program[] = [];

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'revflow-start-')), 'state');
});
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
  await rm(join(directory, '..'), { recursive: true, force: true });
});

async function start(): Promise<Program> {
  const program = startProgram('main.ts', ['start', '--state', directory]);
  running.push(program);
  await program.line(/\bready\b/);
  return program;
}

function connect(): Promise<Kube> {
  const options = { kubeconfig: join(directory, 'kubeconfig'), fieldManager: 'revflow-cli' } as const;
  return connectKube({ ...options, clock: systemClock, log: silentLog });
}

interface Status {
  readonly build?: { readonly state?: string; readonly revision?: string; readonly resourceRef?: string };
  readonly conditions?: readonly object[];
  readonly serving?: { readonly resourceRef?: string };
  readonly sources?: readonly { readonly git?: { readonly commitSha: string } }[];
}

async function untilBuilt(kube: Kube, commit: string): Promise<KubeObject> {
  for (;;) {
    const fn = await kube.get({ kind: kinds.function, namespace: 'default', name: 'hello' }).catch(() => undefined);
    const status = (fn?.['status'] ?? {}) as Status;
    if (fn && status.sources?.[0]?.git?.commitSha === commit && status.serving?.resourceRef) return fn;
    await systemClock.sleep(50);
  }
}

function hello(url: string, registry: string): KubeObject {
  return {
    apiVersion: kinds.function.apiVersion,
    kind: kinds.function.kind,
    metadata: {
      name: 'hello',
      namespace: 'default',
      annotations: {
        'openfunction.io/revision-controller': 'enable',
        'openfunction.io/revision-controller-params': 'type: source\nrepo-type: git\npolling-interval: 1s\n',
      },
    },
    spec: {
      image: `${registry}/hello:v1`,
      build: { builder: 'builder', srcRepo: { url }, successfulBuildsHistoryLimit: 1 },
      serving: { triggers: { http: {} } },
    },
  };
}

it('says how to reach it, and stops when it is asked to', async () => {
  const program = await start();
  const told = program.lines.filter(line => !/^\d\d:/.test(line));
  expect(told.at(-2)).toBe(`export KUBECONFIG=${join(directory, 'kubeconfig')}`);
  expect(told.at(-1)).toMatch(/\bready\b/);
  for (const file of ['', 'kubeconfig', 'logs']) expect((await stat(join(directory, file))).mode & 0o077).toBe(0);
  program.child.kill('SIGTERM');
  expect(await program.ended).toBe(0);
}, 60_000);

it('names the port that another program has taken since', async () => {
  const state = await openStateDirectory(directory);
  state[Symbol.dispose]();
  const other = createServer().listen(state.ports.registry, '127.0.0.1');
  await once(other, 'listening');
  const program = startProgram('main.ts', ['start', '--state', directory]);
  running.push(program);
  expect(await program.ended).toBe(3);
  expect(program.lines.join('\n')).toContain(`port ${state.ports.registry} of the registry was taken`);
  other.close();
}, 60_000);

it('goes on where it was, stopped or killed, at the same addresses', async () => {
  await using git = await startGitServer();
  const repository = await git.repository('o/hello');
  const first = await repository.commit();
  const program = await start();
  const registry = /127\.0\.0\.1:\d+/.exec(await program.line(/^registry on/))?.[0] ?? '';
  await using kube = await connect();
  await kube.create(kinds.function, hello(repository.url, registry));
  const built = await untilBuilt(kube, first);
  const { build, conditions } = built['status'] as Status;
  const builder = await kube.get({ kind: kinds.builder, namespace: 'default', name: build?.resourceRef ?? '' });
  const packed = expect.stringContaining('packed, not built: strategy openfunction needs a cluster');
  expect(conditions).toContainEqual(expect.objectContaining({ type: 'Built', message: packed }));
  expect(builder?.['status']).toMatchObject({ message: packed });
  program.child.kill('SIGKILL');
  await program.ended;
  const second = await repository.commit();
  const again = await start();
  expect(await again.line(/^registry on/)).toContain(registry);
  const rebuilt = await untilBuilt(kube, second);
  expect(rebuilt.metadata.uid).toBe(built.metadata.uid);
  again.child.kill('SIGINT');
  expect(await again.ended).toBe(0);
  const third = await repository.commit();
  await start();
  await untilBuilt(kube, third);
}, 90_000);
