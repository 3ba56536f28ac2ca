// The demo killed with -9 at ten moments and run again: the end is always the same, and nothing is built twice.
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { createdRuns, endOf, servedAtLast, startDemo } from './demo-state.ts';

const seed = Number(process.env['REVFLOW_SEED'] ?? Date.now() % 1_000_000);
/** About as many lines as the demo prints before it says that it is done. */
const lines = 28;
const random = mulberry(seed);
const moments = Array.from({ length: 10 }, () => ({
  line: Math.floor(random() * lines) + 1,
  ms: Math.floor(random() * 120),
}));

let directory = '';
let served: readonly string[] = [];
let runs: readonly string[] = [];

beforeAll(async () => {
  console.log(`demo-kill: seed ${seed} (REVFLOW_SEED=${seed} repeats it)`);
  directory = await mkdtemp(join(tmpdir(), 'revflow-demo-kill-'));
  const whole = startDemo(join(directory, 'whole'));
  if ((await endOf(whole)) !== 0) throw new Error('the demo does not even end well when it is left alone');
  served = servedAtLast(whole);
  runs = createdRuns(join(directory, 'whole'));
}, 60_000);
afterAll(() => rm(directory, { recursive: true, force: true }));

it.each(moments)(
  `killed $ms ms after line $line and run again, it ends in the same state (seed ${seed})`,
  async ({ line, ms }) => {
    const state = join(directory, `${line}-${ms}`);
    // The same ports: they are part of what is packed.
    await mkdir(state, { mode: 0o700 });
    await copyFile(join(directory, 'whole', 'ports.json'), join(state, 'ports.json'));
    const killed = startDemo(state);
    const due = Promise.withResolvers<void>();
    killed.onLine = () => {
      if (killed.lines.length >= line) due.resolve();
    };
    await Promise.race([due.promise, killed.ended]);
    await systemClock.sleep(ms);
    killed.child.kill('SIGKILL');
    await killed.ended;

    const again = startDemo(state);
    expect(await endOf(again)).toBe(0);
    expect(servedAtLast(again)).toEqual(served);
    expect(createdRuns(state)).toEqual(runs);
  },
  90_000,
);

/** A small seeded generator of numbers from 0 to 1. */
function mulberry(start: number): () => number {
  let at = start;
  return () => {
    at = (at + 0x6d2b79f5) | 0;
    let mixed = Math.imul(at ^ (at >>> 15), 1 | at);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
