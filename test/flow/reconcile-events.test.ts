// The Events of a Function: one for each change of what its conditions say, none for what stays.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventInput } from '../../src/platform/kube/events.ts';
import type { TestCluster } from '../servers/api-server.ts';
import { startReconcileCluster } from './cluster.ts';
import { createWorld, digest, gitSpec, shaA, shaB, watching } from './world.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startReconcileCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const line = ({ type, action, reason, related }: EventInput) =>
  [type, action, reason, ...(related === undefined ? [] : [related.kind])].join(' ');

describe('Events', () => {
  it('tell the way of a change, with the child that took part', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, watching());
    await world.observe(shaA);
    await world.reconcile();
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(1), commit: shaA });
    await world.reconcile();
    await world.reconcile();
    expect(world.events.map(line)).toEqual([
      'Normal Watch Observed',
      'Normal Build Building Builder',
      'Normal Build Built Builder',
      'Normal Serving NoRuntime Serving',
    ]);

    world.events.length = 0;
    await world.observe(shaB);
    await world.reconcile();
    await world.shipwright.fail(await world.shipwright.newest(), 'Failed', '100 % of it went wrong');
    await world.reconcile();
    expect(world.events.map(line)).toEqual(['Normal Build Building Builder', 'Warning Build BuildFailed Builder']);
    expect(world.events[1]?.note).toContain('100 % of it went wrong');
    expect(world.events[0]?.regarding.metadata.name).toBe('f');
  });

  it('say nothing of what nobody asked for', async () => {
    const world = await createWorld(cluster);
    await world.create({ image: 'reg.example/f:v1', serving: {} });
    await world.reconcile();
    expect(world.events.map(line)).toEqual(['Normal Serving NoRuntime Serving']);
  });
});
