// `npm run bench:watch`: what watching costs and how soon it acts, over real HTTP on loopback, against the numbers of the design.
// Prints one line of JSON a size and one verdict a number; progress goes to stderr. Exit code 1 where a number is missed.
import { parseArgs } from 'node:util';
import { measureBurst } from './burst.ts';
import { measureEmission } from './emission.ts';
import { isMet, type Verdict, verdictText } from './figures.ts';
import { measurePoll } from './poll.ts';
import { measureRestart } from './restart.ts';
import { measureSize, type Size, type SizeLine } from './size.ts';
import { sizeVerdicts } from './size-verdicts.ts';
import { progress, startWorld, type World } from './world.ts';

const sizes: readonly Size[] = [
  { name: '1000', functions: 1_000, repositories: 50, naive: true },
  { name: '10000', functions: 10_000, repositories: 500, naive: true },
  { name: '50000', functions: 50_000, repositories: 2_500, naive: false },
  { name: 'distinct', functions: 10_000, repositories: 5_000, naive: false },
];

async function measureSizes(world: World, names: readonly string[]): Promise<readonly Verdict[]> {
  const lines = new Map<string, SizeLine>();
  for (const size of sizes.filter(({ name }) => names.includes(name))) {
    const line = await measureSize(world, size);
    lines.set(size.name, line);
    console.log(JSON.stringify(line));
  }
  return sizeVerdicts(lines);
}

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: sizes.map(({ name }) => name).join(',') },
    only: { type: 'string', default: 'sizes,poll,emission,restart,burst' },
    profile: { type: 'string' },
  },
});

const parts: Readonly<Record<string, (world: World) => Promise<readonly Verdict[]>>> = {
  sizes: world => measureSizes(world, values.sizes.split(',')),
  poll: measurePoll,
  emission: measureEmission,
  restart: measureRestart,
  burst: measureBurst,
};

await using world = await startWorld(values.profile);
const verdicts: Verdict[] = [];
for (const name of values.only.split(',')) {
  const part = parts[name];
  if (part === undefined) throw new Error(`--only must name some of ${Object.keys(parts).join(', ')}, found ${name}`);
  progress(`— ${name}`);
  verdicts.push(...(await part(world)));
}
for (const verdict of verdicts) console.log(verdictText(verdict));
process.exitCode = verdicts.every(isMet) ? 0 : 1;
