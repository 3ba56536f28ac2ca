// The budget of a host and credential, shared by all workers: windows of a minute, out of which each worker leases a few requests at a time.
import type { Clock } from '../platform/clock.ts';
import { RetryableError } from '../platform/errors.ts';
import type { Http, HttpRequest } from '../platform/http/http.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { State } from '../platform/state/state.ts';
import { anonymous, gateOf } from '../watch/graph.ts';
import { Bucket, type Payer } from './bucket.ts';
import { limitOf, readAllowance } from './limits.ts';

/** Our own budget has nothing left: nothing was asked. Not a failure of the host; the poll comes later. */
export class BudgetSpent extends RetryableError {
  override readonly name = 'BudgetSpent';
}

/** Who pays for a question. */
export interface Account {
  readonly credentialId: string;
  /** Those who want the answer; each pays a part. */
  readonly namespaces: readonly string[];
}

export interface BudgetOptions {
  readonly state: State;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'gauge'>;
  /** Requests a minute for a host; absent: what the hosts' documents say. */
  readonly limitOf?: (host: string, isAnonymous: boolean) => number | undefined;
}

/** Key in the state port of the time until which a host and credential (gate) must be left alone. */
export function blockKey(gate: string): string {
  return `blocked:${gate}`;
}

/** A secondary limit that names no time. */
const unnamedBlockMs = 60_000;
const longestBlockMs = 24 * 3_600_000;
const mostBuckets = 20_000;

/** All budgets as one worker sees them. */
export class Budgets {
  private readonly options: BudgetOptions;
  private readonly buckets = new Map<string, Bucket>();

  constructor(options: BudgetOptions) {
    this.options = options;
  }

  /** What the state port says of a gate: `until` as text, as `getMany` of `blockKey` gave it. */
  note(host: string, credentialId: string, until: string | undefined): void {
    const at = Number(until ?? 0);
    if (Number.isFinite(at) && at > 0) this.bucket(host, credentialId).block(at);
  }

  /** By what the interval of these namespaces is longer than promised because the budget is short; 1: it is not. */
  stretch(host: string, { credentialId, namespaces }: Account): number {
    return this.buckets.get(`${host} ${credentialId}`)?.stretch(namespaces) ?? 1;
  }

  /**
   * An Http that pays for each request first and learns from each answer. Throws BudgetSpent (RateLimited) when there is nothing left, with
   * the time when there will be; the host is not asked then. One round trip to the state port for many requests.
   */
  guard(http: Http, account: Account): Http {
    return {
      request: async (request, accept) => {
        const { host } = new URL(request.url);
        const bucket = this.bucket(host, account.credentialId);
        const payer: Payer = { namespaces: account.namespaces };
        const retryAt = await bucket.take(payer);
        if (retryAt !== undefined) throw new BudgetSpent('RateLimited', spentMessage(host, account), { retryAt });
        return this.send(http, { request, accept, bucket, host });
      },
    };
  }

  private async send(
    http: Http,
    {
      request,
      accept,
      bucket,
      host,
    }: {
      readonly request: HttpRequest;
      readonly accept: readonly number[] | undefined;
      readonly bucket: Bucket;
      readonly host: string;
    },
  ) {
    const { clock, metrics, state } = this.options;
    try {
      const response = await http.request(request, accept);
      const allowance = readAllowance(response.headers, clock.now());
      if (allowance) {
        bucket.learn(allowance);
        metrics.gauge('revflow_budget_remaining', { host }, allowance.remaining);
      }
      return response;
    } catch (error) {
      if (error instanceof RetryableError && error.reason === 'RateLimited') {
        const until = Math.min(error.retryAt ?? clock.now() + unnamedBlockMs, clock.now() + longestBlockMs);
        bucket.block(until);
        await state.set(blockKey(bucket.gate), String(until), Math.max(until - clock.now(), 1));
      }
      throw error;
    }
  }

  private bucket(host: string, credentialId: string): Bucket {
    const key = `${host} ${credentialId}`;
    const known = this.buckets.get(key);
    if (known) return known;
    if (this.buckets.size >= mostBuckets) this.buckets.clear();
    const limit = (this.options.limitOf ?? limitOf)(host, credentialId === anonymous);
    const bucket = new Bucket({ ...this.options, gate: gateOf(host, credentialId), limit });
    this.buckets.set(key, bucket);
    return bucket;
  }
}

function spentMessage(host: string, { credentialId }: Account): string {
  const whose = credentialId === anonymous ? 'without a credential' : 'with this credential';
  return `the budget of requests to ${host} ${whose} is used up for now`;
}
