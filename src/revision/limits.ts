// How often hosts let themselves be asked: what their documents say, and what their answers say.

/** Requests that a host and credential may make in a window. */
export const windowMs = 60_000;

interface HostLimit {
  readonly withCredential: number;
  readonly anonymous: number;
}

/**
 * Requests a minute where the host's documents give a number. GitHub: 5,000 API requests an hour with a token, 60 without, and 900 points a
 * minute for the rest (its 15 Git reads a second and repository are never reached: a source is asked once a second at most). Gitee gives
 * none; one a second has been taken well.
 */
const hostLimits: Readonly<Record<string, HostLimit>> = {
  'api.github.com': { withCredential: Math.floor(5000 / 60), anonymous: 1 },
  'github.com': { withCredential: 900, anonymous: 900 },
  'gitlab.com': { withCredential: 2000, anonymous: 500 },
  'gitee.com': { withCredential: 60, anonymous: 60 },
};

/** The limit to begin with, requests a window; undefined for a host whose documents nobody told us. */
export function limitOf(host: string, isAnonymous: boolean): number | undefined {
  const limit = Object.hasOwn(hostLimits, host) ? hostLimits[host] : undefined;
  return isAnonymous ? limit?.anonymous : limit?.withCredential;
}

/** What an answer says of the budget. */
export interface Allowance {
  /** Requests left until `resetAt`. */
  readonly remaining: number;
  /** Milliseconds since the epoch, by our clock. */
  readonly resetAt: number;
}

/** Others use the same token; a part of what is left is theirs. */
const ourShare = 0.9;
/** Smaller numbers are spans in seconds, larger ones are times. */
const earliestEpochSeconds = 1_000_000_000;
/** No host counts over more than a day; a later reset means nothing. */
const longestSpanMs = 24 * 3_600_000;

/** Reads `x-ratelimit-*` (GitHub, Gitee) and `ratelimit-*` (GitLab, the IETF draft); undefined where an answer says nothing usable. */
export function readAllowance(headers: Readonly<Record<string, string>>, now: number): Allowance | undefined {
  const remaining = number(headers['x-ratelimit-remaining'] ?? headers['ratelimit-remaining']);
  const reset = number(headers['x-ratelimit-reset'] ?? headers['ratelimit-reset']);
  if (remaining === undefined || reset === undefined) return undefined;
  // The host's clock is not ours: the span counts from the time that it says it is.
  const hostNow = Date.parse(headers['date'] ?? '');
  const spanMs = reset * 1000 - (reset < earliestEpochSeconds ? 0 : Number.isNaN(hostNow) ? now : hostNow);
  return spanMs > longestSpanMs ? undefined : { remaining, resetAt: now + Math.max(spanMs, 0) };
}

/** Requests a window that last until the reset. */
export function limitBy({ remaining, resetAt }: Allowance, now: number): number {
  const windows = Math.max((resetAt - now) / windowMs, 1);
  return Math.floor((remaining * ourShare) / windows);
}

/** `4999`; Docker Hub's `76;w=21600` counts pulls, which we do not make, and is left out. */
function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
