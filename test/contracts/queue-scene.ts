// What queue tests share: a driver with a way to let its time pass, and a handler that does what the test says.
import type { Clock } from '../../src/platform/clock.ts';
import type { Log } from '../../src/platform/log.ts';
import type { Consumer, Handler, Queue, QueueName } from '../../src/platform/queue/queue.ts';

/** One driver under test. */
export interface QueueWorld extends AsyncDisposable {
  readonly queue: Queue;
  /** The same queue as another process sees it; where there is one process only, the same object. */
  readonly other: Queue;
  readonly clock: Clock;
  /** Lets time pass until the condition holds; throws after long. */
  until(condition: () => boolean | Promise<boolean>): Promise<void>;
}

/** A log that keeps its lines. */
export function createKeptLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const keep = (level: string) => (message: string, fields?: object) =>
    void lines.push(
      `${level} ${message} ${JSON.stringify(fields, (_, value: unknown) => (value instanceof Error ? value.stack : value))}`,
    );
  return { lines, error: keep('error'), warn: keep('warn'), info: keep('info'), debug: keep('debug') };
}

/** A run under way that waits for the test. */
export interface HeldRun {
  readonly key: string;
  readonly signal: AbortSignal;
  end(next?: number): void;
  fail(error: unknown): void;
}

/** Handles keys as the test says, and sees to it that no key ever runs twice at the same time. */
export class Scene {
  /** The keys in the order in which their runs began. */
  readonly began: string[] = [];
  /** Keys that ran twice at the same time. */
  readonly overlaps: string[] = [];
  /** The most runs at the same time. */
  most = 0;
  private readonly queue: Queue;
  private readonly name: QueueName;
  private readonly running = new Map<string, HeldRun>();
  private readonly consumers: Consumer[] = [];
  private readonly scripts = new Map<string, ((run: HeldRun) => void)[]>();

  constructor(queue: Queue, name: QueueName = 'source') {
    this.queue = queue;
    this.name = name;
  }

  async work(concurrency = 10, queue = this.queue): Promise<Consumer> {
    const consumer = await queue.work(this.name, this.handler, { concurrency });
    this.consumers.push(consumer);
    return consumer;
  }

  wake(key: string, at?: number): Promise<void> {
    return this.queue.wake(this.name, key, at);
  }

  counts() {
    return this.queue.counts(this.name);
  }

  async idle(): Promise<boolean> {
    const { delayed, due, running } = await this.counts();
    return delayed + due + running === 0;
  }

  /** How often a key began to run. */
  runs(key: string): number {
    return this.began.filter(each => each === key).length;
  }

  /** The next runs of a key, one script each; after them its runs end at once. */
  script(key: string, ...scripts: ((run: HeldRun) => void)[]): void {
    this.scripts.set(key, [...(this.scripts.get(key) ?? []), ...scripts]);
  }

  /** The next run of a key waits; it is there once it began. */
  hold(key: string): { readonly run: HeldRun | undefined } {
    const held: { run: HeldRun | undefined } = { run: undefined };
    this.script(key, run => {
      held.run = run;
    });
    return held;
  }

  readonly handler: Handler = (key, signal) => {
    this.began.push(key);
    if (this.running.has(key)) this.overlaps.push(key);
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    const run: HeldRun = { key, signal, end: next => resolve(next), fail: error => reject(error) };
    this.running.set(key, run);
    this.most = Math.max(this.most, this.running.size);
    const next = this.scripts.get(key)?.shift();
    if (next) next(run);
    else run.end();
    return promise.finally(() => this.running.delete(key));
  };

  /** Ends every run and works no more. */
  async close(): Promise<void> {
    this.scripts.clear();
    for (const run of this.running.values()) run.end();
    await Promise.all(this.consumers.map(consumer => consumer.close(0)));
  }
}
