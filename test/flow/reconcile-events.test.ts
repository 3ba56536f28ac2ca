// The Events of a Function: one for each change of what its conditions say, none for what stays.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventInput } from '../../src/platform/kube/events.ts';
import type { TestCluster } from '../servers/api-server.ts';
import { startReconcileCluster } from './cluster.ts';
import { createWorld, digest, gitSpec, shaA, shaB, shaC, watching } from './world.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startReconcileCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const line = ({ regarding, type, action, reason, related }: EventInput) =>
  [regarding.kind, type, action, reason, ...(related === undefined ? [] : [related.kind])].join(' ');

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
      'Builder Normal Build Started',
      'Function Normal Watch Observed',
      'Function Normal Build BuildStarted Builder',
      'Builder Normal Build Completed',
      'Function Normal Build BuildCompleted Builder',
      'Function Normal Serving NoRuntime Serving',
    ]);

    world.events.length = 0;
    await world.observe(shaB);
    await world.reconcile();
    await world.shipwright.fail(await world.shipwright.newest(), 'Failed', '100 % of it went wrong');
    await world.reconcile();
    expect(world.events.map(line)).toEqual([
      'Builder Normal Build Started',
      'Function Normal Build BuildStarted Builder',
      'Builder Warning Build Failed',
      'Function Warning Build BuildFailed Builder',
    ]);
    expect(world.events[3]?.note).toBe('Build failed: 100 % of it went wrong');
    expect(world.events[1]?.regarding.metadata.name).toBe('f');
  });

  it('tell the end of a build that another one follows at once, and not of one that was cancelled for it', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec, watching());
    await world.reconcile();
    world.clock.advance(31_000);
    await world.reconcile();
    await world.observe(shaB);
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(1), commit: shaA });
    await world.reconcile();
    const told = () =>
      world.events.filter(event => event.regarding.kind === 'Function' && event.action === 'Build').map(line);
    expect(told().slice(-2)).toEqual([
      'Function Normal Build BuildCompleted Builder',
      'Function Normal Build BuildStarted Builder',
    ]);
    world.events.length = 0;
    await world.observe(shaC);
    await world.reconcile();
    await world.shipwright.fail(await world.shipwright.newest(), 'BuildRunCanceled', 'cancelled');
    await world.reconcile();
    expect(told().filter(each => !each.includes('Cancelling'))).toEqual(['Function Normal Build BuildStarted Builder']);
  });

  it('say nothing of what nobody asked for', async () => {
    const world = await createWorld(cluster);
    await world.create({ image: 'reg.example/f:v1', serving: {} });
    await world.reconcile();
    expect(world.events.map(line)).toEqual(['Function Normal Serving NoRuntime Serving']);
  });
});
