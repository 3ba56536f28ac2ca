// Requests to the service `git-upload-pack` of a repository, and what makes an answer one of Git's.
import { RetryableError } from '../../platform/errors.ts';
import type { HttpRequest, HttpResponse } from '../../platform/http/http.ts';
import type { GitSource } from '../../watch/source.ts';
import type { Question } from '../provider.ts';
import { transportOf } from '../transport.ts';
import { basicLogin } from './login.ts';

const service = 'git-upload-pack';

/** Redirects, which a POST does not follow. */
export const redirects: readonly number[] = [301, 302, 303, 307, 308];
/** Refusals of the bare POST by servers that want to be discovered first. */
export const refusals: readonly number[] = [400, 405, 411, 415, 422, 501];

/** Some MiB: without v2 all refs come (about 70 bytes each). */
const largestAdvertisement = 32 * 1024 * 1024;
/** What comes behind a repository's address in that of its discovery. */
export const discoveryPath = '/info/refs';

/** The GET that tells what a server speaks. */
export function discoveryOf(question: Question<GitSource>, base: string): HttpRequest {
  return {
    ...common(question, base),
    method: 'GET',
    url: `${base}${discoveryPath}?service=${service}`,
    headers: { 'git-protocol': 'version=2', accept: '*/*' },
    maxBytes: largestAdvertisement,
  };
}

interface Content {
  readonly body: Uint8Array;
  readonly maxBytes: number;
  /** Protocol v2 is spoken; absent: it is. */
  readonly isOld?: boolean;
}

/** A question to the service. */
export function postOf(question: Question<GitSource>, base: string, { body, maxBytes, isOld }: Content): HttpRequest {
  return {
    ...common(question, base),
    method: 'POST',
    url: `${base}/${service}`,
    headers: {
      'content-type': `application/x-${service}-request`,
      accept: `application/x-${service}-result`,
      ...(isOld === true ? {} : { 'git-protocol': 'version=2' }),
    },
    body,
    maxBytes,
    redirect: 'manual',
    // A question changes nothing: on a kept connection that died it may be asked again.
    repeatable: true,
  };
}

/** A credential goes to the scheme, host and port of the source alone, wherever the repository moved. */
function common(question: Question<GitSource>, base: string): Pick<HttpRequest, 'secretHeaders'> {
  const { source, credential } = question;
  const isOwn = new URL(base).origin === new URL(source.url).origin;
  const secretHeaders = credential && isOwn ? { secretHeaders: { authorization: basicLogin(source, credential) } } : {};
  return { ...transportOf(question), ...secretHeaders };
}

/** Whether an answer is of the kind that Git gives. */
export function isOfGit({ headers }: HttpResponse, kind: 'result' | 'advertisement'): boolean {
  return (headers['content-type'] ?? '').split(';')[0]?.trim() === `application/x-${service}-${kind}`;
}

/** An answer that cannot be what was asked for. `what` quotes nothing of it. */
export function unexpected({ source }: Question<GitSource>, what: string): RetryableError {
  const { host, pathname } = new URL(source.url);
  return new RetryableError('UnexpectedAnswer', `the Git host ${host} ${what} (${pathname.slice(1)})`);
}
