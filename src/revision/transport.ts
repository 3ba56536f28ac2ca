// What every request of one question carries, whatever the provider.
import type { HttpRequest } from '../platform/http/http.ts';
import { type Source, sourceTls } from '../watch/source.ts';
import type { Question } from './provider.ts';

/** TLS, signal, and whether credentials may go over plain HTTP and a new connection is wanted. */
export function transportOf(
  question: Question<Source>,
): Pick<HttpRequest, 'tls' | 'plainCredentials' | 'fresh' | 'signal'> {
  const { source, credential, fresh, signal } = question;
  return {
    tls: sourceTls(source, credential?.ca),
    signal,
    ...(source.plainCredentials === true ? { plainCredentials: true } : {}),
    ...(fresh === true ? { fresh: true } : {}),
  };
}
