// What the registry answers, and the error codes of the distribution specification.
import type { IncomingMessage } from 'node:http';
import type { RegistryStore } from './store.ts';

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Sent instead of a body: bytes `start` to `end` (inclusive) of a file. */
  readonly file?: { readonly path: string; readonly start: number; readonly end: number };
}

/** One request, taken apart. */
export interface Ask {
  readonly method: string;
  readonly repository: string;
  /** The last part of the path: a tag, a digest or the name of an upload; empty where there is none. */
  readonly reference: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** The body, read at most once. */
  readonly body: IncomingMessage;
  readonly store: RegistryStore;
}

const messages = {
  BLOB_UNKNOWN: 'blob unknown to registry',
  BLOB_UPLOAD_INVALID: 'blob upload invalid',
  BLOB_UPLOAD_UNKNOWN: 'blob upload unknown to registry',
  DENIED: 'requested access to the resource is denied',
  DIGEST_INVALID: 'provided digest did not match uploaded content',
  MANIFEST_BLOB_UNKNOWN: 'blob unknown to registry',
  MANIFEST_INVALID: 'manifest invalid',
  MANIFEST_UNKNOWN: 'manifest unknown',
  NAME_INVALID: 'invalid repository name',
  NAME_UNKNOWN: 'repository name not known to registry',
  RANGE_INVALID: 'the part does not follow what was uploaded before',
  SIZE_INVALID: 'the content is larger than this registry takes',
} as const;

export type ErrorCode = keyof typeof messages;

/** An answer of the specification's error form. */
export function refuse(status: number, code: ErrorCode, detail?: unknown): Reply {
  const error = { code, message: messages[code], ...(detail === undefined ? {} : { detail }) };
  return json(status, { errors: [error] });
}

/** A value as JSON, in the form that the registry sends its lists and errors in. */
export function json(status: number, value: unknown): Reply {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: `${JSON.stringify(value)}\n` };
}

/** Outside the specification: no such page, no such method. */
export function plain(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body: `${text}\n` };
}
