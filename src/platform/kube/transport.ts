// Raw exchanges with the API server: kept-alive connections (one pool for each TLS identity), timeouts, bounded bodies.
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import type { Clock } from '../clock.ts';
import { TerminalError } from '../errors.ts';
import { type Answer, type Asked, refusal, unanswered } from './answer.ts';
import type { Identity, TlsIdentity } from './identity.ts';
import { KubeError } from './kube.ts';
import type { Cluster } from './kubeconfig.ts';

export interface KubeRequest extends Asked {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The verb and plural for metrics. */
  readonly verb: string;
  readonly plural: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: object;
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
  /** For the whole exchange; default 30 000. Of a stream: until its headers. */
  readonly timeoutMs?: number;
  /** Default 8 MiB: etcd takes objects of 1.5 MiB. */
  readonly maxBytes?: number;
}

/** One finished exchange, for metrics. `status` 0: no answer. */
export interface Exchange {
  readonly verb: string;
  readonly plural: string;
  readonly status: number;
  readonly ms: number;
}

export interface TransportOptions {
  readonly cluster: Cluster;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly userAgent: string;
  readonly observe?: ((exchange: Exchange) => void) | undefined;
}

/** Sends requests; a status of 400 or more, and every end without a whole answer, is thrown as KubeError. */
export interface Transport extends AsyncDisposable {
  /** Host and port. */
  readonly address: string;
  exchange(request: KubeRequest): Promise<Answer>;
  /** The body as it arrives; it ends, or throws KubeError. Leaving the iteration closes the connection. */
  stream(request: KubeRequest): Promise<AsyncIterable<Uint8Array>>;
}

const connectTimeoutMs = 5_000;
const exchangeTimeoutMs = 30_000;
const maxAnswerBytes = 8 * 1024 * 1024;

/** A transport to one API server. TerminalError KubeconfigInvalid for a server URL that must not be used. */
export function createTransport(options: TransportOptions): Transport {
  const server = serverUrl(options.cluster.server);
  const pools = createPools(options.cluster);

  async function open(request: KubeRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { headers, tls } = await options.identity.credentials();
    return pools.of(tls).request({
      origin: server.origin,
      path: `${server.pathname.replace(/\/$/, '')}${request.path}${queryOf(request.query)}`,
      method: request.method,
      headers: { ...headers, ...headersOf(request), 'user-agent': options.userAgent },
      body: request.body === undefined ? null : JSON.stringify(request.body),
      // A DELETE has a body here; undici would close its connection afterwards.
      reset: false,
      signal,
    });
  }

  /** Runs one exchange under its timeout, and makes every failure a KubeError. */
  async function guarded<T>(request: KubeRequest, use: (response: Dispatcher.ResponseData) => Promise<T>): Promise<T> {
    const startedAt = options.clock.now();
    const deadline = new AbortController();
    const ms = request.timeoutMs ?? exchangeTimeoutMs;
    const timer = options.clock.after(ms, () => deadline.abort());
    const signal = request.signal ? AbortSignal.any([request.signal, deadline.signal]) : deadline.signal;
    let status = 0;
    try {
      const response = await open(request, signal);
      status = response.statusCode;
      if (status === 401) options.identity.refuse();
      if (status >= 400) throw refusal(await readAnswer(response, request), request, options.clock.now());
      return await use(response);
    } catch (error) {
      if (error instanceof KubeError) throw error;
      if (request.signal?.aborted) throw unanswered('Aborted', request, error);
      throw unanswered(deadline.signal.aborted ? 'Timeout' : 'Unreachable', request, error);
    } finally {
      timer.cancel();
      options.observe?.({ verb: request.verb, plural: request.plural, status, ms: options.clock.now() - startedAt });
    }
  }

  return {
    address: `${server.hostname}:${server.port || (server.protocol === 'https:' ? '443' : '80')}`,
    exchange: request => guarded(request, response => readAnswer(response, request)),
    stream: request => guarded(request, async response => chunks(response, request)),
    [Symbol.asyncDispose]: () => pools.close(),
  };
}

function serverUrl(text: string): URL {
  const server = new URL(text);
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(server.hostname);
  if (server.protocol === 'https:' || (server.protocol === 'http:' && loopback)) return server;
  const advice = 'use https://, or http:// to a proxy on this machine';
  throw new TerminalError(
    'KubeconfigInvalid',
    `the API server ${server.protocol}//${server.host} cannot be used: ${advice}`,
  );
}

function queryOf(query: KubeRequest['query']): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return parameters.size === 0 ? '' : `?${parameters.toString()}`;
}

function headersOf(request: KubeRequest): Record<string, string> {
  const accept = { accept: 'application/json' };
  return request.body === undefined ? accept : { ...accept, 'content-type': request.contentType ?? 'application/json' };
}

async function readAnswer(response: Dispatcher.ResponseData, request: KubeRequest): Promise<Answer> {
  const limit = request.maxBytes ?? maxAnswerBytes;
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > limit) {
      const message = `${request.what}: the API server's answer is larger than ${limit} bytes`;
      throw new KubeError({ status: response.statusCode, reason: 'AnswerTooLarge' }, message);
    }
    parts.push(chunk);
  }
  const retryAfter = response.headers['retry-after'];
  return {
    status: response.statusCode,
    text: Buffer.concat(parts).toString('utf8'),
    retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
  };
}

async function* chunks(response: Dispatcher.ResponseData, request: KubeRequest): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) yield chunk;
  } catch (error) {
    throw unanswered(request.signal?.aborted ? 'Aborted' : 'Unreachable', request, error);
  }
}

/** One connection pool for each TLS identity: a new pool for each request would be a new connection for each request. */
function createPools(cluster: Cluster) {
  const pools = new Map<string, Dispatcher>();
  return {
    of(identity: TlsIdentity): Dispatcher {
      const key = JSON.stringify(identity);
      const known = pools.get(key);
      if (known) return known;
      // Certificates are rotated a few times a day at most; pools of former ones drain by themselves.
      for (const [formerKey, former] of pools) {
        pools.delete(formerKey);
        former.close().catch(() => {});
      }
      const pool = createPool(identity, cluster['proxy-url']);
      pools.set(key, pool);
      return pool;
    },
    async close() {
      await Promise.all([...pools.values()].map(pool => pool.destroy()));
      pools.clear();
    },
  };
}

function createPool(identity: TlsIdentity, proxy: string | undefined): Dispatcher {
  const tls = Object.fromEntries(Object.entries(identity).filter(([, value]) => value !== undefined));
  const options: Agent.Options = {
    connect: { ...tls, keepAlive: true, keepAliveInitialDelay: 30_000, timeout: connectTimeoutMs },
    // Timeouts are ours, for the whole exchange; a watch may be silent for minutes.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 30_000,
    allowH2: false,
  };
  return proxy === undefined ? new Agent(options) : new ProxyAgent({ ...options, uri: proxy, requestTls: tls });
}
