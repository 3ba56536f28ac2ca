// What the API server's refusals mean: Status bodies, Retry-After and broken connections become KubeErrors, here and nowhere else.
import { KubeError } from './kube.ts';

/** An answer with its body read. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** The Retry-After header, unread. */
  readonly retryAfter: string | undefined;
}

/** What was asked, for messages: `patch Function default/hello`. `secret`: the server's text may quote values, and stays out. */
export interface Asked {
  readonly what: string;
  readonly secret: boolean;
}

/** The fields of a Status that are read. */
interface Status {
  readonly reason?: unknown;
  readonly message?: unknown;
  readonly details?: { readonly retryAfterSeconds?: unknown } | null;
}

/** Reason words for answers without a Status: proxies, load balancers, and the API server's own plain texts. */
const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Expired',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** A refusal as an error. */
export function refusal(answer: Answer, asked: Asked, now: number): KubeError {
  const status = parseStatus(answer.text);
  // "Gone" is the older word for Expired; readers of the port know one.
  const word =
    answer.status === 410 || typeof status.reason !== 'string' || status.reason === '' ? undefined : status.reason;
  const reason = word ?? reasons[answer.status] ?? (answer.status >= 500 ? 'InternalError' : 'Refused');
  const said = asked.secret || typeof status.message !== 'string' ? '' : `: ${clean(status.message)}`;
  const seconds = answer.retryAfter ?? status.details?.retryAfterSeconds;
  return new KubeError(
    { status: answer.status, reason },
    `${asked.what}: the API server answered ${answer.status} ${reason}${said}`,
    { retryAt: retryAt(seconds, now) },
  );
}

/** The error of a watch's ERROR event, whose object is a Status with its code inside. */
export function watchRefusal(status: unknown, asked: Asked, now: number): KubeError {
  const code = typeof status === 'object' && status !== null && 'code' in status ? Number(status.code) : Number.NaN;
  const answer = { status: Number.isInteger(code) ? code : 500, text: JSON.stringify(status), retryAfter: undefined };
  return refusal(answer, asked, now);
}

/** A connection that gave no (whole) answer, as an error. */
export function unanswered(reason: string, asked: Asked, cause: unknown): KubeError {
  const code = codeOf(cause);
  const message = `${asked.what}: no answer from the API server (${code ?? reason})`;
  return new KubeError({ status: 0, reason }, message, { cause });
}

/** The value of a JSON body; KubeError BadAnswer for anything that is not an object. */
export function parseObject(answer: Answer, asked: Asked): object {
  let value: unknown;
  try {
    value = JSON.parse(answer.text);
  } catch {
    value = undefined;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new KubeError(
    { status: answer.status, reason: 'BadAnswer' },
    `${asked.what}: the API server's answer is not a JSON object; is something between us and it?`,
  );
}

function parseStatus(text: string): Status {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** The time that a Retry-After names (seconds, or a date), milliseconds since the epoch. */
function retryAt(value: unknown, now: number): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return now + Math.max(seconds, 0) * 1000;
  const date = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(date, now);
}

/** Node's code of a failed connection (ECONNREFUSED, UND_ERR_HEADERS_TIMEOUT, DEPTH_ZERO_SELF_SIGNED_CERT, ...), from the error or its cause. */
function codeOf(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 3; at = at.cause, depth += 1) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return undefined;
}

function clean(message: string): string {
  const line = message.replaceAll(/\s+/g, ' ').trim();
  return line.length > 500 ? `${line.slice(0, 499)}…` : line;
}
