// What handlers answer: a whole body, or a stream that goes on until somebody ends it.
import type { Status } from '../status.ts';

export interface Answer {
  readonly code: number;
  /** Its Content-Type; empty for none. */
  readonly type: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Where a stream's lines go. */
export interface Sink {
  /** False when the client reads too slowly: nothing more is to be written before `onDrain`. */
  write(chunk: string | Buffer): boolean;
  onDrain(action: () => void): void;
  /** Calls `action` once the client is gone or `end` was called. */
  onClose(action: () => void): void;
  end(): void;
}

export interface Stream {
  readonly type: string;
  start(sink: Sink): void;
}

export type Reply = Answer | Stream;

export const jsonType = 'application/json';
const textType = 'text/plain; charset=utf-8';

/** JSON that is already text; it ends its line, as the real server's does. */
export function jsonText(body: string, code = 200): Answer {
  return { code, type: jsonType, body: `${body}\n` };
}

/** A value as JSON, ended by a newline. */
export function json(value: unknown, code = 200): Answer {
  return jsonText(JSON.stringify(value), code);
}

/** Text as it is, nothing added. */
export function plainText(body: string, code = 200): Answer {
  return { code, type: textType, body };
}

/** A Status under its own code (200 where it has none), with Retry-After where its details ask for one. */
export function statusAnswer(status: Status): Answer {
  const after = status.details?.retryAfterSeconds;
  const answer = json(status, status.code ?? 200);
  return after === undefined ? answer : { ...answer, headers: { 'retry-after': String(after) } };
}
