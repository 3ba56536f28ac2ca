// A restart with 10,000 Functions: how soon the worker is ready, what it asks, and that it writes nothing.
import { systemClock } from '../../src/platform/clock.ts';
import { eventually } from '../eventually.ts';
import { atMost, type Verdict } from './figures.ts';
import { fleetOf, sourcesOf } from './fleet.ts';
import { progress, type World } from './world.ts';

const functions = 10_000;
const repositories = 500;

export async function measureRestart(world: World): Promise<readonly Verdict[]> {
  const fleet = fleetOf({ functions, repositories });
  const sources = sourcesOf(fleet);
  await using cluster = await world.cluster(fleet, '30s');
  await (await cluster.worker()).stop();
  await world.sources.ask('reset');
  const writes = await cluster.writes();
  await using worker = await cluster.worker();
  await eventually('every source was asked', async () => (await world.polls()).sources >= sources, 60_000);
  const { most, requests } = await world.polls();
  progress(`restart: ready after ${worker.readyMs.toFixed(0)} ms, ${requests} requests for ${sources} sources`);
  await systemClock.sleep(20_000);
  return [
    atMost('restart with 10,000 Functions: ready after', worker.readyMs / 1000, [15, 's']),
    atMost('restart with 10,000 Functions: API writes', (await cluster.writes()) - writes, [0, 'writes']),
    atMost('restart with 10,000 Functions: polls of a source until all were asked', most, [1, 'polls']),
  ];
}
