// The HTTPS listener: who may ask, what was asked, and how the answer goes out.
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Log } from '../../../platform/log.ts';
import { ApiError, PageNotFound, unauthorized } from '../status.ts';
import { type Answer, plainText, type Reply, type Sink, type Stream, statusAnswer } from './answer.ts';
import { type Call, maxBodyBytes } from './call.ts';
import type { Credentials } from './credentials.ts';
import { tokenCheck } from './credentials.ts';

export interface ListenerOptions {
  readonly credentials: Credentials;
  /** 0: any that is free. */
  readonly port: number;
  readonly log: Log;
  readonly handle: (call: Call) => Reply | Promise<Reply>;
}

export interface Listener {
  readonly port: number;
  /** Ends all connections, streams included. */
  close(): Promise<void>;
}

/** Answers longer than this are compressed for clients that ask for it. */
const gzipBytes = 128 * 1024;
const gzipped = promisify(gzip);

/** Listens on 127.0.0.1 alone. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { certificate, key, token } = options.credentials;
  const isKnown = tokenCheck(token);
  const server = createServer({ key, cert: certificate, keepAliveTimeout: 120_000 });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    answerTo({ request, isKnown, ...options })
      .then(reply => send(reply, request, response))
      .catch((error: unknown) => {
        options.log.warn('an answer could not be sent', { error });
        response.destroy();
      });
  });
  // Those that still shake hands are none of the HTTP server's yet, and would hold up its end for as long as they are kept alive.
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await bind(server, options.port);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function bind(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

interface Question extends ListenerOptions {
  readonly request: IncomingMessage;
  readonly isKnown: (header: string | undefined) => boolean;
}

interface Told {
  readonly reply: Reply;
  readonly warnings: readonly string[];
}

async function answerTo({ request, isKnown, handle, log }: Question): Promise<Told> {
  const warnings: string[] = [];
  try {
    // A page in a browser reaches this server under a name of its own when DNS is turned against it.
    if (!isLoopback(request.headers.host))
      throw new ApiError(403, 'the Host header must name a loopback address', { reason: 'Forbidden' });
    if (!isKnown(request.headers.authorization)) throw unauthorized();
    const url = new URL(request.url ?? '/', 'https://localhost');
    const call = {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: await readBody(request),
      warnings,
    };
    return { reply: await handle(call), warnings };
  } catch (error) {
    request.resume();
    // A client that left in the midst of its request is nobody's fault.
    if (request.destroyed && !request.complete) return { reply: plainText('', 400), warnings };
    return { reply: errorAnswer(error, log), warnings };
  }
}

function errorAnswer(error: unknown, log: Log): Answer {
  if (error instanceof ApiError) return statusAnswer(error.status);
  if (error instanceof PageNotFound) return plainText('404 page not found\n', 404);
  log.error('the API server failed to answer', { error });
  const reason = 'InternalError';
  return statusAnswer(new ApiError(500, 'Internal error occurred: the server failed to answer', { reason }).status);
}

const loopbackHosts = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

function isLoopback(host: string | undefined): boolean {
  return host !== undefined && loopbackHosts.test(host);
}

/** The whole body; undefined when it is longer than is read. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxBodyBytes) parts.push(chunk);
  }
  return size > maxBodyBytes ? undefined : Buffer.concat(parts);
}

async function send({ reply, warnings }: Told, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const headers: Record<string, string | string[]> = { 'cache-control': 'no-cache, private' };
  if (warnings.length > 0) headers['warning'] = warnings.map(text => `299 - "${text.replace(/["\\]/g, '\\$&')}"`);
  if (reply.type !== '') headers['content-type'] = reply.type;
  if ('start' in reply) return sendStream(reply, response, headers);
  Object.assign(headers, reply.headers);
  let { body } = reply;
  if (body.length > gzipBytes && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))) {
    body = await gzipped(body, { level: 1 });
    headers['content-encoding'] = 'gzip';
    headers['vary'] = reply.headers?.['vary'] ?? 'Accept-Encoding';
  }
  // A text goes out in one piece with the head.
  response.writeHead(reply.code, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function sendStream(stream: Stream, response: ServerResponse, headers: Record<string, string | string[]>): void {
  response.writeHead(200, headers);
  response.flushHeaders();
  let onDrain: (() => void) | undefined;
  // Of a client that went away; 'close' follows.
  response.on('error', () => {});
  response.on('drain', () => onDrain?.());
  const sink: Sink = {
    // A timer may still have something to say after the end.
    write: chunk => response.writableEnded || response.write(chunk),
    onDrain: action => {
      onDrain = action;
    },
    onClose: action => response.on('close', action),
    end: () => response.end(),
  };
  stream.start(sink);
}
