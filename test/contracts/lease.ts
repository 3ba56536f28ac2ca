// What an election promises, over a real Lease.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Clock } from '../../src/platform/clock.ts';
import { holdForeignLeases } from '../../src/platform/kube/foreign-leases.ts';
import type { Kind, Kube, KubeObject } from '../../src/platform/kube/kube.ts';
import { type Election, elect, leaseKind } from '../../src/platform/kube/lease.ts';
import { createManualClock, type ManualClock } from '../manual-clock.ts';
import { isRealCluster, silentLog, startTestCluster, type TestCluster } from '../servers/api-server.ts';
import type { FaultProxy } from '../servers/fault-proxy.ts';

const namespaceKind: Kind = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', cluster: true };

interface Lease extends KubeObject {
  readonly spec: { readonly holderIdentity?: string; readonly leaseTransitions?: number; readonly renewTime?: string };
}

/** The suite, over the API server that `startTestCluster` finds. */
export function leaseContract(): void {
  describe(`election over ${isRealCluster ? 'a real' : 'the embedded'} API server`, () => {
    let cluster: TestCluster;
    let proxy: FaultProxy;
    let broken: Kube;
    let namespace: string;
    let clock: ManualClock;
    let elections: { close(): Promise<void> }[];

    beforeAll(async () => {
      cluster = await startTestCluster();
      const breakable = await cluster.breakable();
      proxy = breakable.proxy;
      broken = await cluster.connect({ kubeconfig: breakable.kubeconfig });
    });
    afterAll(() => cluster[Symbol.asyncDispose]());
    beforeEach(async () => {
      namespace = await cluster.namespace();
      clock = createManualClock();
      elections = [];
    });
    afterEach(async () => {
      proxy.reset();
      proxy.cutAll();
      await Promise.all(elections.map(election => election.close()));
    });

    function candidate(identity: string, kube: Kube = cluster.kube): Election {
      const election = elect({ kube, namespace, name: 'revflow', identity, clock, log: silentLog });
      elections.push(election);
      return election;
    }
    const lease = () => cluster.kube.get<Lease>({ kind: leaseKind, namespace, name: 'revflow' });
    const leads = (election: Election) => expect.poll(() => election.leading).toBe(true);

    async function untilItIs(check: () => void | Promise<void>, step = 500): Promise<void> {
      await vi.waitFor(
        async () => {
          clock.advance(step);
          await check();
        },
        { timeout: 15_000, interval: 20 },
      );
    }

    test('a closed one leaves no timer behind: its process can end', async () => {
      const one = candidate('one');
      await leads(one);
      await one.close();
      expect(clock.pending).toBe(0);
    });

    test('a Lease that is not there is made and held', async () => {
      const one = candidate('one');
      const told: boolean[] = [];
      one.onChange(leading => told.push(leading));
      await leads(one);
      expect(told).toEqual([true]);
      expect((await lease())?.spec).toMatchObject({
        holderIdentity: 'one',
        leaseTransitions: 0,
        leaseDurationSeconds: 15,
      });
    });

    test('a holder renews, and another waits for as long as it does', async () => {
      const one = candidate('one');
      await leads(one);
      const first = (await lease())?.spec.renewTime ?? '';
      const two = candidate('two');
      let renewals = 0;
      let last = first;
      await untilItIs(async () => {
        const renewed = (await lease())?.spec.renewTime ?? '';
        if (renewed > last) renewals += 1;
        last = renewed;
        expect(two.leading).toBe(false);
        expect(renewals).toBeGreaterThan(15);
      });
      expect(one.leading).toBe(true);
    });

    test('closing releases the Lease, and the other takes it at its next look', async () => {
      const one = candidate('one');
      await leads(one);
      const two = candidate('two');
      await one.close();
      expect(one.leading).toBe(false);
      // Nobody's, or the other's already.
      expect((await lease())?.spec.holderIdentity).not.toBe('one');
      await untilItIs(() => expect(two.leading).toBe(true));
      expect((await lease())?.spec).toMatchObject({ holderIdentity: 'two', leaseTransitions: 1 });
    });

    test('who cannot renew stops leading before another may start', async () => {
      const one = candidate('one', broken);
      await leads(one);
      const told: boolean[] = [];
      one.onChange(leading => told.push(leading));
      proxy.fault = () => ({ drop: true });
      const two = candidate('two');
      let both = false;
      await untilItIs(() => {
        both ||= one.leading && two.leading;
        expect(two.leading).toBe(true);
      });
      expect(both).toBe(false);
      expect(told).toEqual([false]);
      expect((await lease())?.spec.holderIdentity).toBe('two');
    });

    test('who cannot renew is told so even when timers fire a moment early', async () => {
      const early: Clock = {
        now: () => clock.now(),
        sleep: (ms, signal) => clock.sleep(ms, signal),
        after: (ms, callback) => clock.after(Math.max(ms - 1, 0), callback),
      };
      const one = elect({ kube: broken, namespace, name: 'revflow', identity: 'one', clock: early, log: silentLog });
      elections.push(one);
      await leads(one);
      const told: boolean[] = [];
      one.onChange(leading => told.push(leading));
      proxy.fault = () => ({ cut: 'before' });
      await untilItIs(() => expect(told).toEqual([false]));
    });

    test('an answer that comes too late does not lead', async () => {
      const one = candidate('one', broken);
      await leads(one);
      const told: boolean[] = [];
      one.onChange(leading => told.push(leading));
      proxy.reset();
      let answered = 0;
      proxy.fault = () => ({
        after: async () => {
          clock.advance(11_000);
          answered += 1;
        },
      });
      await untilItIs(() => expect(answered).toBeGreaterThan(2));
      expect(told).toEqual([false]);
    });

    test('of two that start together one leads', async () => {
      const both = [candidate('one'), candidate('two')];
      await untilItIs(() => expect(both.filter(election => election.leading)).toHaveLength(1));
      const holder = (await lease())?.spec.holderIdentity;
      expect(both.findIndex(election => election.leading)).toBe(holder === 'one' ? 0 : 1);
    });

    test('a Lease that somebody deleted or took by force is not led for longer', async () => {
      const one = candidate('one');
      await leads(one);
      await cluster.kube.patch({ kind: leaseKind, namespace, name: 'revflow' }, { spec: { holderIdentity: 'thief' } });
      await untilItIs(() => expect(one.leading).toBe(false));
      await cluster.kube.remove({ kind: leaseKind, namespace, name: 'revflow' });
      await untilItIs(() => expect(one.leading).toBe(true));
    });

    function foreign(names: readonly string[]) {
      const held = holdForeignLeases({
        kube: cluster.kube,
        namespace,
        names,
        identity: 'revflow',
        clock,
        log: silentLog,
      });
      elections.push(held);
      return held;
    }

    test('foreign leases are held, all of them', async () => {
      const held = foreign(['79f0111e.openfunction.io', 'revision.openfunction.io']);
      expect(held.clear).toBe(false);
      await expect.poll(() => held.clear).toBe(true);
      for (const name of ['79f0111e.openfunction.io', 'revision.openfunction.io']) {
        const found = await cluster.kube.get<Lease>({ kind: leaseKind, namespace, name });
        expect(found?.spec.holderIdentity).toBe('revflow');
      }
    });

    test('while another controller holds one of them the way is not clear', async () => {
      const name = '79f0111e.openfunction.io';
      const theirs = elect({ kube: cluster.kube, namespace, name, identity: 'openfunction', clock, log: silentLog });
      elections.push(theirs);
      await leads(theirs);
      const held = foreign([name, 'revision.openfunction.io']);
      await expect
        .poll(async () => {
          clock.advance(500);
          return cluster.kube.get({ kind: leaseKind, namespace, name: 'revision.openfunction.io' });
        })
        .toBeDefined();
      expect(held.clear).toBe(false);
      await theirs.close();
      await untilItIs(() => expect(held.clear).toBe(true));
    });

    test('where the namespace is absent the way is clear and nothing is made', async () => {
      await cluster.kube.remove({ kind: namespaceKind, name: namespace });
      const told: boolean[] = [];
      const held = foreign(['79f0111e.openfunction.io']);
      held.onChange(clear => told.push(clear));
      await expect.poll(() => held.clear).toBe(true);
      expect(told).toEqual([true]);
      expect(await cluster.kube.list(leaseKind, { namespace })).toEqual([]);
    });
  });
}
