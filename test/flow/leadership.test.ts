// Who acts when several processes run: one, by Lease; and none while a controller of OpenFunction holds its own.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import { leaseKind } from '../../src/platform/kube/lease.ts';
import { eventually } from '../eventually.ts';
import { startTestCluster, type TestCluster } from '../servers/api-server.ts';
import type { FaultProxy } from '../servers/fault-proxy.ts';
import { hasRedis, skipsWithoutRedis, startRedis } from '../servers/redis.ts';
import { digestOf } from './builder-farm.ts';
import { grantOpenFunctionLeases, isServiceAccount } from './service-account.ts';
import { type Plane, type System, startSystem } from './system.ts';

/** Their names, and where they are. */
const theirs = {
  namespace: 'openfunction',
  controller: '79f0111e.openfunction.io',
  watcher: 'revision.openfunction.io',
};
/** An expired Lease counts as free after fifteen seconds. */
const takeOverMs = 60_000;

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const leads = (plane: Plane) =>
  eventually('it leads', () => plane.log().includes('"every source is watched"'), takeOverMs);
const isLeading = (plane: Plane) => plane.log().includes('"leading"');

/** Polls that a process made so far. */
async function pollsOf(plane: Plane): Promise<number> {
  const port = /"health":(\d+)/.exec(plane.log())?.[1];
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const counts = [...text.matchAll(/^revflow_polls_total\{.*\} (\d+)$/gm)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

/** A Function that is built and served, and a way to push to it. */
async function workload(system: System) {
  const repository = await system.git.repository('team/work');
  const first = await repository.commit();
  await system.create('work');
  const serves = (commit: string) => system.untilServed('work', digestOf('work', commit), takeOverMs);
  const push = async () => serves(await repository.commit());
  return { served: () => serves(first), push };
}

describe('two processes with queues of their own', () => {
  it.concurrent(
    'act one at a time: the other asks for the Lease alone, and takes over when the first is terminated or killed',
    async () => {
      await using system = await startSystem({ cluster });
      const { served, push } = await workload(system);
      const first = await system.plane();
      await leads(first);
      await served();
      const { proxy, kubeconfig } = await cluster.breakable();
      const second = await system.plane({ kubeconfig });
      await push();
      await eventually('the second looks at the Lease', () => proxy.requests.length >= 3);
      const others = proxy.requests.filter(({ url }) => !/\/leases\/|\/secrets\/revflow-install/.test(url));
      expect(others).toEqual([]);
      expect(await pollsOf(second)).toBe(0);

      expect(await first.stop()).toBe(0);
      await leads(second);
      const lease = await system.kube.get<KubeObject>({
        kind: leaseKind,
        namespace: system.namespace,
        name: 'revflow',
      });
      // It was given back and not waited out.
      expect(lease?.['spec']).toMatchObject({ leaseTransitions: 1 });
      await push();

      const third = await system.plane();
      await second.kill9();
      await leads(third);
      await push();
      const revisions = system.farm.revisionsOf('work');
      expect(new Set(revisions).size).toBe(revisions.length);
    },
    3 * takeOverMs,
  );

  it.concurrent(
    'do not act both when the first is cut off from the API server: it polls no more',
    async () => {
      await using system = await startSystem({ cluster });
      const { served, push } = await workload(system);
      const { proxy, kubeconfig } = await cluster.breakable();
      const first = await system.plane({ kubeconfig });
      await leads(first);
      await served();
      const second = await system.plane();
      proxy.fault = () => ({ cut: 'before' });
      proxy.cutAll();
      await leads(second);
      expect(first.log()).toContain('"working no longer"');
      const polls = await pollsOf(first);
      await push();
      expect(await pollsOf(first)).toBe(polls);

      proxy.fault = undefined;
      expect(await second.stop()).toBe(0);
      await push();
      expect(await pollsOf(first)).toBeGreaterThan(polls);
    },
    3 * takeOverMs,
  );
});

describe('where OpenFunction is installed', () => {
  const holderOf = async (name: string) => {
    const lease = await cluster.kube.get<KubeObject>({ kind: leaseKind, namespace: theirs.namespace, name });
    return Reflect.get(Object(lease?.['spec']), 'holderIdentity') as string | undefined;
  };
  /** As a controller of OpenFunction that runs holds it. */
  const hold = (name: string) => {
    const { apiVersion, kind } = leaseKind;
    const spec = { holderIdentity: 'openfunction-controller-manager_1', leaseDurationSeconds: 3600 };
    return cluster.kube.create(leaseKind, { apiVersion, kind, metadata: { name, namespace: theirs.namespace }, spec });
  };
  const free = async () => {
    for (const name of [theirs.controller, theirs.watcher])
      await cluster.kube.remove({ kind: leaseKind, namespace: theirs.namespace, name });
  };

  beforeAll(async () => {
    const { apiVersion, kind } = kinds.namespace;
    await cluster.kube.create(kinds.namespace, { apiVersion, kind, metadata: { name: theirs.namespace } });
    await free();
    if (isServiceAccount) await grantOpenFunctionLeases(cluster.kube);
  });
  afterAll(async () => {
    await free();
    await cluster.kube.remove({ kind: kinds.namespace, name: theirs.namespace });
  });

  it.each([
    { mode: 'full', flags: [], held: [theirs.controller, theirs.watcher], left: [] },
    { mode: 'companion', flags: ['--steps=watch'], held: [theirs.watcher], left: [theirs.controller] },
  ])('$mode mode holds the Leases $held and gives them back', async ({ flags, held, left }) => {
    await using system = await startSystem({ cluster });
    const plane = await system.plane({ flags });
    await leads(plane);
    for (const name of held) expect(await holderOf(name)).toContain(String(plane.pid));
    for (const name of left) expect(await holderOf(name)).toBeUndefined();
    await plane.stop();
    for (const name of held) expect(await holderOf(name)).toBeFalsy();
    await free();
  });

  const looks = (proxy: FaultProxy, lease: string) =>
    eventually('it looks at their Lease', () => proxy.requests.filter(({ url }) => url.includes(lease)).length >= 2);

  it(
    'nothing is polled or written while the controller of OpenFunction holds its Lease',
    async () => {
      await using system = await startSystem({ cluster });
      await hold(theirs.controller);
      const { served } = await workload(system);
      const { proxy, kubeconfig } = await cluster.breakable();
      const plane = await system.plane({ kubeconfig });
      await looks(proxy, theirs.controller);
      expect(isLeading(plane)).toBe(false);
      expect(proxy.requests.filter(({ url }) => url.includes('/functions'))).toEqual([]);
      expect(await pollsOf(plane)).toBe(0);
      await free();
      await served();
      await plane.stop();
      await free();
    },
    takeOverMs,
  );

  it.skipIf(!hasRedis)(
    `leaves what is queued in Redis while OpenFunction’s controller is at work${hasRedis ? '' : ` (${skipsWithoutRedis})`}`,
    async () => {
      await using system = await startSystem({ cluster });
      await using redis = await startRedis();
      const { served, push } = await workload(system);
      const before = await system.plane({ redis: redis.url });
      await served();
      await before.stop();
      await free();
      await hold(theirs.controller);
      const { proxy, kubeconfig } = await cluster.breakable();
      const after = await system.plane({ redis: redis.url, kubeconfig });
      await looks(proxy, theirs.controller);
      expect(isLeading(after)).toBe(false);
      expect(await pollsOf(after)).toBe(0);
      await free();
      await push();
      expect(await pollsOf(after)).toBeGreaterThan(0);
    },
    2 * takeOverMs,
  );
});
