// One exchange on the wire: a request sent, its answer read within its limits.
import { type Agent, type ClientRequest, type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { isIP } from 'node:net';
import type { Deadline } from './deadline.ts';
import { failure, networkFailure } from './failure.ts';
import type { Target } from './target.ts';

export interface Call {
  readonly target: Target;
  readonly method: string;
  /** Path and query, or the whole URL where a proxy is asked. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: Uint8Array | undefined;
  readonly agent: Agent;
  /** Used once when a kept connection turns out to be dead; undefined: the failure stands. */
  readonly retryAgent: Agent | undefined;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly deadline: Deadline;
  /** Whether the body of an answer with this status is what the caller wants; of others only the beginning is read. */
  readonly wanted: (status: number) => boolean;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** As sent, not decoded. */
  readonly body: Uint8Array;
}

/** Of a refusal only so much is read: enough for its words. */
const refusalBytes = 64 * 1024;

/** Resolves when the answer is there, whatever its status; rejects with a RetryableError, or with what is a fault of our own. */
export function exchange(call: Call): Promise<Reply> {
  return new Promise((resolve, reject) => new Exchange(call, resolve, reject).start());
}

class Exchange {
  private readonly call: Call;
  private readonly resolve: (reply: Reply | Promise<Reply>) => void;
  private readonly reject: (error: unknown) => void;
  private readonly parts: Uint8Array[] = [];
  private size = 0;
  private settled = false;
  private request: ClientRequest | undefined;
  private answer: IncomingMessage | undefined;
  private forget: (() => void) | undefined;

  constructor(call: Call, resolve: (reply: Reply | Promise<Reply>) => void, reject: (error: unknown) => void) {
    this.call = call;
    this.resolve = resolve;
    this.reject = reject;
  }

  start(): void {
    const { target, method, path, headers, agent, body } = this.call;
    const { host, port } = target;
    const servername = isIP(host) === 0 ? host : '';
    const options = {
      method,
      path,
      host,
      port,
      servername,
      // Node announces the length of a body for some methods only.
      headers: body === undefined ? headers : { ...headers, 'content-length': body.byteLength },
      agent,
      setHost: false,
      joinDuplicateHeaders: true,
    };
    const request = target.secure ? requestTls(options) : requestPlain(options);
    this.request = request;
    request.on('response', answer => this.read(answer));
    request.on('error', error => this.fail(error));
    request.on('close', () => {
      // Every request closes; an error made for each would cost more than the rest of its bookkeeping.
      if (!this.settled) this.fail(this.cut());
    });
    request.end(body);
    this.forget = this.call.deadline.whenOver(() => this.fail(this.late()));
  }

  private read(answer: IncomingMessage): void {
    this.answer = answer;
    const wanted = this.call.wanted(answer.statusCode ?? 0);
    const limit = wanted ? this.call.maxBytes : Math.min(this.call.maxBytes, refusalBytes);
    answer.on('data', (part: Uint8Array) => {
      this.size += part.byteLength;
      if (this.size > limit) this.fail(this.tooLarge(limit));
      else this.parts.push(part);
    });
    answer.on('end', () => (answer.complete ? this.finish() : this.fail(this.cut())));
    answer.on('error', error => this.fail(error));
  }

  private finish(): void {
    if (!this.settle()) return;
    const [first] = this.parts;
    const body = first !== undefined && this.parts.length === 1 ? first : Buffer.concat(this.parts, this.size);
    this.resolve({ status: this.answer?.statusCode ?? 0, headers: headersOf(this.answer), body });
  }

  /** A refusal whose body does not come whole is still that refusal. */
  private fail(error: unknown): void {
    if (this.settled) return;
    const status = this.answer?.statusCode;
    if (status !== undefined && !this.call.wanted(status) && this.call.deadline.over !== 'aborted') {
      this.finish();
    } else if (this.settle()) {
      const { target, retryAgent } = this.call;
      if (retryAgent !== undefined && status === undefined && this.diedIdle(error)) {
        this.resolve(exchange({ ...this.call, agent: retryAgent, retryAgent: undefined }));
      } else this.reject(networkFailure(target.authority, error));
    }
    this.request?.destroy();
  }

  private diedIdle(error: unknown): boolean {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return this.request?.reusedSocket === true && (code === 'ECONNRESET' || code === 'EPIPE');
  }

  private settle(): boolean {
    if (this.settled) return false;
    this.settled = true;
    this.forget?.();
    return true;
  }

  private late(): Error {
    return overdue(this.call.target, this.call.deadline, this.call.timeoutMs);
  }

  private tooLarge(limit: number): Error {
    return failure('AnswerTooLarge', `${this.call.target.authority} sent more than the ${limit} bytes that are read`);
  }

  private cut(): Error {
    return failure('NetworkError', `${this.call.target.authority} cut its answer off`);
  }
}

/** The failure of a request whose time is over. */
export function overdue({ authority }: Target, deadline: Deadline, timeoutMs: number): Error {
  if (deadline.over === 'aborted') return failure('Aborted', `the question to ${authority} was given up`);
  return failure('Timeout', `${authority} did not answer within ${timeoutMs / 1000} s`);
}

function headersOf(answer: IncomingMessage | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer?.headers ?? {})) {
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return headers;
}
