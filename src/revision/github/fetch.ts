// The fetch that octokit gets: our HTTP edge, one exchange, never a retry.
import type { GitSource } from '../../watch/source.ts';
import type { Ports, Question } from '../provider.ts';
import { transportOf } from '../transport.ts';

/** Statuses that mean something to the driver; all others are thrown by the edge. */
const answers = [409, 422];

/** As much of a fetch function as octokit uses. */
export type Fetch = (url: string, init?: { readonly headers?: Record<string, string> }) => Promise<Response>;

/**
 * A fetch function bound to one question. The token is added here, as a secret header: octokit, whose errors keep their requests, never
 * holds it. Errors of the edge pass through; octokit wraps them, with the original as `cause`.
 */
export function fetchThrough(question: Question<GitSource>, { http }: Ports, maxBytes?: number): Fetch {
  return async (url, init) => {
    const { credential } = question;
    // The edge names us to the host.
    const { 'user-agent': _, ...headers } = init?.headers ?? {};
    const request = {
      ...transportOf(question),
      method: 'GET' as const,
      url,
      headers,
      ...(maxBytes === undefined ? {} : { maxBytes }),
      ...(credential ? { secretHeaders: { authorization: `Bearer ${credential.password}` } } : {}),
    };
    const { status, headers: answered, body } = await http.request(request, answers);
    // Anything but JSON and text reaches octokit's caller as bytes; the sha comes under a type of its own.
    const known = { ...answered, 'content-type': status === 200 ? 'text/plain' : 'application/json' };
    return new Response(status === 304 ? null : Buffer.from(body), { status, headers: known });
  };
}
