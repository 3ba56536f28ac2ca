// The queue that any number of processes share: BullMQ on Redis or Valkey.
import { dueTime } from '../due.ts';
import type { Consumer, Queue, QueueName } from '../queue.ts';
import { type ConnectionOptions, openConnection, run } from './connection.ts';
import { type Line, startConsumer } from './consumer.ts';
import { jobId } from './job-id.ts';
import { countScript, wakeScript } from './scripts.ts';

export interface RedisQueueOptions extends ConnectionOptions {
  /** What all keys in Redis begin with; in braces, so that a Redis Cluster keeps them together. Default `{revflow:1}`. */
  readonly prefix?: string | undefined;
}

/**
 * A queue on Redis. TerminalError BadUrl for a URL of no use. A server that is away is no error here: a wake then fails
 * with RetryableError within seconds, and consumers go on by themselves when the server is back.
 */
export async function createRedisQueue(options: RedisQueueOptions): Promise<Queue> {
  const { clock, prefix = '{revflow:1}' } = options;
  const connection = await openConnection(options);
  const lines = new Map<QueueName, Line>();
  const consumers = new Set<Consumer>();

  function line(name: QueueName): Line {
    const known = lines.get(name) ?? { name, prefix, at: `${prefix}:${name}:`, busy: new Map() };
    lines.set(name, known);
    return known;
  }

  return {
    shared: true,
    async wake(queue, key, at) {
      const now = clock.now();
      const call = [line(queue).at, now, jobId(key), dueTime(at, now)] as const;
      await connection.ask(`wake ${key}`, client => run(client, wakeScript, [...call]));
    },
    async work(queue, handler, work) {
      const consumer = startConsumer({ ...options, line: line(queue) }, handler, work);
      consumers.add(consumer);
      return consumer;
    },
    async counts(queue) {
      const call = [line(queue).at, clock.now()] as const;
      const [all = 0, overdue = 0, waiting = 0, running = 0] = numbers(
        await connection.ask(`count ${queue}`, client => run(client, countScript, [...call])),
      );
      return { delayed: all - overdue, due: waiting + overdue, running };
    },
    healthy: () => connection.healthy(),
    async [Symbol.asyncDispose]() {
      await Promise.all([...consumers].map(consumer => consumer.close()));
      await connection[Symbol.asyncDispose]();
    },
  };
}

function numbers(answer: unknown): number[] {
  return Array.isArray(answer) ? answer.map(Number) : [];
}
