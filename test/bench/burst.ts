// One push to a repository that 5,000 Functions watch: how fast intents are recorded, and that runs keep to their slots.
import { kinds } from '../../src/function/kinds.ts';
import { parseFunction } from '../../src/function/schema.ts';
import { eventually } from '../eventually.ts';
import { startBuilders } from './builders.ts';
import { atLeast, atMost, type Verdict } from './figures.ts';
import { fleetOf } from './fleet.ts';
import { newCommit } from './heads.ts';
import { untilStill } from './stillness.ts';
import { progress, type World } from './world.ts';

const subscribers = 5_000;
const slots = 50;

export async function measureBurst(world: World): Promise<readonly Verdict[]> {
  const fleet = fleetOf({ functions: subscribers, repositories: 0 });
  await using cluster = await world.cluster(fleet, '5s');
  await using builders = await startBuilders(cluster.kube, 1_000);
  await using worker = await cluster.worker(['--max-builds', String(slots)]);
  await eventually('the source was asked', async () => (await world.polls()).sources > 0, 60_000);
  await untilStill(cluster, 3_000);
  const [writes, cpu] = [await cluster.writes(), worker.cpuSeconds()];
  const id = newCommit();
  await world.sources.ask('move', { name: 'bench/repository-0#main', id });
  await eventually('the head was seen', () => world.sighted.has(id));
  const begun = performance.now();
  const ended = () => {
    progress(`burst: ${builders.created.length} runs after ${((performance.now() - begun) / 1000).toFixed(0)} s`);
    return builders.created.length >= subscribers && builders.alive === 0;
  };
  const look = setInterval(ended, 10_000);
  await eventually('every run ended', () => builders.created.length >= subscribers && builders.alive === 0, 900_000);
  clearInterval(look);
  const seconds = (performance.now() - begun) / 1000;
  await untilStill(cluster, 3_000);
  const written = (await cluster.writes()) - writes;
  progress(
    `burst: all built in ${seconds.toFixed(0)} s, ${(worker.cpuSeconds() - cpu).toFixed(0)} s of CPU, ${written} writes`,
  );
  const recorded = (await cluster.kube.list(kinds.function)).map(object => {
    const parsed = parseFunction(object);
    return 'ok' in parsed ? Date.parse(parsed.ok.status?.build?.startedAt ?? '') : Number.NaN;
  });
  // Times are recorded in whole seconds.
  const span = (Math.max(...recorded) - Math.min(...recorded)) / 1000 + 1;
  return [
    atLeast('one push, 5,000 subscribers: intents a second', subscribers / span, [100, 'intents']),
    atMost('one push, 5,000 subscribers: runs alive at once', builders.mostAlive, [slots, 'runs']),
    atMost('one push, 5,000 subscribers: runs created', builders.created.length, [subscribers, 'runs']),
    atMost('one push, 5,000 subscribers: API writes a change', written / subscribers, [12, 'writes']),
  ];
}
