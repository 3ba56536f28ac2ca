// Redirects: how many, how far, never in a circle.

import { RetryableError } from '../errors.ts';
import type { Reply } from './exchange.ts';
import { failure } from './failure.ts';
import type { HttpRequest } from './http.ts';
import { parseTarget, type Target } from './target.ts';

const mostHops = 5;

/** Where one request has been. */
export class RedirectTrail {
  private readonly from: Target;
  private readonly seen: Set<string>;

  constructor(from: Target) {
    this.from = from;
    this.seen = new Set([from.url]);
  }

  /** The next hop. RetryableError RedirectRefused after five, in a circle, and for an address that is never asked. */
  next(at: Target, location: string): Target {
    const target = resolveLocation(at, location);
    const { authority } = this.from;
    if (this.seen.has(target.url)) throw failure('RedirectRefused', `${authority} redirects in a circle`);
    this.seen.add(target.url);
    if (this.seen.size > mostHops + 1) {
      throw failure('RedirectRefused', `${authority} redirects more than ${mostHops} times`);
    }
    return target;
  }
}

function resolveLocation(at: Target, location: string): Target {
  const url = URL.parse(location, at.url);
  if (url === null) throw failure('RedirectRefused', `${at.authority} redirects to what is no address`);
  try {
    return parseTarget(url.href);
  } catch (error) {
    if (!(error instanceof RetryableError)) throw error;
    throw failure('RedirectRefused', `${at.authority} redirects to an address that is not asked: ${error.message}`);
  }
}

const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308];

/** Where the answer leads, when the request is one that follows. */
export function followedLocation(request: HttpRequest, { status, headers }: Reply): string | undefined {
  if (status < 300 || request.redirect === 'manual' || !redirectStatuses.includes(status)) return undefined;
  return request.method === 'GET' || request.method === 'HEAD' ? headers['location'] : undefined;
}

/** Whether a credential for the one may be sent to the other. */
export function isSameOrigin(a: Target, b: Target): boolean {
  return a.secure === b.secure && a.host === b.host && a.port === b.port;
}
