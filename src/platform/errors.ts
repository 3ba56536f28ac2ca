// The three errors that a step may throw. Anything else thrown is our own bug and is reported as such.
// Each carries `reason` (one CamelCase word, the same in condition, event, metric and docs) and a message that is safe to show.

/** What the HTTP edge can make of a failed exchange; decided there once and never again above it. */
export type HttpReason =
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'RateLimited'
  | 'ServerError'
  | 'UnexpectedAnswer'
  | 'AnswerTooLarge'
  | 'Timeout'
  | 'NetworkError'
  | 'TlsError'
  | 'EgressDenied'
  | 'RedirectRefused'
  | 'PlainHttpRefused'
  | 'Aborted';

interface Details {
  /** The error underneath; for logs only, never shown to users. */
  readonly cause?: unknown;
}

/** The world may heal (network, 5xx, missing Secret, 401/403/404): try again later, with the caller's backoff. */
export class RetryableError extends Error {
  override readonly name: string = 'RetryableError';
  readonly reason: string;
  /** The earliest sensible time for the next try, milliseconds since the epoch; absent: the caller's ordinary interval. */
  readonly retryAt: number | undefined;

  constructor(reason: string, message: string, details: Details & { readonly retryAt?: number | undefined } = {}) {
    super(message, { cause: details.cause });
    this.reason = reason;
    this.retryAt = details.retryAt;
  }
}

/** This input can never work: only the object's own spec, or an immutable input, may settle that. Not retried until it changes. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
  readonly reason: string;

  constructor(reason: string, message: string, details: Details = {}) {
    super(message, { cause: details.cause });
    this.reason = reason;
  }
}

/** Somebody else moves first; `retryAt` (milliseconds since the epoch) says when to look again at the latest. */
export class WaitingError extends Error {
  override readonly name = 'WaitingError';
  readonly reason: string;
  readonly retryAt: number;

  constructor(reason: string, message: string, retryAt: number) {
    super(message);
    this.reason = reason;
    this.retryAt = retryAt;
  }
}
