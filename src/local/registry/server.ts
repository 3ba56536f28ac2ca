// The embedded OCI registry of local mode: push and pull on loopback, contents on disk. Never used in a cluster.
import { createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { Log } from '../../platform/log.ts';
import { type Ask, plain, type Reply, refuse } from './answer.ts';
import { blob } from './blobs.ts';
import { catalog, manifest, tagList } from './manifests.ts';
import { RegistryStore } from './store.ts';
import { startUpload, upload } from './uploads.ts';

export interface RegistryOptions {
  /** Where everything is kept; made where absent. One process at a time. */
  readonly dir: string;
  /** Absent or 0: any free port. */
  readonly port?: number;
  readonly log: Log;
}

export interface EmbeddedRegistry extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** `127.0.0.1:port`, as it stands before a repository in an image reference. */
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

const longestRepository = 255;
const name = '((?:[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*/)*[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*)';

interface Route {
  readonly pattern: RegExp;
  readonly methods: readonly string[];
  readonly answer: (ask: Ask) => Promise<Reply>;
}

const routes: readonly Route[] = [
  { pattern: new RegExp(`^/v2/${name}/tags/list$`), methods: ['GET'], answer: tagList },
  {
    pattern: new RegExp(`^/v2/${name}/manifests/(\\w[\\w.-]{0,127}|sha256:[0-9a-f]{64})$`),
    methods: ['DELETE', 'GET', 'HEAD', 'PUT'],
    answer: manifest,
  },
  { pattern: new RegExp(`^/v2/${name}/blobs/uploads/$`), methods: ['POST'], answer: startUpload },
  {
    pattern: new RegExp(`^/v2/${name}/blobs/uploads/([\\w.=-]+)$`),
    methods: ['DELETE', 'GET', 'PATCH', 'PUT'],
    answer: upload,
  },
  { pattern: new RegExp(`^/v2/${name}/blobs/(\\w+:\\w+)$`), methods: ['DELETE', 'GET', 'HEAD'], answer: blob },
];

/** Starts the registry on 127.0.0.1. What an earlier process pushed is there again. */
export async function startRegistry({ dir, port = 0, log }: RegistryOptions): Promise<EmbeddedRegistry> {
  const store = new RegistryStore(dir);
  await store.open();
  const server = createServer((request, response) => {
    answer(request, store)
      .then(reply => send(reply, request, response))
      .catch(error => {
        // A client that went away is no failure of ours.
        if (!request.destroyed) log.error('the registry failed to answer', { method: request.method, error });
        response.destroy();
      });
  });
  const bound = await listen(server, port);
  const close = () =>
    new Promise<void>(resolve => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const host = `127.0.0.1:${bound}`;
  return { url: `http://${host}`, host, port: bound, close, [Symbol.asyncDispose]: close };
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' && address ? address.port : port;
}

async function answer(request: IncomingMessage, store: RegistryStore): Promise<Reply> {
  const method = request.method ?? 'GET';
  // A page in a browser that gave its own name our address must not reach us.
  if (!/^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/.test(request.headers.host ?? '')) {
    return refuse(403, 'DENIED', 'the Host header names another host');
  }
  const url = new URL(request.url ?? '/', 'http://registry.invalid');
  const path = decode(url.pathname);
  if (path === '/') return { status: 200, headers: { 'cache-control': 'no-cache' } };
  if (path === '/v2') return { status: 301, headers: { location: '/v2/' } };
  if (path === '/v2/')
    return { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' }, body: '{}' };
  if (path === '/v2/_catalog' && method === 'GET') return catalog(store);
  for (const route of routes) {
    const match = route.pattern.exec(path ?? '');
    const [, repository, reference = ''] = match ?? [];
    if (repository === undefined) continue;
    if (repository.length > longestRepository) return refuse(400, 'NAME_INVALID', 'longer than 255 characters');
    const allow = route.methods.join(', ');
    if (method === 'OPTIONS') return { status: 200, headers: { allow } };
    if (!route.methods.includes(method)) return plain(405, 'Method not allowed', { allow });
    return route.answer({
      method,
      repository,
      reference,
      query: url.searchParams,
      headers: request.headers,
      body: request,
      store,
    });
  }
  return plain(404, '404 page not found');
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

async function send(reply: Reply, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const length = reply.body === undefined ? 0 : Buffer.byteLength(reply.body);
  const hasBody = reply.status !== 204 && reply.status !== 304;
  response.writeHead(reply.status, {
    'docker-distribution-api-version': 'registry/2.0',
    'x-content-type-options': 'nosniff',
    ...(hasBody ? { 'content-length': length } : {}),
    ...reply.headers,
  });
  if (request.method === 'HEAD' || !hasBody || !reply.file || reply.file.end < reply.file.start) {
    response.end(request.method === 'HEAD' || !hasBody ? undefined : reply.body);
    return;
  }
  const { path, start, end } = reply.file;
  await pipeline(createReadStream(path, { start, end }), response);
}
