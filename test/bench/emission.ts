// From the head to the run on an idle cluster: one change at a time, and which requests to the API server lie in between.
import { eventually } from '../eventually.ts';
import { startBuilders } from './builders.ts';
import { atMost, percentile, type Verdict } from './figures.ts';
import { fleetOf, movableOf } from './fleet.ts';
import { newCommit } from './heads.ts';
import { untilStill } from './stillness.ts';
import { progress, type World } from './world.ts';

const repositories = 50;
const changes = 200;

export async function measureEmission(world: World): Promise<readonly Verdict[]> {
  const fleet = fleetOf({ functions: repositories, repositories, gitOnly: true });
  await using cluster = await world.cluster(fleet, '1s');
  await using builders = await startBuilders(cluster.kube, 100);
  await using _worker = await cluster.worker();
  await eventually('every source was asked', async () => (await world.polls()).sources >= repositories, 60_000);
  await untilStill(cluster);
  await cluster.trace();
  const emitted: number[] = [];
  const called: number[] = [];
  for (let at = 0; at < changes; at += 1) {
    const member = fleet[at % fleet.length];
    if (member === undefined) continue;
    const id = newCommit();
    await cluster.traced();
    await world.sources.ask('move', { name: movableOf(member), id });
    await eventually('the run was created', () => builders.created.length > at);
    const seen = world.sighted.get(id) ?? Number.NaN;
    emitted.push((builders.created[at]?.at ?? Number.NaN) - seen);
    await untilStill(cluster);
    const calls = (await cluster.traced()).filter(call => call.at >= seen);
    called.push(calls.findIndex(({ method, plural }) => method === 'POST' && plural === 'buildruns') + 1);
  }
  progress(`emission: p50 ${percentile(emitted, 0.5).toFixed(1)} ms over ${changes} changes`);
  return [
    // A few changes meet the leader's slow round, which looks at another Function in between.
    atMost('head observed → BuildRun created, idle cluster: API calls', percentile(called, 0.95), [5, 'calls']),
    atMost('head observed → BuildRun created, idle cluster: p99', percentile(emitted, 0.99), [250, 'ms']),
  ];
}
