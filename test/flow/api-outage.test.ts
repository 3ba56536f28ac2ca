// The API server goes away for a while and comes back: nothing is lost, nothing is done twice.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import type { TcpFaultProxy } from '../servers/fault-proxy.ts';
import { digestOf } from './builder-farm.ts';
import { type Plane, type System, startSystem } from './system.ts';

describe('an API server that is away for a while', () => {
  let system: System;
  let proxy: TcpFaultProxy;
  let plane: Plane;

  beforeAll(async () => {
    system = await startSystem();
    const severable = await system.cluster.severable();
    proxy = severable.proxy;
    plane = await system.plane({ kubeconfig: severable.kubeconfig });
  });
  afterAll(() => system[Symbol.asyncDispose]());

  const goAway = () => {
    proxy.refusing = true;
    proxy.cutAll();
  };
  const polls = (name: string) => system.git.requests.filter(({ url }) => url.startsWith(`/team/${name}.git/`)).length;

  it('is told of a push and of the end of a build once it is back', async () => {
    const idle = await system.git.repository('team/idle');
    const building = await system.git.repository('team/building');
    const [a, b] = [await idle.commit({ files: { 'a.txt': 'a' } }), await building.commit()];
    await system.create('idle');
    await system.untilServed('idle', digestOf('idle', a));
    system.farm.slow.add('building');
    await system.create('building');
    await system.until('building', 'is built', ({ status }) => status?.build?.state === 'Building');

    goAway();
    const pushed = await idle.commit();
    await system.farm.release('building');
    const seen = polls('idle');
    await eventually('the source is polled without the API server', () => polls('idle') >= seen + 3);
    const attempts = proxy.accepted;
    await eventually('revflow tries to come back', () => proxy.accepted >= attempts + 2);
    expect(system.farm.revisionsOf('idle')).toEqual([a]);
    proxy.refusing = false;

    await system.untilServed('idle', digestOf('idle', pushed));
    await system.untilServed('building', digestOf('building', b));
    expect(system.farm.revisionsOf('idle')).toEqual([a, pushed]);
    expect(system.farm.revisionsOf('building')).toEqual([b]);
    expect(plane.log()).not.toContain('"level":"error"');
  });
});
