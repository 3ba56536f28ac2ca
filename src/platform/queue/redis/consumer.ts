// Runs the keys of one queue in this process: BullMQ's worker drives them, keeps their locks and finds those of the dead.
import { DelayedError, type Job, Worker } from 'bullmq';
import { retryTime } from '../backoff.ts';
import { dueTime } from '../due.ts';
import type { Consumer, Handler, QueueName, WorkOptions } from '../queue.ts';
import { type Outcome, Runs } from '../run.ts';
import { redisAddress } from './address.ts';
import { Claims, lockMs } from './claims.ts';
import { type ConnectionOptions, openPatient, said } from './connection.ts';
import { jobId, keyOf } from './job-id.ts';

/** One named queue as this process sees it. */
export interface Line {
  readonly name: QueueName;
  readonly prefix: string;
  /** What its keys in Redis begin with. */
  readonly at: string;
  /** The keys that run in this process; Redis may have forgotten that they do. */
  readonly busy: Map<string, Promise<void>>;
}

export interface ConsumerOptions extends ConnectionOptions {
  readonly line: Line;
}

/** Between two looks for keys whose process died; the shortest of all processes rules. */
const stalledCheckMs = 5_000;
/** A worker that waits for nothing in particular looks again after so long; it bounds what the death of another one delays. */
const idleSeconds = 1;
const retryMs = 1_000;
const farMs = 10_000;
const gatherMs = 200;
const defaultGraceMs = 10_000;
/** For what remains to be told to Redis when all runs have ended. */
const farewellMs = 3_000;

const manner = {
  lockDuration: lockMs,
  stalledInterval: stalledCheckMs,
  // A key that kills its process again and again is still not dropped.
  maxStalledCount: Number.MAX_SAFE_INTEGER,
  drainDelay: idleSeconds,
  runRetryDelay: retryMs,
};

/** Starts to handle a queue; it goes on for as long as it takes when Redis is away. */
export function startConsumer(options: ConsumerOptions, handler: Handler, { concurrency }: WorkOptions): Consumer {
  const { clock, log, line } = options;
  const { client, cut } = openPatient(options);
  const runs = new Runs(handler);
  const claims = new Claims({ client, clock, at: line.at });
  const gone = new AbortController();
  let closing: Promise<void> | undefined;
  const tell = teller(options);
  const worker = new Worker(
    line.name,
    process,
    { ...manner, connection: client, prefix: line.prefix, concurrency },
    claims.backend,
  );
  worker.on('error', tell);

  async function process(job: Job, token = ''): Promise<never> {
    const key = keyOf(job.id ?? '');
    if (closing) return letGo(claims.putBack({ id: job.id ?? '', token, failures: job.attemptsMade }));
    for (let other = line.busy.get(key); other; other = line.busy.get(key)) await other;
    const whole = runs.start(key, outcome => settle({ key, token, before: job.attemptsMade }, outcome));
    line.busy.set(key, whole);
    return letGo(whole.finally(() => line.busy.delete(key)));
  }

  /**
   * The worker takes this error for "the job has been put where it belongs", which settling does. What could not be
   * settled keeps its lock until that ends, and is then found as the key of a dead process is.
   */
  async function letGo(settled: Promise<void>): Promise<never> {
    await settled.catch(tell);
    throw new DelayedError();
  }

  async function settle({ key, token, before }: Run, outcome: Outcome): Promise<void> {
    const failures = { done: 0, stopped: before, failed: before + 1 }[outcome.kind];
    const end = { id: jobId(key), token, next: nextTime({ key, failures }, outcome, options), failures, before };
    while (!gone.signal.aborted) {
      try {
        return await claims.settle(end);
      } catch (error) {
        tell(error);
        await clock.sleep(retryMs, gone.signal).catch(() => undefined);
      }
    }
  }

  async function close(graceMs = defaultGraceMs): Promise<void> {
    const closed = Promise.all([worker.close(), claims.close()]).catch(tell);
    if (!(await runs.drain(clock, graceMs)))
      log.warn('a handler does not end although its signal was aborted', { queue: line.name });
    await Promise.race([closed, clock.sleep(farewellMs, gone.signal)]);
    gone.abort();
    cut();
  }

  const once = (graceMs?: number) => (closing ??= Promise.resolve().then(() => close(graceMs)));
  return { close: once, [Symbol.asyncDispose]: () => once() };
}

interface Run {
  readonly key: string;
  readonly token: string;
  /** Failures in a row before this run. */
  readonly before: number;
}

function nextTime(
  run: { readonly key: string; readonly failures: number },
  outcome: Outcome,
  { clock, log, line }: ConsumerOptions,
): number | '' {
  if (outcome.kind === 'stopped') return clock.now();
  if (outcome.kind === 'done') return outcome.next === undefined ? '' : gathered(outcome.next, clock.now());
  return retryTime({ queue: line.name, ...run, error: outcome.error }, { clock, log });
}

/** A time that is far off is moved to the next fifth of a second: keys that are due together cost Redis and us less. */
function gathered(next: number, now: number): number {
  const at = dueTime(next, now);
  return at - now < farMs ? at : Math.ceil(at / gatherMs) * gatherMs;
}

/** Logs what BullMQ complains about; the same complaint once until another comes. */
function teller({ url, log, line }: ConsumerOptions): (error: unknown) => void {
  const address = redisAddress(url);
  let told = '';
  return error => {
    const message = said(error, address);
    if (message !== told) log.warn('the queue has trouble with Redis', { queue: line.name, message });
    told = message;
  };
}
