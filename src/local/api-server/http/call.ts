// One request, as the handlers see it.
import type { IncomingHttpHeaders } from 'node:http';

/** The largest body that is read, in bytes. */
export const maxBodyBytes = 3 * 1024 * 1024;

export interface Call {
  readonly method: string;
  /** As sent, still encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Undefined: larger than `maxBodyBytes`. */
  readonly body: Buffer | undefined;
  /** What the answer warns of; handlers add to it. */
  readonly warnings: string[];
}

/** A query that says yes: anything that is not empty, `false` or `0`. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== '' && value !== '0' && value.toLowerCase() !== 'false';
}
