// When a host that refuses may be asked again: Retry-After and the rate-limit headers of forges and registries.

type Headers = Readonly<Record<string, string>>;

/** Documented for GitHub's secondary limits: wait a minute when nothing says how long. */
const secondaryMs = 60_000;
/** Longer waits are a fault of the header, not an answer to obey. */
const longestMs = 24 * 3_600_000;
/** Reset times are whole seconds: one more is surely after it. */
const marginMs = 1_000;
/** A reset above this is seconds since the epoch, below it seconds from now. */
const leastEpochSeconds = 1_000_000_000;

/** What GitHub's 403 says when a secondary limit is meant. */
const secondaryWords = /secondary rate limit|abuse detection mechanism/i;

export interface Refusal {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/**
 * Whether an answer is a limit rather than a refusal of the credential: 429, and 403 that says so in its headers or, as a secondary
 * limit, in its words.
 */
export function isRateLimited({ status, headers, body }: Refusal): boolean {
  if (status === 429) return true;
  if (status !== 403) return false;
  if (isUsedUp(headers) || headers['retry-after'] !== undefined) return true;
  return secondaryWords.test(new TextDecoder().decode(body.subarray(0, 4_096)));
}

/**
 * The earliest time for the next question, milliseconds since the epoch. Times in headers count from the answer's own Date, so that a
 * clock that is wrong on either side does no harm. Undefined when the answer says nothing and is no limit.
 */
export function retryAt(refusal: Refusal, now: number): number | undefined {
  const { headers } = refusal;
  const wait =
    retryAfterMs(headers, now) ?? resetMs(headers, now) ?? (isRateLimited(refusal) ? secondaryMs : undefined);
  return wait === undefined ? undefined : now + Math.min(Math.max(wait, 0), longestMs);
}

function retryAfterMs(headers: Headers, now: number): number | undefined {
  const value = headers['retry-after'];
  if (value === undefined) return undefined;
  if (/^\d+(?:\.\d+)?$/.test(value.trim())) return Number(value) * 1_000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : date - answeredAt(headers, now);
}

function resetMs(headers: Headers, now: number): number | undefined {
  if (!isUsedUp(headers)) return undefined;
  const text = headers['x-ratelimit-reset'] ?? headers['ratelimit-reset'];
  const seconds = Number.parseFloat(text ?? '');
  if (!Number.isFinite(seconds)) return undefined;
  const ms = seconds < leastEpochSeconds ? seconds * 1_000 : seconds * 1_000 - answeredAt(headers, now);
  return Math.max(ms, 0) + marginMs;
}

/** `0`, or Docker Hub's `0;w=21600`. */
function isUsedUp(headers: Headers): boolean {
  return /^0+(?:\D|$)/.test(headers['x-ratelimit-remaining'] ?? headers['ratelimit-remaining'] ?? '');
}

function answeredAt(headers: Headers, now: number): number {
  const date = Date.parse(headers['date'] ?? '');
  return Number.isNaN(date) ? now : date;
}
