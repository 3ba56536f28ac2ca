// What one unchanged poll of a Git repository costs: requests, bytes on the wire, CPU of the worker.
import { systemClock } from '../../src/platform/clock.ts';
import { eventually } from '../eventually.ts';
import { atMost, type Verdict } from './figures.ts';
import { fleetOf, sourcesOf } from './fleet.ts';
import { type Cluster, progress, type World } from './world.ts';

const interval = '4s';
const repositories = 1_000;
const windowMs = 40_000;

export async function measurePoll(world: World): Promise<readonly Verdict[]> {
  const fleet = fleetOf({ functions: repositories, repositories, gitOnly: true });
  await using cluster = await world.cluster(fleet, interval);
  const idle = await idleShare(cluster);
  await using worker = await cluster.worker();
  await eventually('every source was asked', async () => (await world.polls()).sources >= sourcesOf(fleet), 60_000);
  await systemClock.sleep(10_000);
  const [cpu, before, begun] = [worker.cpuSeconds(), await world.polls(), performance.now()];
  await systemClock.sleep(windowMs);
  const [seconds, after] = [(performance.now() - begun) / 1000, await world.polls()];
  const polls = after.requests - before.requests;
  const cpuMs = ((worker.cpuSeconds() - cpu - idle * seconds) * 1000) / polls;
  progress(`poll: ${polls} in ${seconds.toFixed(1)} s; an idle worker takes ${(idle * 100).toFixed(2)} % of a core`);
  const due = (seconds * repositories) / 4;
  return [
    atMost('one unchanged Git poll: requests', polls / due, [1.01, 'requests']),
    atMost('one unchanged Git poll: both ways', (after.gitBytes - before.gitBytes) / polls, [1000, 'bytes']),
    atMost('one unchanged Git poll: CPU with its queue share', cpuMs, [0.6, 'ms']),
  ];
}

/** CPU of a worker that has nothing to do, share of a core. */
async function idleShare(cluster: Cluster): Promise<number> {
  await using worker = await cluster.worker(['--namespaces', 'default']);
  await systemClock.sleep(5_000);
  const [cpu, begun] = [worker.cpuSeconds(), performance.now()];
  await systemClock.sleep(10_000);
  return ((worker.cpuSeconds() - cpu) * 1000) / (performance.now() - begun);
}
