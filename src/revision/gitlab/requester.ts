// The requester that gitbeaker's resources get: our HTTP edge, one exchange, never a retry, with conditions and tokens of our own.
import type { Branches } from '@gitbeaker/rest';
import type { HttpRequest } from '../../platform/http/http.ts';
import type { GitSource } from '../../watch/source.ts';
import { parseJson, serverOf, unexpected } from '../forge.ts';
import type { Ports, Question } from '../provider.ts';
import { transportOf } from '../transport.ts';

type ResourceOptions = NonNullable<ConstructorParameters<typeof Branches>[0]>;
type RequesterFn = NonNullable<ResourceOptions['requesterFn']>;
type Requester = ReturnType<RequesterFn>;

/** Statuses that mean something to the driver; all others are thrown by the edge and pass through gitbeaker untouched. */
const answers = [404];

/**
 * Options for one resource and one question. gitbeaker never sees the token, sets no timer (`queryTimeout: 0`) and builds no rate limiter
 * (those belong to its own requester). `validator` makes the request conditional, which gitbeaker itself cannot do.
 */
export function resourceOptions(
  question: Question<GitSource>,
  ports: Ports,
  validator: string | undefined,
): ResourceOptions {
  const host = serverOf(question.source);
  const get = async (path: string) => {
    const { status, headers, body } = await ports.http.request(
      { ...requestOf(question, `${host}/api/v4/${path}`), headers: conditions(validator) },
      answers,
    );
    return { status, headers: { ...headers }, body: status === 304 ? {} : objectOf(body) };
  };
  // The driver only reads; what gitbeaker's types ask for besides is refused.
  const refuse = () => Promise.reject(new TypeError('the GitLab driver only reads'));
  const requester = { get, post: refuse, put: refuse, patch: refuse, delete: refuse } as Requester;
  return { host, queryTimeout: 0, requesterFn: () => requester };
}

/** One page of a list, which gitbeaker would follow through all its pages. RetryableError UnexpectedAnswer for what is no list. */
export async function listPage(
  question: Question<GitSource>,
  { http }: Ports,
  path: string,
): Promise<readonly unknown[]> {
  const request = requestOf(question, `${serverOf(question.source)}/api/v4/${path}`);
  const { status, body } = await http.request({ ...request, headers: conditions(undefined) }, answers);
  const list = parseJson(body);
  if (status === 404) throw unexpected('GitLab', 'does not have the commit that it just named');
  if (!Array.isArray(list)) throw unexpected('GitLab', 'answered with something that is no list');
  return list;
}

function conditions(validator: string | undefined): Readonly<Record<string, string>> {
  return { accept: 'application/json', ...(validator === undefined ? {} : { 'if-none-match': validator }) };
}

function requestOf(question: Question<GitSource>, url: string): HttpRequest {
  const { source, credential } = question;
  const base = { ...transportOf(question), method: 'GET' as const, url };
  if (!credential) return base;
  const token = credential.password;
  switch (source.authType ?? 'PrivateToken') {
    case 'PrivateToken':
      return { ...base, secretHeaders: { 'private-token': token } };
    case 'OAuthToken':
      return { ...base, secretHeaders: { authorization: `Bearer ${token}` } };
    case 'JobToken':
      return { ...base, secretHeaders: { 'job-token': token } };
  }
}

/** A list would make gitbeaker follow links to further pages; no question of ours is answered with one. */
function objectOf(body: Uint8Array): Record<string, unknown> {
  const parsed = parseJson(body);
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  throw unexpected('GitLab', 'answered with something that is no JSON object');
}
