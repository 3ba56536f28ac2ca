// Measures a driver of the queue: node test/bench/queue.ts memory|redis KEYS EVERY_MS ROUNDS. One line of JSON at the end.
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/platform/clock.ts';
import { createMemoryQueue } from '../../src/platform/queue/memory.ts';
import type { Queue } from '../../src/platform/queue/queue.ts';
import { createRedisQueue } from '../../src/platform/queue/redis/queue.ts';
import { startRedis } from '../servers/redis.ts';

const { positionals } = parseArgs({ allowPositionals: true });
const [driver = 'memory', keys = 1_000, everyMs = 3_000, rounds = 3] = [
  positionals[0],
  ...positionals.slice(1).map(Number),
];
const silent = () => undefined;
const ports = { clock: systemClock, log: { error: console.error, warn: silent, info: silent, debug: silent } };
const redis = driver === 'redis' ? await startRedis({ fsync: 'everysec' }) : undefined;
const queue: Queue = redis ? await createRedisQueue({ url: redis.url, ...ports }) : createMemoryQueue(ports);

const first = Date.now() + 1_000 + keys / 20;
const dueAt = new Map(Array.from({ length: keys }, (_, index) => [`key-${index}`, first + (index * everyMs) / keys]));
for (const batch of batches([...dueAt])) await Promise.all(batch.map(([key, at]) => queue.wake('source', key, at)));

const lateMs: number[] = [];
const finished = Promise.withResolvers<void>();
await redis?.resetCommandstats();
const before = process.cpuUsage();
const consumer = await queue.work('source', handle, { concurrency: 50 });
const stay = setInterval(silent, 60_000);
await finished.promise;
clearInterval(stay);
const { user, system } = process.cpuUsage(before);
const stats = [...((await redis?.commandstats()) ?? new Map<string, { calls: number; usec: number }>()).values()];
const runs = lateMs.length;
lateMs.sort((a, b) => a - b);
console.log(
  JSON.stringify({
    driver,
    keys,
    runs,
    node_us_per_run: Math.round((user + system) / runs),
    redis_command_us_per_run: Math.round(stats.reduce((sum, { usec }) => sum + usec, 0) / runs),
    commands_per_run: Math.round((10 * stats.reduce((sum, { calls }) => sum + calls, 0)) / runs) / 10,
    late_p50_ms: Math.round(lateMs[Math.floor(runs / 2)] ?? 0),
    late_p99_ms: Math.round(lateMs[Math.floor(runs * 0.99)] ?? 0),
  }),
);
await consumer.close();
await queue[Symbol.asyncDispose]();
await redis?.[Symbol.asyncDispose]();

async function handle(key: string): Promise<number> {
  const now = Date.now();
  lateMs.push(now - (dueAt.get(key) ?? now));
  if (lateMs.length === keys * rounds) finished.resolve();
  dueAt.set(key, now + everyMs);
  return now + everyMs;
}

function batches<T>(all: T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / 500) }, (_, index) => all.slice(index * 500, index * 500 + 500));
}
