// Core-build checklist 94 to 98: the flags that OpenFunction's operator takes, its probes, what is never read, two replicas, and a restart.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRunConfig } from '../../src/app/config.ts';
import { serveHealth } from '../../src/app/health.ts';
import { kinds } from '../../src/function/kinds.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { startReconcileCluster } from '../flow/cluster.ts';
import { createWorld, digest, gitSpec, shaA, watching } from '../flow/world.ts';
import { silentLog, type TestCluster } from '../servers/api-server.ts';
import { otherProcess } from './other-process.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startReconcileCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

describe('the flags of OpenFunction’s operator', () => {
  it('checklist 94: have its defaults, but for metrics, which stand beside the probes', () => {
    const config = readRunConfig({}, {});
    expect(config).toMatchObject({ builderCheckMs: 60_000, healthAddress: { host: '0.0.0.0', port: 8081 } });
    expect(config.metricsAddress).toBeUndefined();
  });

  it('checklist 94: are taken as its manifests give them', () => {
    const flags = {
      leaderElect: true,
      healthProbeBindAddress: ':9081',
      metricsBindAddress: '127.0.0.1:8080',
      builderCheckInterval: '30s',
    };
    expect(readRunConfig(flags, {})).toMatchObject({
      builderCheckMs: 30_000,
      healthAddress: { host: '0.0.0.0', port: 9081 },
      metricsAddress: { host: '127.0.0.1', port: 8080 },
    });
    expect(readRunConfig({ metricsBindAddress: '0' }, {}).metricsAddress).toBeUndefined();
    expect(() => readRunConfig({ builderCheckInterval: 'soon' }, {})).toThrow('--builder-check-interval must be');
    expect(() => readRunConfig({ healthAddress: ':1', healthProbeBindAddress: ':2' }, {})).toThrow('give one of them');
  });

  it('checklist 94: ENABLE_WEBHOOKS says nothing to revflow: there is no webhook to turn off', () => {
    expect(readRunConfig({}, { ENABLE_WEBHOOKS: 'false' })).toEqual(readRunConfig({}, {}));
  });

  it('checklist 95: healthz and readyz answer 200, and no API server is asked for it', async () => {
    const address = { host: '127.0.0.1', port: 0 };
    const health = async () => ({ ready: true, live: true });
    await using server = await serveHealth({ address, health, metrics: createMetrics(), log: silentLog });
    for (const path of ['healthz', 'readyz', 'livez']) {
      expect((await fetch(`http://127.0.0.1:${server.port}/${path}`)).status).toBe(200);
    }
  });
});

const secrets = {
  ...gitSpec,
  imageCredentials: { name: 'push' },
  build: {
    ...gitSpec.build,
    builderCredentials: { name: 'pull' },
    srcRepo: { ...gitSpec.build.srcRepo, credentials: { name: 'git' } },
    shipwright: { params: [{ name: 'p', secretValue: { name: 's', key: 'k' } }] },
  },
};

describe('the loop', () => {
  it('checklist 96: reads no Secret of a Function that is not watched: runs are given the names', async () => {
    const world = await createWorld(cluster);
    await world.create(secrets);
    await world.reconcile();
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(1), commit: shaA });
    await world.reconcile();
    expect((await world.read()).status?.serving).toMatchObject({ state: 'Created' });
    expect(world.requests.filter(request => request.includes('secrets'))).toEqual([]);
  });

  it('checklist 96: reads of a watched one the Secret of what is watched, by name, and no other', async () => {
    const world = await createWorld(cluster);
    await world.create(secrets, watching('type: source'));
    await world.reconcile();
    expect(new Set(world.requests.filter(request => request.includes('secrets')))).toEqual(
      new Set(['get secrets/git']),
    );
  });

  it('checklist 97: two replicas at once make one Builder, one Build and one BuildRun', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec);
    const others = [otherProcess(world), otherProcess(world)];
    await Promise.all([world.reconcile(), ...others.map(other => other())]);
    await world.reconcile();
    for (const kind of [kinds.builder, kinds.build, kinds.buildRun]) expect(await world.all(kind)).toHaveLength(1);
    expect((await world.read()).status?.build).toMatchObject({ state: 'Building', sequence: 1 });
  });

  it('checklist 98: after a restart in the middle of a build there is no second Builder, and the timeout still holds', async () => {
    const world = await createWorld(cluster);
    await world.create({ ...gitSpec, build: { ...gitSpec.build, timeout: '10m' } });
    await world.reconcile();
    const restarted = otherProcess(world);
    await restarted();
    expect(await world.all(kinds.builder)).toHaveLength(1);
    world.clock.advance(10 * 60_000 + 5000);
    await restarted();
    expect((await world.read()).status?.build).toMatchObject({ state: 'Timeout', sequence: 1 });
    expect((await world.shipwright.newest())['spec']).toMatchObject({ state: 'BuildRunCanceled' });
    expect(await world.all(kinds.builder)).toHaveLength(1);
  });
});
