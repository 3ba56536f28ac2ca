// Core-build checklist 77 (the Build events) and 78: what Events say of a build, on the Function and on its Builder.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import type { EventInput } from '../../src/platform/kube/events.ts';
import { startReconcileCluster } from '../flow/cluster.ts';
import { createWorld, digest, gitSpec, shaA, type World } from '../flow/world.ts';
import type { TestCluster } from '../servers/api-server.ts';
import { startedOn } from './started.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startReconcileCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const started = (build: object = {}) => startedOn(cluster, build);

const line = ({ type, reason, note }: EventInput) => `${type} ${reason}: ${note}`;

/** What the Events of action Build said, of the Function and of its Builder. */
function told({ events }: World): { readonly ofFunction: readonly string[]; readonly ofBuilder: readonly string[] } {
  const builds = events.filter(event => event.action === 'Build');
  return {
    ofFunction: builds.filter(event => event.regarding.kind === 'Function').map(line),
    ofBuilder: builds.filter(event => event.regarding.kind === 'Builder').map(line),
  };
}

describe('the Events of a build', () => {
  it('checklist 77: name the Function, with its Builder as related, and the Builder, with nothing related', async () => {
    const world = await started();
    const name = (await world.read()).status?.build?.resourceRef;
    const [ofFunction] = world.events.filter(event => event.regarding.kind === 'Function' && event.action === 'Build');
    expect(ofFunction).toMatchObject({
      regarding: { metadata: { name: 'f' } },
      related: { kind: 'Builder', metadata: { name } },
    });
    const [ofBuilder] = world.events.filter(event => event.regarding.kind === 'Builder');
    expect(ofBuilder?.regarding.metadata.name).toBe(name);
    expect(ofBuilder).not.toHaveProperty('related');
  });

  it('checklist 77: are one for each state: started and completed', async () => {
    const world = await started();
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(1), commit: shaA });
    await world.reconcile();
    await world.reconcile();
    expect(told(world)).toEqual({
      ofFunction: ['Normal BuildStarted: Build started', 'Normal BuildCompleted: Build completed'],
      ofBuilder: ['Normal Started: Build started', 'Normal Completed: Build completed'],
    });
  });

  it.each([
    ['Failed', 'Warning BuildFailed: Build failed: 100 % wrong', 'Warning Failed: Build failed: 100 % wrong'],
    ['BuildRunTimeout', 'Warning BuildTimeout: Build timeout', 'Warning Timeout: Build timeout'],
    ['BuildRunCanceled', 'Warning BuildCanceled: Build cancelled', 'Warning Canceled: Build canceled'],
  ])(
    'checklist 77: of one that ended with %s are warnings, with what it said as it was said',
    async (reason, ofFunction, ofBuilder) => {
      const world = await started();
      world.events.length = 0;
      await world.shipwright.fail(await world.shipwright.newest(), reason, '100 % wrong');
      await world.reconcile();
      await world.reconcile();
      expect(told(world)).toEqual({ ofFunction: [ofFunction], ofBuilder: [ofBuilder] });
    },
  );

  it('checklist 77: of one that took too long say Timeout, and say it once', async () => {
    const world = await started({ timeout: '10m' });
    world.events.length = 0;
    world.clock.advance(10 * 60_000 + 5000);
    await world.reconcile();
    await world.shipwright.fail(await world.shipwright.newest(), 'BuildRunCanceled', 'cancelled');
    await world.reconcile();
    expect(told(world)).toEqual({
      ofFunction: ['Warning BuildTimeout: Build timeout'],
      ofBuilder: ['Warning Timeout: Build timeout'],
    });
  });

  it('checklist 77: are none for Created and for Skipped', async () => {
    const waiting = await createWorld(cluster);
    waiting.slots = false;
    await waiting.create(gitSpec);
    await waiting.reconcile();
    expect(told(waiting)).toEqual({
      ofFunction: [expect.stringMatching(/^Normal BuildSlots: /)],
      ofBuilder: [],
    });
    const serving = await createWorld(cluster);
    await serving.create({ image: 'reg.example/f:v1', serving: {} });
    await serving.reconcile();
    expect(told(serving)).toEqual({ ofFunction: [], ofBuilder: [] });
  });

  it('checklist 78: buildDuration of the Function is that of its Builder', async () => {
    for (const isGood of [true, false]) {
      const world = await started();
      const run = await world.shipwright.newest();
      await (isGood ? world.shipwright.succeed(run, { digest: digest(1) }) : world.shipwright.fail(run));
      await world.reconcile();
      const [builder] = await world.all(kinds.builder);
      const took = (await world.read()).status?.build?.buildDuration;
      // The Builder may be made a second before its run.
      expect(took).toMatch(/^1m[01]s$/);
      expect(builder?.['status']).toMatchObject({ buildDuration: took });
    }
  });
});
