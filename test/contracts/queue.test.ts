// Runs the contract of the queue over both drivers.
import { systemClock } from '../../src/platform/clock.ts';
import { createMemoryQueue } from '../../src/platform/queue/memory.ts';
import { createRedisQueue } from '../../src/platform/queue/redis/queue.ts';
import { createManualClock } from '../manual-clock.ts';
import { hasRedis, skipsWithoutRedis, startRedis } from '../servers/redis.ts';
import { queueContract } from './queue.ts';
import { createKeptLog } from './queue-scene.ts';
import { moved, waited } from './queue-worlds.ts';

queueContract({
  driver: 'in memory',
  histories: 300,
  async open() {
    const clock = createManualClock();
    const queue = createMemoryQueue({ clock, log: createKeptLog() });
    const until = moved(clock);
    return { queue, other: queue, clock, until, [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose]() };
  },
});

queueContract({
  driver: 'on Redis',
  skip: hasRedis ? undefined : skipsWithoutRedis,
  histories: 15,
  async open() {
    const redis = await startRedis();
    const ports = { url: redis.url, clock: systemClock, log: createKeptLog() };
    const queue = await createRedisQueue(ports);
    const other = await createRedisQueue(ports);
    async function close() {
      await Promise.all([queue[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
      await redis[Symbol.asyncDispose]();
    }
    return { queue, other, clock: systemClock, until: waited(), [Symbol.asyncDispose]: close };
  },
});
