// The HTTP edge as tests use it: on loopback, with names that resolve to this machine, and a log that is kept.
import { systemClock } from '../../src/platform/clock.ts';
import type { RetryableError } from '../../src/platform/errors.ts';
import { createHttp, type HttpExchange, type HttpOptions } from '../../src/platform/http/client.ts';
import { type EgressOptions, egressPolicy } from '../../src/platform/http/egress.ts';
import type { Http, HttpRequest } from '../../src/platform/http/http.ts';
import { createLog } from '../../src/platform/logger.ts';

export interface Edge extends Http, AsyncDisposable {
  readonly exchanges: readonly HttpExchange[];
  /** Everything that was logged, as one text. */
  logged(): string;
}

export interface EdgeOptions extends Partial<Omit<HttpOptions, 'egress'>> {
  readonly egress?: Partial<EgressOptions>;
}

/** Every name resolves to 127.0.0.1, which is allowed, unless the options say something else. */
export function startEdge(options: EdgeOptions = {}): Edge {
  const lines: string[] = [];
  const exchanges: HttpExchange[] = [];
  const http = createHttp({
    clock: systemClock,
    log: createLog({ level: 'debug', pretty: false, write: line => lines.push(line) }),
    userAgent: 'revflow/test',
    proxies: {},
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    observe: exchange => exchanges.push(exchange),
    ...options,
    egress: egressPolicy({ allow: [], deny: [], loopback: true, refuse: [], ...options.egress }),
  });
  return {
    request: (request, accept) => http.request(request, accept),
    exchanges,
    logged: () => lines.join(''),
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  };
}

/** The failure of a request that has to fail. */
export async function failureOf(http: Http, request: HttpRequest, accept?: readonly number[]): Promise<RetryableError> {
  try {
    await http.request(request, accept);
  } catch (error) {
    return error as RetryableError;
  }
  throw new Error(`${request.method} ${request.url} did not fail`);
}

export function textOf(body: Uint8Array): string {
  return Buffer.from(body).toString('utf8');
}

/** Waits, turn by turn, until something is so. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await systemClock.sleep(1);
}
