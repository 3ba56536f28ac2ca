// revflow is stopped and started again: nothing is written for nothing, and what happened meanwhile is taken up.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import type { FaultProxy } from '../servers/fault-proxy.ts';
import { digestOf } from './builder-farm.ts';
import { type System, startSystem } from './system.ts';

describe('revflow that is stopped and started again', () => {
  let system: System;
  let proxy: FaultProxy;
  let kubeconfig: string;

  beforeAll(async () => {
    system = await startSystem();
    ({ proxy, kubeconfig } = await system.cluster.breakable());
  });
  afterAll(() => system[Symbol.asyncDispose]());

  /** Requests that change something, but for the Leases of whoever leads. */
  const writes = () =>
    proxy.requests
      .filter(({ method, url }) => method !== 'GET' && !url.includes('/leases'))
      .map(({ method, url }) => `${method} ${url}`);

  it('writes nothing to a Function that is settled, polls its source once, and sees the next push', async () => {
    const settled = await system.git.repository('team/settled');
    const failing = await system.git.repository('team/failing');
    const first = await settled.commit();
    const bad = await failing.commit({ files: { 'bad.txt': 'bad' } });
    system.farm.broken.add(bad);
    const before = await system.plane({ kubeconfig });
    await system.create('settled');
    await system.create('failing');
    await system.create('unwatched', {
      annotations: { 'openfunction.io/revision-controller': 'disable' },
      url: `${system.git.url}/team/settled.git`,
    });
    await system.untilServed('settled', digestOf('settled', first));
    await system.until('failing', 'failed', ({ status }) => status?.build?.state === 'Failed');
    await system.untilServed('unwatched', digestOf('unwatched', 'main'));
    await before.stop();
    const names = ['settled', 'failing', 'unwatched'];
    const versions = () => Promise.all(names.map(async name => (await system.read(name)).metadata.resourceVersion));
    const old = await versions();

    proxy.reset();
    system.git.requests.length = 0;
    const after = await system.plane({ kubeconfig });
    await eventually('its sources are polled', () => {
      const paths = system.git.requests.map(({ url }) => url.split('/')[2]);
      return ['settled.git', 'failing.git'].every(path => paths.filter(each => each === path).length >= 2);
    });
    expect(writes()).toEqual([]);
    expect(await versions()).toEqual(old);

    const second = await settled.commit();
    await system.untilServed('settled', digestOf('settled', second));
    expect(system.farm.revisionsOf('settled')).toEqual([first, second]);
    expect(system.farm.revisionsOf('failing')).toEqual([bad]);
    await after.stop();
  });

  it('takes up a push that came, and the end of a build that came, while it was down', async () => {
    const pushed = await system.git.repository('team/pushed');
    const ended = await system.git.repository('team/ended');
    const [a, b] = [await pushed.commit({ files: { 'p.txt': 'p' } }), await ended.commit({ files: { 'e.txt': 'e' } })];
    const before = await system.plane({ kubeconfig });
    system.farm.slow.add('ended');
    await system.create('pushed');
    await system.create('ended');
    await system.untilServed('pushed', digestOf('pushed', a));
    await system.until('ended', 'is built', ({ status }) => status?.build?.state === 'Building');
    await before.stop();
    const newer = await pushed.commit();
    await system.farm.release('ended');

    await system.plane({ kubeconfig });
    await system.untilServed('pushed', digestOf('pushed', newer));
    await system.untilServed('ended', digestOf('ended', b));
    expect(system.farm.revisionsOf('pushed')).toEqual([a, newer]);
    expect(system.farm.revisionsOf('ended')).toEqual([b]);
  });
});
