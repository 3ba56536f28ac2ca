// A worker that is started again: what was settled before it came is asked of nobody but the source.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import { digestOf } from './builder-farm.ts';
import { type System, startSystem } from './system.ts';

describe('a worker that is started again', () => {
  let system: System;

  beforeAll(async () => {
    system = await startSystem();
  });
  afterAll(() => system[Symbol.asyncDispose]());

  it('polls, and leaves a settled Function and its children alone', async () => {
    const repository = await system.git.repository('team/settled');
    const commit = await repository.commit();
    const first = await system.plane();
    await system.create('settled');
    await system.untilServed('settled', digestOf('settled', commit));
    const settled = await system.until('settled', 'is settled', fn => isSettled(fn.status?.conditions));
    await first.stop();
    const { proxy, kubeconfig } = await system.cluster.breakable();
    system.git.requests.length = 0;

    const again = await system.plane({ kubeconfig });
    await eventually('it watches', () => again.log().includes('every source is watched'));
    await eventually('the source is polled again and again', () => system.git.requests.length >= 3);

    const asked = proxy.requests.filter(({ url }) => !/\/(?:leases|events|secrets)\b/.test(url));
    expect(asked.filter(({ method }) => method !== 'GET').map(({ method, url }) => `${method} ${url}`)).toEqual([]);
    expect(asked.filter(({ url }) => url.includes('/functions/settled'))).toEqual([]);
    const { metadata } = await system.read('settled');
    expect(metadata.resourceVersion).toBe(settled.metadata.resourceVersion);
  });
});

function isSettled(conditions: readonly { readonly type: string; readonly status: string }[] = []): boolean {
  return !conditions.some(({ type, status }) => type === 'Reconciling' && status === 'True');
}
