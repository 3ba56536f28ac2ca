// A worker process for the tests of the queue on Redis: it handles `source` and prints what it does, a line each.
// Keys `hold-...` run until the process ends or is told to stop; `work-...` take a moment; all others end at once.
import { systemClock } from '../../src/platform/clock.ts';
import type { Log } from '../../src/platform/log.ts';
import { createRedisQueue } from '../../src/platform/queue/redis/queue.ts';

const [url = '', concurrency = '10'] = process.argv.slice(2);
const print = (...words: unknown[]) => void process.stdout.write(`${words.join(' ')}\n`);
const log: Log = {
  error: m => print('log', m),
  warn: m => print('log', m),
  info: () => undefined,
  debug: () => undefined,
};
const stay = setInterval(() => undefined, 60_000);

const queue = await createRedisQueue({ url, clock: systemClock, log });
const consumer = await queue.work('source', handle, { concurrency: Number(concurrency) });
print('ready');
process.once('SIGTERM', () => void stop());

async function handle(key: string, signal: AbortSignal): Promise<undefined> {
  print('begin', key);
  if (key.startsWith('hold-')) await systemClock.sleep(60_000, signal);
  if (key.startsWith('work-')) await systemClock.sleep(40, signal);
  print('end', key);
}

async function stop(): Promise<void> {
  await consumer.close(5_000);
  await queue[Symbol.asyncDispose]();
  clearInterval(stay);
  print('closed');
}
