// One watch request as a sequence of events: lines of JSON, bookmarks, errors inside the stream, and silence.
import type { Clock } from '../clock.ts';
import { type Asked, unanswered, watchRefusal } from './answer.ts';
import { type Kind, KubeError, type KubeObject, type ListOptions } from './kube.ts';
import { watchRequest } from './requests.ts';
import type { Told } from './store.ts';
import type { Transport } from './transport.ts';

/** `opened`: the server accepted the watch. */
export type WatchEvent =
  | (Told & { readonly resourceVersion: string })
  | { readonly type: 'opened' }
  | { readonly type: 'bookmark'; readonly resourceVersion: string };

export interface Watch extends ListOptions {
  readonly kind: Kind;
  readonly resourceVersion: string;
  readonly signal: AbortSignal;
  /** The stream ends quietly when the server said nothing for so long. */
  readonly silenceMs: number;
}

interface WatchContext {
  readonly transport: Transport;
  readonly clock: Clock;
}

/** An object of 1.5 MiB with its managed fields. */
const maxLineBytes = 8 * 1024 * 1024;

/** Yields what the server tells; returns when the server ends the stream or is silent; throws KubeError (410: Expired). */
export async function* readWatch(watch: Watch, { transport, clock }: WatchContext): AsyncGenerator<WatchEvent> {
  const silent = new AbortController();
  // Spread, or all reflectors of all processes would come back at once.
  const timeoutSeconds = 240 + Math.floor(Math.random() * 60);
  const signal = AbortSignal.any([watch.signal, silent.signal]);
  const request = watchRequest(watch.kind, { ...watch, timeoutSeconds, signal });
  let timer = clock.after(watch.silenceMs, () => silent.abort());
  try {
    const body = await transport.stream(request);
    yield { type: 'opened' };
    for await (const line of lines(body, request)) {
      timer.cancel();
      timer = clock.after(watch.silenceMs, () => silent.abort());
      yield parseEvent(line, request, clock.now());
    }
  } catch (error) {
    if (silent.signal.aborted && !watch.signal.aborted) return;
    throw error;
  } finally {
    timer.cancel();
  }
}

async function* lines(body: AsyncIterable<Uint8Array>, asked: Asked): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      parts.push(chunk.subarray(start, end));
      const line = Buffer.concat(parts).toString('utf8');
      parts = [];
      size = 0;
      start = end + 1;
      if (line !== '') yield line;
    }
    const rest = chunk.subarray(start);
    size += rest.byteLength;
    if (size > maxLineBytes) {
      throw new KubeError(
        { status: 200, reason: 'AnswerTooLarge' },
        `${asked.what}: an event is larger than ${maxLineBytes} bytes`,
      );
    }
    if (rest.byteLength > 0) parts.push(rest);
  }
  if (size > 0) throw unanswered('Unreachable', asked, new Error('the stream ended within an event'));
}

function parseEvent(line: string, asked: Asked, now: number): WatchEvent {
  let event: { readonly type?: unknown; readonly object?: unknown };
  try {
    event = JSON.parse(line) as typeof event;
  } catch {
    throw badEvent(asked);
  }
  if (event.type === 'ERROR') throw watchRefusal(event.object, asked, now);
  // The edge of parsed data: an event of another type carries an object with metadata, or is refused below.
  const object = event.object as KubeObject | undefined;
  const resourceVersion = object?.metadata?.resourceVersion;
  if (!object || !resourceVersion) throw badEvent(asked);
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
      return { type: 'put', object, resourceVersion };
    case 'DELETED':
      return { type: 'removed', object, resourceVersion };
    case 'BOOKMARK':
      return { type: 'bookmark', resourceVersion };
    default:
      throw badEvent(asked);
  }
}

function badEvent(asked: Asked): KubeError {
  return new KubeError(
    { status: 200, reason: 'BadAnswer' },
    `${asked.what}: the API server sent what is not a watch event`,
  );
}
