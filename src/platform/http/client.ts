// The HTTP edge: every request of revflow to a forge, a Git host or a registry passes here.

import type { Clock } from '../clock.ts';
import { RetryableError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type Agents, createAgents } from './agents.ts';
import { Deadline } from './deadline.ts';
import { decode } from './decode.ts';
import { Dialer, type Resolve } from './dialer.ts';
import { withoutEcho } from './echo.ts';
import type { EgressPolicy } from './egress.ts';
import { exchange, overdue, type Reply } from './exchange.ts';
import { statusFailure } from './failure.ts';
import type { Http, HttpRequest, HttpResponse } from './http.ts';
import { Lanes } from './lanes.ts';
import { type ChooseProxy, createProxyChoice, type Proxy, type ProxyOptions } from './proxy.ts';
import { followedLocation, isSameOrigin, RedirectTrail } from './redirect.ts';
import { checkSecrets, mayRepeat } from './rules.ts';
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
  /** The status, or the HttpReason why there is none. */
  readonly status: number | string;
  readonly ms: number;
}

const defaultTimeoutMs = 10_000;
const defaultMaxBytes = 1024 * 1024;
/** Exchanges with one host at a time, and connections kept to it. */
const hostWidth = 32;

/**
 * The Http port over node:http and node:https. TerminalError ProxyInvalid for proxies that cannot be used. Disposing cuts every
 * connection; what is under way, and what is asked later, ends as Aborted.
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
      client.close();
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
  private readonly agents: Agents;
  private readonly options: HttpOptions;
  private readonly chooseProxy: ChooseProxy;
  private readonly lanes = new Lanes(hostWidth);
  private readonly underWay = new Set<Deadline>();
  private closed = false;

  constructor(options: HttpOptions, agents: Agents, chooseProxy: ChooseProxy) {
    this.options = options;
    this.agents = agents;
    this.chooseProxy = chooseProxy;
  }

  async request(request: HttpRequest, accept: readonly number[]): Promise<HttpResponse> {
    const timeoutMs = request.timeoutMs ?? defaultTimeoutMs;
    const deadline = new Deadline(this.options.clock, timeoutMs, request.signal);
    if (this.closed) deadline.end('aborted');
    this.underWay.add(deadline);
    try {
      return await this.follow({ request, accept, deadline, timeoutMs });
    } finally {
      this.underWay.delete(deadline);
      deadline.close();
    }
  }

  close(): void {
    this.closed = true;
    for (const deadline of this.underWay) deadline.end('aborted');
    this.agents[Symbol.dispose]();
  }

  private async follow(context: Context): Promise<HttpResponse> {
    const { request, accept } = context;
    let target = parseTarget(request.url);
    let secrets = request.secretHeaders;
    let trail: RedirectTrail | undefined;
    for (;;) {
      if (secrets !== undefined) checkSecrets(target, secrets, request.plainCredentials === true);
      const reply = withoutEcho(target.authority, await this.observed(target, secrets, context), secrets);
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
        observe?.({ host: target.authority, status: error.reason, ms: clock.now() - startedAt });
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
    const wanted = (status: number) => status < 400 || accept.includes(status);
    const agents = this.agents.agentsFor(target.secure, request.tls);
    const proxy = target.secure ? undefined : this.chooseProxy(target);
    const reply = await exchange({
      target,
      method: request.method,
      path: proxy === undefined ? target.path : target.url,
      headers: this.headersOf({ target, request, secrets, proxy }),
      body: bytesOf(request.body),
      agent: request.fresh === true ? agents.fresh : agents.kept,
      retryAgent: mayRepeat(request) ? agents.fresh : undefined,
      maxBytes,
      timeoutMs,
      deadline,
      wanted,
    });
    return decoded(target, request, { reply, maxBytes, wanted });
  }

  private headersOf(sent: Sent): Record<string, string | number> {
    const { target, request, secrets, proxy } = sent;
    return {
      host: target.authority,
      'user-agent': this.options.userAgent,
      ...request.headers,
      ...secrets,
      ...(proxy?.authorization === undefined ? undefined : { 'proxy-authorization': proxy.authorization }),
    };
  }
}

interface Sent {
  readonly target: Target;
  readonly request: HttpRequest;
  readonly secrets: HttpRequest['secretHeaders'];
  readonly proxy: Proxy | undefined;
}

function bytesOf(body: HttpRequest['body']): Uint8Array | undefined {
  return typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
}

interface Received {
  readonly reply: Reply;
  readonly maxBytes: number;
  readonly wanted: (status: number) => boolean;
}

async function decoded(target: Target, request: HttpRequest, { reply, maxBytes, wanted }: Received): Promise<Reply> {
  const encoding = reply.headers['content-encoding'];
  if (encoding === undefined || request.method === 'HEAD') return reply;
  try {
    return { ...reply, body: await decode({ host: target.authority, body: reply.body, encoding, maxBytes }) };
  } catch (error) {
    // A refusal that cannot be read is still that refusal.
    if (wanted(reply.status)) throw error;
    return { ...reply, body: new Uint8Array() };
  }
}
