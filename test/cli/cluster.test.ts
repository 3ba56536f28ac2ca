// The verbs that ask a cluster: a control plane at work, a Git server, and Shipwright played by a machine.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import { annotations } from '../../src/function/names.ts';
import { startApiServer } from '../../src/local/api-server/server.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { eventually } from '../eventually.ts';
import { digestOf } from '../flow/builder-farm.ts';
import { type System, startSystem } from '../flow/system.ts';
import { silentLog } from '../servers/api-server.ts';
import { hasRedis, skipsWithoutRedis, startRedis, type TestRedis } from '../servers/redis.ts';
import { type Ended, inProcess, revflow, spawnRevflow } from './command.ts';

let system: System;
let redis: TestRedis | undefined;
let first = '';

beforeAll(async () => {
  system = await startSystem();
  redis = hasRedis ? await startRedis() : undefined;
  await system.plane(redis === undefined ? {} : { redis: redis.url });
  first = await (await system.git.repository('team/built')).commit();
  await system.create('built');
  await system.untilServed('built', digestOf('built', first));
});
afterAll(async () => {
  await system[Symbol.asyncDispose]();
  await redis?.[Symbol.asyncDispose]();
});

const gitHost = () => new URL(system.git.url).host;

/** A verb with the system's kubeconfig and namespace. */
function run(...args: readonly string[]): Promise<Ended> {
  return inProcess([...args, '-n', system.namespace], { env: { KUBECONFIG: system.cluster.kubeconfig } });
}

async function explained(name: string, ...more: readonly string[]) {
  const { code, out, err } = await run('explain', name, '-o', 'json', ...more);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out);
}

describe('explain', () => {
  it('says of a Function that is served why nothing happens, and when its source is asked next', async () => {
    const report = await explained('built');
    expect(report).toMatchObject({
      function: `${system.namespace}/built`,
      would: 'nothing',
      known: first,
      watch: { latest: first, ref: 'refs/heads/main', answersFrom: 'status', interval: '1s' },
      build: { verdict: 'nothing' },
      serving: { verdict: 'nothing' },
    });
    expect(report.build.trace.map(({ rule }: { rule: string }) => rule)).toContain('new revision');
    expect(report.next).toEqual([{ what: 'the source is asked', at: expect.stringMatching(/^\d{4}-.*Z$/) }]);
  });

  it('prints sections for people, without a stack or colours', async () => {
    const how = { env: { KUBECONFIG: system.cluster.kubeconfig } };
    const { code, out, err } = await revflow(['explain', `${system.namespace}/built`], how);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).not.toContain('\u001b');
    const titles = out.split('\n').filter(line => /^[A-Z]\w+$/.test(line));
    expect(titles).toEqual(['Watching', 'Build', 'Serving', 'Conditions', 'Next']);
    expect(out).toMatch(/^ {2}last answer {2}[0-9a-f]{12} \(refs\/heads\/main\), \d+[smh] ago \(from status\)$/m);
    expect(out).toMatch(/^ {2}Ready +(True|False) /m);
  });

  it.skipIf(!hasRedis)(
    `knows the last answers and the budget of the workers with --redis (${skipsWithoutRedis})`,
    async () => {
      const report = await explained('built', '--redis', redis?.url ?? '');
      expect(report).toMatchObject({ would: 'nothing', watch: { answersFrom: 'redis', latest: first, kept: '1s' } });
      const { out } = await run('explain', 'built', '--redis', redis?.url ?? '');
      expect(out).toContain('enough: nothing is held back');
    },
  );

  it('says that Redis is away, and to come back', async () => {
    const { code, out, err } = await run('explain', 'built', '--redis', 'redis://:hidden-one@127.0.0.1:9');
    expect({ code, out }).toEqual({ code: 75, out: '' });
    expect(err).toMatch(/^(connecting to Redis \.\.\.\n)?revflow: .*Redis/);
    expect(err).not.toContain('hidden-one');
  });

  it('says what is wrong with a Function that can never work', async () => {
    await system.create('wrong', { spec: { build: { builder: 'b', srcRepo: {} } } });
    await system.until('wrong', 'is refused', ({ status }) => status?.conditions !== undefined);
    const report = await explained('wrong');
    expect(report).toMatchObject({
      would: 'nothing: it cannot work as it stands',
      problems: [expect.stringContaining('spec.build.srcRepo must have url or bundleContainer')],
    });
  });

  it('says what companion mode would tell OpenFunction', async () => {
    const seen = { baseline: 'a'.repeat(40), observed: 'b'.repeat(40) };
    await system.create('companion', { annotations: { [annotations.revflowState]: JSON.stringify(seen) } });
    const report = await explained('companion');
    expect(report).toMatchObject({ known: seen.baseline, would: `tell OpenFunction of ${'b'.repeat(12)}` });
    expect(report.build).toBeUndefined();
  });

  it('says why a Function is not watched', async () => {
    await system.create('unwatched', { params: 'type: nonsense' });
    expect(await explained('unwatched')).toMatchObject({ watch: { unwatched: { reason: 'BadParams' } } });
  });
});

describe('check NS/NAME', () => {
  it('asks with the Function as it stands in the cluster', async () => {
    const { code, out } = await run('check', 'built', '-o', 'json', '--egress-allow', gitHost());
    expect(code).toBe(0);
    const answer = { known: first, watch: { latest: first, driver: 'git' }, would: 'nothing' };
    expect(JSON.parse(out)).toMatchObject([answer]);
  });

  it('asks for the trees of a sub-path, and says that a new commit changed nothing of it', async () => {
    const repository = await system.git.repository('team/narrow');
    const built = await repository.commit({ files: { 'fn/main': '1' } });
    const srcRepo = { url: `${repository.url}.git`, revision: 'main', sourceSubPath: 'fn' };
    await system.create('narrow', { spec: { build: { builder: 'b', srcRepo } } });
    await system.untilServed('narrow', digestOf('narrow', built));
    await system.until('narrow', 'has ids', ({ status }) => status?.watch?.paths !== undefined);
    const latest = await repository.commit({ files: { 'lib/code': '2' } });
    const { out } = await run('check', 'narrow', '-o', 'json', '--egress-allow', gitHost());
    expect(JSON.parse(out)).toMatchObject([{ known: built, watch: { latest, paths: ['fn'] }, would: 'nothing' }]);
    expect(out).toContain(`${latest} was seen, and changes none of the watched paths`);
    expect((await run('explain', 'narrow')).out).toMatch(/^ {2}paths +only changes of fn count$/m);
  });

  it('does not let a Function of a cluster lead it to this machine', async () => {
    const { code, out } = await run('check', 'built', '-o', 'json');
    expect(code).toBe(75);
    expect(JSON.parse(out)).toMatchObject([{ watch: { failure: { reason: 'EgressDenied' } } }]);
  });

  it('takes the credential from its Secret in the cluster, and never shows it', async () => {
    const { kube, namespace } = system;
    const password = 'hidden-one-3';
    system.git.accounts.set(password, undefined);
    const repository = await system.git.repository('team/private', { isPrivate: true });
    const head = await repository.commit();
    const data = { token: Buffer.from(password).toString('base64') };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'token', namespace }, data };
    await kube.create(kinds.secret, secret);
    const srcRepo = { url: repository.url, revision: 'main', credentials: { name: 'token' } };
    await system.create('private', { spec: { build: { builder: 'b', srcRepo } } });
    const checked = await run('check', 'private', '-o', 'wide', '--egress-allow', gitHost());
    expect(checked.code).toBe(0);
    expect(checked.out).toContain(head);
    const explanation = await run('explain', 'private');
    for (const { out, err } of [checked, explanation]) expect(out + err).not.toContain(password);
  });
});

describe('explain', () => {
  it('names the hooks of a build, and why it does not start with them', async () => {
    const hooks = 'before: [unit]\nafter: [{resolver: hub, ref: {name: cosign}}]';
    const asked = { 'openfunction.io/build-hooks': hooks, 'openfunction.io/build-engine': 'shipwright' };
    await system.create('hooked', { annotations: { ...asked, 'openfunction.io/revision-controller': 'disable' } });
    const report = await explained('hooked');
    expect(report).toMatchObject({
      would: expect.stringContaining('wait (HooksNeedTekton: build-hooks are Tasks'),
      steering: { hooks: { before: ['unit'], after: ['cosign of hub'] } },
      build: { verdict: 'hold', cause: 'First' },
    });
    expect(report.build.trace).toContainEqual({
      rule: 'engine takes it',
      found: expect.stringContaining('shipwright'),
    });
    expect((await run('explain', 'hooked')).out).toMatch(
      /hooks +before a build: unit\n +hooks +after a build: cosign of hub/,
    );
  });
});

describe('suspend, resume and rebuild', () => {
  it('write their annotation as revflow-cli, and the control plane obeys', async () => {
    const repository = await system.git.repository('team/steered');
    const one = await repository.commit();
    await system.create('steered');
    await system.untilServed('steered', digestOf('steered', one));

    expect(await run('suspend', 'steered')).toMatchObject({
      code: 0,
      out: `${system.namespace}/steered is suspended\n`,
    });
    expect((await run('suspend', 'steered')).out).toContain('is suspended already');
    const two = await repository.commit();
    await system.until('steered', 'has seen it', ({ status }) => status?.watch?.observed?.id === two);
    const held = await explained('steered');
    expect(held).toMatchObject({
      would: expect.stringMatching(/^wait \(Suspended: /),
      known: one,
      watch: { latest: two },
      steering: { suspended: true },
      build: { verdict: 'hold', cause: 'NewRevision', hold: { reason: 'Suspended' } },
    });
    expect(held.build.trace).toContainEqual({ rule: 'suspended', found: expect.stringContaining('revflow resume') });

    const asked = await run('rebuild', 'steered');
    expect(asked.err).toContain('builds nothing before revflow resume');
    expect(await run('resume', 'steered')).toMatchObject({ code: 0, out: `${system.namespace}/steered goes on\n` });
    await system.untilServed('steered', digestOf('steered', two));
    expect((await run('resume', 'steered', '-o', 'json')).out).toContain('"changed": false');

    const again = JSON.parse((await run('rebuild', 'steered', '-o', 'json')).out);
    const nonce = again.annotations[annotations.rebuildRequested];
    await system.until('steered', 'was built again', ({ status }) => status?.lastHandledRebuild === nonce);
    const revisions = () => system.farm.revisionsOf('steered');
    await system.until('steered', 'is settled', ({ status }) => status?.build?.state === 'Succeeded');
    expect(revisions().at(-1)).toBe(two);
    const raw = await system.kube.get({ kind: kinds.function, namespace: system.namespace, name: 'steered' });
    const { managedFields } = (raw?.metadata ?? {}) as unknown as { managedFields: unknown };
    expect(managedFields).toContainEqual(expect.objectContaining({ manager: 'revflow-cli' }));
  });

  it('say that there is nothing to build', async () => {
    const spec = { build: undefined };
    await system.create('served', { spec });
    const { code, err } = await run('rebuild', 'served');
    expect(code).toBe(3);
    expect(err).toMatch(/has no spec.build: there is nothing to build/);
  });
});

describe('logs in a cluster', () => {
  it('give the kubectl command that shows them, those of a run that is shared too', async () => {
    system.farm.slow.add('running');
    const head = await (await system.git.repository('team/running')).commit();
    await system.create('running');
    const { status } = await system.until('running', 'builds', fn => fn.status?.build?.state === 'Building');
    const { code, out, err } = await run('logs', '-f', 'running');
    const selector = `buildrun.shipwright.io/name=${status?.build?.resourceRef}-buildrun`;
    expect({ code, out }).toEqual({
      code: 0,
      out: `kubectl logs -n ${system.namespace} -l ${selector} --all-containers --prefix --tail=-1 -f\n`,
    });
    expect(err).toContain('kubectl shows it');
    const same = { url: `${system.git.url}/team/running.git`, spec: { image: 'registry.example/running:v1' } };
    await system.create('sharing', same);
    await system.until('sharing', 'builds', fn => fn.status?.build?.state === 'Building');
    expect((await run('logs', '-f', 'sharing')).out).toBe(out);
    await system.farm.release('running');
    await system.untilServed('running', digestOf('running', head));
  });

  it('say that nothing was run', async () => {
    expect(await run('logs', 'served')).toMatchObject({ code: 3, err: expect.stringContaining('has no spec.build') });
  });
});

describe('run', () => {
  it('names the port that another program has', async () => {
    const port = new URL(system.git.url).port;
    const flags = [`--health-address=127.0.0.1:${port}`, '--namespace', system.namespace, '--namespaces', 'nowhere'];
    const { code, err } = await revflow(['run', '--kubeconfig', system.cluster.kubeconfig, ...flags]);
    expect(code).toBe(3);
    expect(err).toBe(`revflow: --health-address 127.0.0.1:${port} is taken by another program; choose another port\n`);
  });
});

describe('run with the arguments of OpenFunction’s operator', () => {
  it('serves its probes and its metrics where they say', async () => {
    const own = ['--health-probe-bind-address=127.0.0.1:0', '--metrics-bind-address=127.0.0.1:0', '--leader-elect'];
    const place = [
      '--kubeconfig',
      system.cluster.kubeconfig,
      '--namespace',
      system.namespace,
      '--namespaces',
      'nowhere',
    ];
    const child = spawnRevflow(['run', ...own, ...place, '--builder-check-interval=30s']);
    let log = '';
    child.stdout.on('data', (part: Buffer) => (log += part.toString()));
    const started = await eventually('it has started', () => /\{.*"started".*\}/.exec(log)?.[0]);
    const { health, metrics } = JSON.parse(started) as { readonly health: number; readonly metrics: number };
    expect(metrics).not.toBe(health);
    const answer = (port: number, path: string) => fetch(`http://127.0.0.1:${port}/${path}`);
    await eventually('it is ready', async () => (await answer(health, 'readyz')).ok);
    expect((await answer(health, 'healthz')).status).toBe(200);
    expect(await (await answer(metrics, 'metrics')).text()).toContain('revflow_');
    child.kill('SIGTERM');
    expect(await new Promise(resolve => child.once('close', resolve))).toBe(0);
  });
});

describe('names', () => {
  it.each(['explain', 'logs', 'rebuild', 'suspend', 'resume', 'check'])(
    'that are not there: revflow %s ends with 75',
    async verb => {
      const { code, out, err } = await run(verb, 'absent');
      expect({ code, out }).toEqual({ code: 75, out: '' });
      expect(err).toBe(
        `revflow: there is no Function absent in namespace ${system.namespace}; kubectl get functions -n ${system.namespace} lists those that are\n`,
      );
    },
  );

  it.each(['a/b/c', 'UPPER', 'a/', '/b', 'a b', '../x'])('that are none: %s', async name => {
    const { code, err } = await run('explain', name);
    expect(code).toBe(2);
    expect(err).toContain('a Function is named NAMESPACE/NAME, such as default/hello');
  });
});

describe('an API server that', () => {
  it('is not there is asked later', async () => {
    const { proxy, kubeconfig } = await system.cluster.severable();
    await proxy[Symbol.asyncDispose]();
    const { code, out, err } = await revflow(['explain', 'a/b', '--kubeconfig', kubeconfig]);
    expect({ code, out }).toEqual({ code: 75, out: '' });
    expect(err).toMatch(/^revflow: get Function a\/b: no answer from the API server .*is it running/);
    expect(err).not.toMatch(/\n\s+at /);
  });

  it('refuses the credential says so, and not which it was', async () => {
    const kubeconfig = await system.cluster.withToken('hidden-token-1');
    const { code, err } = await inProcess(['suspend', 'a/b'], { env: { KUBECONFIG: kubeconfig } });
    expect(code).toBe(75);
    expect(err).toMatch(/401 .*log in again/);
    expect(err).not.toContain('hidden-token-1');
  });

  it('does not know Functions is told how to', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'revflow-bare-'));
    const bare = await startApiServer({ dir, clock: systemClock, log: silentLog });
    const { code, err } = await inProcess(['explain', 'default/b'], { env: { KUBECONFIG: bare.kubeconfig } });
    await bare.close();
    await rm(dir, { recursive: true });
    expect(code).toBe(3);
    expect(err).toMatch(/does not serve core.openfunction.io\/v1beta2; install its definition: revflow crd \|/);
  });

  it('has its kubeconfig in a file that is none is never asked', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'revflow-config-'));
    const file = join(dir, 'config');
    await writeFile(file, 'token: hidden-one: x\n');
    const { code, err } = await inProcess(['explain', 'default/b', '--kubeconfig', file]);
    await rm(dir, { recursive: true });
    expect({ code, err }).toEqual({ code: 2, err: `revflow: the kubeconfig ${file} is not YAML\n` });
  });
});
