// The verbs beside `revflow start`: the local control plane is found where it lies, and the logs of its runs are files.
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { connectKube } from '../../src/platform/kube/client.ts';
import { eventually } from '../eventually.ts';
import { silentLog } from '../servers/api-server.ts';
import { type GitServer, type ServedRepository, startGitServer } from '../servers/git-server.ts';
import { type Program, startProgram } from '../servers/program.ts';
import { inProcess, revflow, spawnRevflow } from './command.ts';
import { type Folder, folder, functionFile } from './function-file.ts';

let place: Folder;
let git: GitServer;
let local: Program;
let state = '';
let head = '';
let repository: ServedRepository;
/** Clones wait for it; questions do not. */
let held: Promise<void> = Promise.resolve();

beforeAll(async () => {
  place = await folder();
  state = join(place.path, '.revflow');
  local = startProgram('main.ts', ['start', '--state', state]);
  git = await startGitServer({
    async before({ headers }) {
      if (headers['user-agent']?.startsWith('git/')) await held;
      return undefined;
    },
  });
  repository = await git.repository('o/hello');
  head = await repository.commit();
  const registry = /127\.0\.0\.1:\d+/.exec(await local.line(/^registry on/))?.[0] ?? '';
  await local.line(/\bready\b/);
  const fn = functionFile({ namespace: 'default', params: 'repo-type: git\npolling-interval: 1s' });
  const spec = {
    image: `${registry}/hello:v1`,
    build: { builder: 'b', srcRepo: { url: repository.url } },
    serving: {},
  };
  const kubeconfig = join(state, 'kubeconfig');
  await using kube = await connectKube({ kubeconfig, fieldManager: 'revflow', clock: systemClock, log: silentLog });
  await kube.create(kinds.function, {
    ...(fn as { apiVersion: string; kind: string; metadata: { name: string } }),
    spec,
  });
}, 60_000);
afterAll(async () => {
  local.child.kill('SIGKILL');
  await local.ended;
  await git.close();
  await rm(place.path, { recursive: true, force: true });
});

describe('beside a local control plane', () => {
  it('logs -f waits for the run, prints its log, and ends with it', async () => {
    await eventually(
      'a run is recorded',
      async () => (await inProcess(['logs', 'hello', '--state', state])).code === 0,
    );
    const { code, out, err } = await revflow(['logs', '-f', 'hello', '--state', state]);
    expect({ code, err }).toEqual({
      code: 0,
      err: expect.stringMatching(/^\/.*\.revflow\/logs\/default\/builder-.*\.log\n$/),
    });
    expect(out).toContain(head);
    const again = await inProcess(['logs', 'default/hello', '--state', state]);
    expect(again.out).toBe(out);
  });

  it('a Function that asks for Tekton is built by it, and its log is found too', async () => {
    const kubeconfig = join(state, 'kubeconfig');
    await using kube = await connectKube({ kubeconfig, fieldManager: 'revflow', clock: systemClock, log: silentLog });
    const metadata = {
      name: 'piped',
      namespace: 'default',
      annotations: { 'openfunction.io/build-engine': 'tekton' },
    };
    const { apiVersion, kind } = kinds.function;
    const build = { builder: 'b', srcRepo: { url: repository.url } };
    const registry = (await kube.get({ kind: kinds.function, namespace: 'default', name: 'hello' }))?.['spec'] as {
      readonly image: string;
    };
    const image = registry.image.replace('hello', 'piped');
    await kube.create(kinds.function, { apiVersion, kind, metadata, spec: { image, build } });
    const { status } = await eventually('it is built', async () => {
      const fn = await kube.get({ kind: kinds.function, namespace: 'default', name: 'piped' });
      const found = fn?.['status'] as { readonly build?: { readonly state?: string } } | undefined;
      return found?.build?.state === 'Succeeded' ? { status: found } : false;
    });
    expect(status).toMatchObject({ sources: [{ git: { commitSha: head } }], build: { engine: 'tekton' } });
    const { code, out } = await inProcess(['logs', 'piped', '--state', state]);
    expect(code).toBe(0);
    expect(out).toContain(head);
  });

  it('verbs find it in .revflow without any flag, and that is said', async () => {
    const { code, out, err } = await revflow(['explain', 'hello', '-o', 'json'], { cwd: place.path });
    expect({ code, err }).toEqual({
      code: 0,
      err: 'using the local control plane in .revflow (--kubeconfig chooses another)\n',
    });
    await eventually('it is built', async () => {
      const report = JSON.parse((await inProcess(['explain', 'hello', '-o', 'json', '--state', state])).out);
      return report.would === 'nothing' && report.known === head;
    });
    expect(JSON.parse(out).function).toBe('default/hello');
  });

  it('check may ask this machine, where the Functions of local mode come from', async () => {
    const env = { KUBECONFIG: join(state, 'kubeconfig') };
    const { code, out } = await inProcess(['check', 'hello', '-o', 'json'], { env });
    expect({ code, latest: JSON.parse(out)[0].watch.latest }).toEqual({ code: 0, latest: head });
  });

  it('logs -f stops when somebody has seen enough', async () => {
    held = new Promise(() => {});
    await repository.commit();
    await eventually('the next run is under way', async () => {
      const report = JSON.parse((await inProcess(['explain', 'hello', '-o', 'json', '--state', state])).out);
      return report.built.state === 'Building';
    });
    const child = spawnRevflow(['logs', '-f', 'hello', '--state', state]);
    const ended = once(child, 'close');
    await once(child.stderr, 'data');
    child.kill('SIGINT');
    expect((await ended)[0]).toBe(0);
  });

  it('one that is stopped is asked later, with the way to start it', async () => {
    local.child.kill('SIGTERM');
    await local.ended;
    const { code, err } = await inProcess(['explain', 'hello', '--state', state]);
    expect(code).toBe(75);
    expect(err).toMatch(/no answer from the API server .*revflow start/);
  });
});
