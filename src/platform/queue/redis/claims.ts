// How BullMQ's worker gets its next key with as few questions as possible: the answer to "this run is over" already brings it.
import { type BackendFactory, createRedisBackend, type RedisQueueBackend } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Clock } from '../../clock.ts';
import { run } from './connection.ts';
import { claimScript, settleScript } from './scripts.ts';

/** The key of a killed process runs again after at most this and one look for such keys. The same in every process. */
export const lockMs = 10_000;

export interface ClaimsOptions {
  readonly client: Redis;
  readonly clock: Clock;
  /** What the queue's keys in Redis begin with. */
  readonly at: string;
}

/** The end of a run, as Redis is told. */
export interface End {
  readonly id: string;
  readonly token: string;
  /** Milliseconds since the epoch; '': only when woken. */
  readonly next: number | '';
  /** Failures in a row, with this run and before it. */
  readonly failures: number;
  readonly before: number;
}

/** What a claim came to. `next`: when there is more, 0 at once, -1 never. */
interface Claim {
  readonly id: string;
  readonly failures: number;
  readonly next: number;
}

/** The claims of one worker. */
export class Claims {
  private readonly options: ClaimsOptions;
  /** What settling answered, until the worker asks with the same token. */
  private readonly brought = new Map<string, Claim>();
  /** When there is more, if the last answer said that there is nothing now. What comes after it is marked in Redis. */
  private quiet: number | undefined;
  /** A mark may have been taken out of Redis: what it stands for must be asked for, whatever earlier answers said. */
  private marked = true;
  private closed = false;

  constructor(options: ClaimsOptions) {
    this.options = options;
  }

  /** From now on nothing is claimed; what was and has not begun is given up. */
  async close(): Promise<void> {
    this.closed = true;
    const given = [...this.brought].filter(([, { id }]) => id !== '');
    this.brought.clear();
    await Promise.all(given.map(([token, claim]) => this.putBack({ ...claim, token })));
  }

  /** Tells Redis that a run is over; once told twice is no harm. */
  async settle({ id, token, next, failures, before }: End): Promise<void> {
    const call = [token, this.closed ? 0 : lockMs, next, failures, before] as const;
    const claim = await this.ask(now => run(this.options.client, settleScript, [this.options.at, now, id, ...call]));
    if (!this.closed) this.brought.set(token, claim);
    else if (claim.id !== '') await this.putBack({ ...claim, token });
  }

  /** Gives up a claim for others to take at once. */
  putBack({ id, token, failures }: { readonly id: string; readonly token: string; readonly failures: number }) {
    return this.settle({ id, token, next: this.options.clock.now(), failures, before: failures });
  }

  /** BullMQ's backend on Redis, asking in our way. */
  readonly backend: BackendFactory<RedisQueueBackend> = (name, options, extra) => {
    const backend = createRedisBackend(name, options, extra);
    const wait = backend.waitForJob.bind(backend);
    return Object.assign(backend, {
      moveToActive: (token: string) => this.next(token),
      waitForJob: async (seconds: number) => {
        const marker = await wait(seconds);
        this.marked = true;
        return marker;
      },
    });
  };

  /** In the shape that the worker expects: job, id, delay by a rate limit, time of the first delayed job. */
  private async next(token: string): Promise<[object | undefined, string, number, number]> {
    if (this.closed) return this.leave();
    const claim = this.known(token) ?? (await this.claim(token));
    const { id, failures, next } = claim;
    if (id === '') return [undefined, '0', 0, Math.max(next, 0)];
    const json = { id, name: 'key', data: '{}', opts: {}, timestamp: this.options.clock.now(), attemptsMade: failures };
    return [json, id, 0, 0];
  }

  /** Claims nothing, and hands on the mark that may have been taken, so that another worker looks. */
  private async leave(): Promise<[undefined, string, number, number]> {
    if (this.marked) await this.options.client.zadd(`${this.options.at}marker`, 0, '0');
    this.marked = false;
    return [undefined, '0', 0, 0];
  }

  private known(token: string): Claim | undefined {
    const brought = this.brought.get(token);
    this.brought.delete(token);
    if (brought?.id) return brought;
    if (this.marked) return undefined;
    if (brought && brought.next !== 0) return brought;
    const next = this.quiet;
    this.quiet = undefined;
    return next === undefined ? undefined : { id: '', failures: 0, next };
  }

  private claim(token: string): Promise<Claim> {
    this.marked = false;
    return this.ask(now => run(this.options.client, claimScript, [this.options.at, now, '', token, lockMs]));
  }

  private async ask(send: (now: number) => Promise<unknown>): Promise<Claim> {
    const answer = await send(this.options.clock.now());
    const [id, failures, next] = Array.isArray(answer) ? answer : [];
    const claim = { id: String(id ?? ''), failures: Number(failures ?? 0), next: Number(next ?? 0) };
    this.quiet = claim.next === 0 ? undefined : claim.next;
    return claim;
  }
}
