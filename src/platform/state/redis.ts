// The state that any number of processes share, on Redis or Valkey: one command or one script an operation.
import { type ConnectionOptions, openConnection, run, type Script, script } from '../queue/redis/connection.ts';
import type { State } from './state.ts';

export interface RedisStateOptions extends ConnectionOptions {
  /** What all keys in Redis begin with; in braces, so that a Redis Cluster keeps them together. Default `{revflow:1}`. */
  readonly prefix?: string | undefined;
}

/** Called with the key, whether it must be there, the expected value, whether it is deleted, the new value and its time. */
const swapScript: Script = script(`
local value = redis.call('GET', KEYS[1])
if ARGV[1] == '1' and value ~= ARGV[2] or ARGV[1] == '0' and value then return 0 end
if ARGV[3] == '1' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[5]) end
return 1`);

/** Called with the key, what to add, and its time when it is new. */
const addScript: Script = script(`
local sum = redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return sum`);

/** A state on Redis. TerminalError BadUrl for a URL of no use; every operation fails with RetryableError while it is away. */
export async function createRedisState(options: RedisStateOptions): Promise<State> {
  const connection = await openConnection(options);
  const name = (key: string) => `${options.prefix ?? '{revflow:1}'}:state:${key}`;

  return {
    get: async key => (await connection.ask(`read ${key}`, client => client.get(name(key)))) ?? undefined,
    async getMany(keys) {
      if (keys.length === 0) return [];
      const values = await connection.ask(`read ${keys.length} keys`, client => client.mget(keys.map(name)));
      return values.map(value => value ?? undefined);
    },
    async set(key, value, ttlMs) {
      await connection.ask(`write ${key}`, client => client.set(name(key), value, 'PX', span(ttlMs)));
    },
    async swap(key, expected, next) {
      const call = [
        name(key),
        expected === undefined ? 0 : 1,
        expected ?? '',
        next ? 0 : 1,
        next?.value ?? '',
      ] as const;
      const ttlMs = span(next?.ttlMs ?? 1);
      return (await connection.ask(`swap ${key}`, client => run(client, swapScript, [...call, ttlMs]))) === 1;
    },
    add: async (key, delta, ttlMs) =>
      Number(await connection.ask(`add to ${key}`, client => run(client, addScript, [name(key), delta, span(ttlMs)]))),
    async delete(key) {
      await connection.ask(`delete ${key}`, client => client.del(name(key)));
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

/** Redis takes whole milliseconds from 1 on. */
function span(ms: number): number {
  return Math.max(Math.ceil(ms), 1);
}
