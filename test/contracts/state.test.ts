// Runs the contract of the state over both drivers.
import { systemClock } from '../../src/platform/clock.ts';
import { createMemoryState } from '../../src/platform/state/memory.ts';
import { createRedisState } from '../../src/platform/state/redis.ts';
import { createManualClock } from '../manual-clock.ts';
import { hasRedis, skipsWithoutRedis, startRedis } from '../servers/redis.ts';
import { createKeptLog } from './queue-scene.ts';
import { moved, waited } from './queue-worlds.ts';
import { stateContract } from './state.ts';

stateContract({
  driver: 'in memory',
  async open() {
    const clock = createManualClock();
    const state = createMemoryState({ clock });
    return { state, other: state, until: moved(clock), [Symbol.asyncDispose]: () => state[Symbol.asyncDispose]() };
  },
});

stateContract({
  driver: 'on Redis',
  skip: hasRedis ? undefined : skipsWithoutRedis,
  async open() {
    const redis = await startRedis();
    const ports = { url: redis.url, clock: systemClock, log: createKeptLog() };
    const state = await createRedisState(ports);
    const other = await createRedisState(ports);
    async function close() {
      await Promise.all([state[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
      await redis[Symbol.asyncDispose]();
    }
    return { state, other, until: waited(), [Symbol.asyncDispose]: close };
  },
});
