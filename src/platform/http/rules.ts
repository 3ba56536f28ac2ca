// What a request may do: send its credential, be sent again.
import { isLoopbackHost } from './address.ts';
import { failure } from './failure.ts';
import type { HttpRequest } from './http.ts';
import type { Target } from './target.ts';

/** POST and PATCH are sent twice only where the caller says that this does no harm. */
export function mayRepeat({ method, repeatable }: HttpRequest): boolean {
  return repeatable ?? (method !== 'POST' && method !== 'PATCH');
}

/** Line breaks and characters beyond Latin-1: a mistake in a Secret, not a fault of ours. */
const unsendable = /[^\t\x20-\x7e\x80-\xff]/;

/** Throws RetryableError PlainHttpRefused where a credential would go out in the clear, Unauthorized where it cannot be sent at all. */
export function checkSecrets(target: Target, secrets: Readonly<Record<string, string>>, plainAllowed: boolean): void {
  const values = Object.values(secrets);
  if (values.length === 0) return;
  if (!target.secure && !plainAllowed && !isLoopbackHost(target.host)) {
    const advice = 'use https://, or allow it with insecure-registry';
    throw failure('PlainHttpRefused', `no credential is sent to ${target.authority} over plain HTTP; ${advice}`);
  }
  if (!values.some(value => unsendable.test(value))) return;
  const problem = 'has a line break or another character that cannot be sent';
  throw failure('Unauthorized', `the credential for ${target.authority} ${problem}; write it into the Secret anew`);
}
