// What a failed exchange means, decided once. Messages name host and status; header, body, query and userinfo never get near them.
import { type HttpReason, RetryableError, TerminalError } from '../errors.ts';
import { isRateLimited, type Refusal, retryAt } from './rate-limit.ts';

/** An error of the HTTP edge. */
export function failure(
  reason: HttpReason,
  message: string,
  details: { cause?: unknown; retryAt?: number | undefined } = {},
) {
  return new RetryableError(reason, message, details);
}

/** The failure that a whole answer with a status of 400 or more stands for. */
export function statusFailure(host: string, refusal: Refusal, now: number): RetryableError {
  const [reason, meaning] = meaningOf(refusal);
  return failure(reason, `${host} answered ${refusal.status}: ${meaning}`, { retryAt: retryAt(refusal, now) });
}

function meaningOf(refusal: Refusal): readonly [HttpReason, string] {
  const { status } = refusal;
  if (isRateLimited(refusal)) return ['RateLimited', 'it asks to come back later'];
  if (status >= 500) return ['ServerError', 'it is in trouble'];
  switch (status) {
    case 401:
      return ['Unauthorized', 'it wants a credential, or refuses the one it got'];
    case 403:
    case 451:
      return ['Forbidden', 'the credential may not read this'];
    case 404:
    case 410:
      return ['NotFound', 'there is no such thing, or it is not shown to this credential'];
    case 407:
      return ['NetworkError', 'the proxy wants a user name and password'];
    case 408:
      return ['Timeout', 'the request took too long to arrive'];
    case 413:
    case 414:
    case 431:
      return ['UnexpectedAnswer', 'the request is too large for it'];
    default:
      return ['UnexpectedAnswer', 'the question was not understood'];
  }
}

/** Certificates, handshakes and protocol versions, as OpenSSL and Node name them. */
const tlsCode =
  /^(?:ERR_TLS_|ERR_SSL_|ERR_OSSL_|EPROTO$|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH)/;

/** Codes of Node's own that the other side causes. All other `ERR_` codes are faults of ours. */
const foreignCodes = new Set(['ERR_SOCKET_CONNECTION_TIMEOUT', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_SOCKET_CLOSED']);

const plainWords: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name cannot be looked up now',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
};

/**
 * Makes an error of sockets, TLS, the parser or a decoder a failure; failures pass unchanged. A TypeError and whatever else is a fault of
 * our own is given back as it is.
 */
export function networkFailure(host: string, error: unknown): unknown {
  if (error instanceof RetryableError || error instanceof TerminalError) return error;
  const code = codeOf(error);
  if (code === undefined) return error;
  if (tlsCode.test(code)) {
    const advice = 'a private CA goes into the Secret as ca.crt, or into --ca-file';
    return failure('TlsError', `no trusted TLS connection to ${host} (${code}); ${advice}`, { cause: error });
  }
  // The parser's errors carry the bytes they stumbled over, so they are not kept as a cause.
  if (code === 'HPE_HEADER_OVERFLOW') return failure('AnswerTooLarge', `${host} sent more headers than are read`);
  if (code.startsWith('HPE_')) return failure('UnexpectedAnswer', `${host} does not answer as HTTP has it (${code})`);
  if (!/^E[A-Z0-9_]+$/.test(code) || (code.startsWith('ERR_') && !foreignCodes.has(code))) return error;
  const words = plainWords[code] ?? 'the connection failed';
  return failure('NetworkError', `${host} cannot be reached: ${words} (${code})`, { cause: error });
}

/** Several addresses tried in vain are one error around many. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error instanceof AggregateError ? codeOf(error.errors[0]) : undefined;
}
