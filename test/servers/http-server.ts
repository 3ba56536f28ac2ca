// A server on loopback that answers as a test says, and remembers what it was asked.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Certificate } from './certificate.ts';

interface ServedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers one request; what it throws cuts the connection. */
export type Answerer = (request: ServedRequest, response: ServerResponse) => unknown;

export interface HttpServer extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:PORT` or `https://127.0.0.1:PORT`. */
  readonly url: string;
  readonly requests: readonly ServedRequest[];
  /** Connections that were made since the start. */
  readonly connections: number;
  /** Connections that are open now. */
  readonly open: number;
  /** Cuts every connection that is open now. */
  cutAll(): void;
}

export interface HttpServerOptions {
  readonly tls?: Certificate;
  /** Default 127.0.0.1. */
  readonly address?: string;
  /** Default: any free one. */
  readonly port?: number;
}

export async function startHttpServer(answer: Answerer, options: HttpServerOptions = {}): Promise<HttpServer> {
  const requests: ServedRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const handle = (incoming: IncomingMessage, response: ServerResponse) => {
    serve(incoming, response).catch(() => incoming.socket.destroy());
  };
  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const { method = '', url = '', headers } = incoming;
    const request = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') };
    requests.push(request);
    await answer(request, response);
  }
  const { tls } = options;
  const server = tls ? createTlsServer({ cert: tls.certificate, key: tls.key }, handle) : createServer(handle);
  server.keepAliveTimeout = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  const address = options.address ?? '127.0.0.1';
  server.listen(options.port ?? 0, address);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${tls ? 'https' : 'http'}://${address}:${port}`,
    requests,
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    cutAll() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
