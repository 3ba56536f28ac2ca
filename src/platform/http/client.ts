// The HTTP edge: every request of revflow to a forge, a Git host or a registry passes here.

import type { Clock } from '../clock.ts';
import { type HttpReason, RetryableError } from '../errors.ts';
import type { Log } from '../log.ts';
import { isLoopbackHost } from './address.ts';
import { type Agents, createAgents } from './agents.ts';
import { Deadline } from './deadline.ts';
import { decode } from './decode.ts';
import { Dialer, type Resolve } from './dialer.ts';
import type { EgressPolicy } from './egress.ts';
import { exchange, overdue, type Reply } from './exchange.ts';
import { failure, statusFailure } from './failure.ts';
import type { Http, HttpRequest, HttpResponse } from './http.ts';
import { Lanes } from './lanes.ts';
import { type ChooseProxy, createProxyChoice, type ProxyOptions } from './proxy.ts';
import { RedirectTrail } from './redirect.ts';
import { parseTarget, type Target } from './target.ts';
import { createTrust } from './trust.ts';

export interface HttpOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly userAgent: string;
  /** PEM certificates of the operator (`--ca-file`), trusted for every host. */
  readonly caPem?: string | undefined;
  readonly proxies: ProxyOptions;
  readonly egress: EgressPolicy;
  /** Told of every exchange, redirects one by one, for metrics. */
  readonly observe?: ((exchange: HttpExchange) => void) | undefined;
  /** All addresses of a name; the machine's resolver when absent. */
  readonly resolve?: Resolve | undefined;
}

export interface HttpExchange {
  /** With the port where it is not the scheme's own. */
  readonly host: string;
  /** The status, or why there is none. */
  readonly status: number | HttpReason;
  readonly ms: number;
}

const defaultTimeoutMs = 10_000;
const defaultMaxBytes = 1024 * 1024;
/** Exchanges with one host at a time, and connections kept to it. */
const hostWidth = 32;

/**
 * The Http port over node:http and node:https. TerminalError ProxyInvalid for proxies that cannot be used. Disposing cuts every
 * connection; what was under way fails.
 */
export function createHttp(options: HttpOptions): Http & AsyncDisposable {
  const trustOf = createTrust(options.caPem);
  const chooseProxy = createProxyChoice(options.proxies);
  const { clock, egress, resolve } = options;
  const dialer = new Dialer({ clock, egress, resolve, chooseProxy, trust: () => trustOf(undefined, false) });
  const client = new Client(options, createAgents(dialer, trustOf, hostWidth), chooseProxy);
  return {
    request: (request, accept = []) => client.request(request, accept),
    async [Symbol.asyncDispose]() {
      client.agents[Symbol.dispose]();
    },
  };
}

/** What stays the same over the hops of one request. */
interface Context {
  readonly request: HttpRequest;
  readonly accept: readonly number[];
  readonly deadline: Deadline;
  readonly timeoutMs: number;
}

class Client {
  readonly agents: Agents;
  private readonly options: HttpOptions;
  private readonly chooseProxy: ChooseProxy;
  private readonly lanes = new Lanes(hostWidth);

  constructor(options: HttpOptions, agents: Agents, chooseProxy: ChooseProxy) {
    this.options = options;
    this.agents = agents;
    this.chooseProxy = chooseProxy;
  }

  async request(request: HttpRequest, accept: readonly number[]): Promise<HttpResponse> {
    const timeoutMs = request.timeoutMs ?? defaultTimeoutMs;
    const deadline = new Deadline(this.options.clock, timeoutMs, request.signal);
    try {
      return await this.follow({ request, accept, deadline, timeoutMs });
    } finally {
      deadline.close();
    }
  }

  private async follow(context: Context): Promise<HttpResponse> {
    const { request, accept } = context;
    let target = parseTarget(request.url);
    let secrets = request.secretHeaders;
    let trail: RedirectTrail | undefined;
    for (;;) {
      refusePlainSecrets(target, secrets, request.plainCredentials === true);
      const reply = await this.observed(target, secrets, context);
      const location = followedLocation(request, reply);
      if (location === undefined) return this.judge(target, reply, accept);
      trail ??= new RedirectTrail(target);
      const next = trail.next(target, location);
      if (!isSameOrigin(target, next)) secrets = undefined;
      target = next;
    }
  }

  private judge(target: Target, reply: Reply, accept: readonly number[]): HttpResponse {
    const { status, headers, body } = reply;
    if (status < 400 || accept.includes(status)) return { status, headers, body, url: target.url };
    throw statusFailure(target.authority, reply, this.options.clock.now());
  }

  private async observed(target: Target, secrets: HttpRequest['secretHeaders'], context: Context): Promise<Reply> {
    const { clock, observe, log } = this.options;
    const startedAt = clock.now();
    try {
      const reply = await this.inLane(target, secrets, context);
      observe?.({ host: target.authority, status: reply.status, ms: clock.now() - startedAt });
      return reply;
    } catch (error) {
      if (error instanceof RetryableError) {
        // Every RetryableError of this folder is made by failure(), which takes an HttpReason.
        observe?.({ host: target.authority, status: error.reason as HttpReason, ms: clock.now() - startedAt });
        log.debug('a request failed', { host: target.authority, reason: error.reason, error });
      }
      throw error;
    }
  }

  private async inLane(target: Target, secrets: HttpRequest['secretHeaders'], context: Context): Promise<Reply> {
    const lane = `${target.host}:${target.port}`;
    const waiting = this.lanes.enter(lane, context.deadline);
    if (waiting !== undefined && !(await waiting)) throw overdue(target, context.deadline, context.timeoutMs);
    try {
      return await this.send(target, secrets, context);
    } finally {
      this.lanes.leave(lane);
    }
  }

  private async send(target: Target, secrets: HttpRequest['secretHeaders'], context: Context): Promise<Reply> {
    const { request, accept, deadline, timeoutMs } = context;
    if (deadline.over !== undefined) throw overdue(target, deadline, timeoutMs);
    const maxBytes = request.maxBytes ?? defaultMaxBytes;
    const proxy = target.secure ? undefined : this.chooseProxy(target);
    const login = proxy?.authorization === undefined ? undefined : { 'proxy-authorization': proxy.authorization };
    const reply = await exchange({
      target,
      method: request.method,
      path: proxy === undefined ? target.path : target.url,
      headers: {
        host: target.authority,
        'user-agent': this.options.userAgent,
        ...request.headers,
        ...secrets,
        ...login,
      },
      body: typeof request.body === 'string' ? Buffer.from(request.body, 'utf8') : request.body,
      agent: this.agents.agentFor(target.secure, request.tls, request.fresh === true),
      retryAgent: mayRepeat(request) ? this.agents.agentFor(target.secure, request.tls, true) : undefined,
      maxBytes,
      timeoutMs,
      deadline,
      wanted: status => status < 400 || accept.includes(status),
    });
    const encoding = reply.headers['content-encoding'];
    if (encoding === undefined || request.method === 'HEAD') return reply;
    return { ...reply, body: await decode({ host: target.authority, body: reply.body, encoding, maxBytes }) };
  }
}

/** POST and PATCH are sent twice only where the caller says that this does no harm. */
function mayRepeat({ method, repeatable }: HttpRequest): boolean {
  return repeatable ?? (method !== 'POST' && method !== 'PATCH');
}

function refusePlainSecrets(target: Target, secrets: HttpRequest['secretHeaders'], allowed: boolean): void {
  if (target.secure || allowed || secrets === undefined || isLoopbackHost(target.host)) return;
  if (Object.keys(secrets).length === 0) return;
  const advice = 'use https://, or allow it with insecure-registry';
  throw failure('PlainHttpRefused', `no credential is sent to ${target.authority} over plain HTTP; ${advice}`);
}

const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308];

/** Where the answer leads, when the request is one that follows. */
function followedLocation(request: HttpRequest, { status, headers }: Reply): string | undefined {
  if (status < 300 || request.redirect === 'manual' || !redirectStatuses.includes(status)) return undefined;
  return request.method === 'GET' || request.method === 'HEAD' ? headers['location'] : undefined;
}

function isSameOrigin(a: Target, b: Target): boolean {
  return a.secure === b.secure && a.host === b.host && a.port === b.port;
}
