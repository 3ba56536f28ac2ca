// The HTTP port: one exchange with a forge, a Git host or a registry. Timeouts, limits, TLS, proxies, redirects, egress policy and
// error classification live behind it, once.

/** How the connection is secured. */
export interface Tls {
  /** PEM certificates trusted besides the system's and the operator's `--ca-file`. */
  readonly ca?: string;
  /** Accept any certificate (`skip-verify`, with a standing warning on the Function). */
  readonly skipVerify?: boolean;
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute, without userinfo. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Secret headers (Authorization, PRIVATE-TOKEN): dropped when a redirect leaves scheme, host or port; never logged. */
  readonly secretHeaders?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  readonly tls?: Tls;
  /** Allow secretHeaders over http:// to a host that is not loopback (`insecure-registry`). Default false. */
  readonly plainCredentials?: boolean;
  /** Default 10 000; for the whole exchange, body included. */
  readonly timeoutMs?: number;
  /** Default 1 MiB; a longer body is cut off: RetryableError AnswerTooLarge. */
  readonly maxBytes?: number;
  /**
   * `follow` (default) re-judges each hop by the egress policy, at most 5; `manual` returns the 3xx. Only GET and HEAD are ever followed:
   * the 3xx to a POST is returned.
   */
  readonly redirect?: 'follow' | 'manual';
  /** Open a new connection rather than use a kept one (to confirm a rollback against another replica). */
  readonly fresh?: boolean;
  /** May reach the host twice: when a kept connection turns out to be dead. Default true, for POST and PATCH false. */
  readonly repeatable?: boolean;
  readonly signal?: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names; repeated headers joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** The URL that answered, after redirects. */
  readonly url: string;
}

/**
 * One exchange. Resolves for every status below 400, and for those the caller lists in `accept`; every other end is thrown as a
 * RetryableError whose reason is an HttpReason, whose message names host and status and never header, body, query or userinfo, and
 * whose `retryAt` obeys Retry-After and rate-limit headers (relative to the answer's Date).
 */
export interface Http {
  request(request: HttpRequest, accept?: readonly number[]): Promise<HttpResponse>;
}
