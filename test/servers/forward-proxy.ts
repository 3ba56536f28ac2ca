// An HTTP proxy as companies have them: CONNECT for https, whole URLs for http. Every host leads to this machine.
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Certificate } from './certificate.ts';

export interface ForwardProxy extends AsyncDisposable {
  readonly port: number;
  /** `CONNECT host:port` and `GET http://host:port/path`, as they came in. */
  readonly asked: readonly string[];
}

export interface ForwardProxyOptions {
  /** `user:password` that is asked for. */
  readonly login?: string;
  /** The proxy itself is spoken to over TLS. */
  readonly tls?: Certificate;
  /** Accepts connections and never answers. */
  readonly silent?: boolean;
}

export async function startForwardProxy(options: ForwardProxyOptions = {}): Promise<ForwardProxy> {
  const asked: string[] = [];
  const sockets = new Set<Duplex>();
  const expected = options.login && `Basic ${Buffer.from(options.login).toString('base64')}`;
  const mayPass = (incoming: IncomingMessage) => !expected || incoming.headers['proxy-authorization'] === expected;

  function forward(incoming: IncomingMessage, response: ServerResponse): void {
    asked.push(`${incoming.method} ${incoming.url}`);
    if (options.silent) return;
    if (!mayPass(incoming)) return void response.writeHead(407).end();
    const { hostname: _, port, pathname, search } = new URL(incoming.url ?? '');
    const { 'proxy-authorization': __, ...headers } = incoming.headers;
    const passed = httpRequest({ host: '127.0.0.1', port, path: pathname + search, method: incoming.method, headers });
    passed.on('response', answer => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.on('error', () => response.writeHead(502).end());
    incoming.pipe(passed);
  }

  function tunnel(incoming: IncomingMessage, socket: Duplex): void {
    asked.push(`CONNECT ${incoming.url}`);
    socket.on('error', () => socket.destroy());
    if (options.silent) return;
    if (!mayPass(incoming)) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    const upstream = connect(Number(incoming.url?.split(':').at(-1)), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    sockets.add(upstream);
    upstream.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    socket.on('close', () => upstream.destroy());
  }

  const { tls } = options;
  const server = tls ? createTlsServer({ cert: tls.certificate, key: tls.key }, forward) : createServer(forward);
  server.on('connect', tunnel);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
