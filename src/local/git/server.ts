// A Git server on loopback: `git http-backend` behind a small HTTP server. For the demo and for trying things out; anybody on this machine may push.
import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { Log } from '../../platform/log.ts';
import { readHead } from './cgi.ts';

export interface GitServerOptions {
  /** Bare repositories, as `<name>.git`. */
  readonly directory: string;
  /** Absent or 0: any free port. */
  readonly port?: number;
  /** Where `git` is looked for. */
  readonly programPath: string;
  readonly log: Log;
}

export interface GitServer extends AsyncDisposable {
  /** `http://127.0.0.1:port`; a repository is at `/<name>.git`. */
  readonly url: string;
  readonly port: number;
}

/** Starts it on 127.0.0.1. */
export async function startGitServer(options: GitServerOptions): Promise<GitServer> {
  const server = createServer((request, response) => {
    serve(request, response, options).catch(error => {
      if (!request.destroyed) options.log.error('the Git server failed to answer', { method: request.method, error });
      response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address: AddressInfo | string | null = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    [Symbol.asyncDispose]: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(request: IncomingMessage, response: ServerResponse, options: GitServerOptions): Promise<void> {
  // A page in a browser that gave its own name our address must not reach us.
  if (!/^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(request.headers.host ?? '')) {
    response.writeHead(403).end('the Host header names another host\n');
    return;
  }
  const child = spawn('git', ['http-backend'], {
    env: environment(request, options),
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
  response.once('close', () => child.kill('SIGKILL'));
  // It may answer without reading what it was sent.
  const sent = pipeline(request, child.stdin).catch(() => {});
  const { status, headers, rest } = await readHead(child.stdout);
  response.writeHead(status, headers);
  response.write(rest);
  await pipeline(child.stdout, response);
  await Promise.all([sent, ended]);
}

/** As RFC 3875 has it; nothing of our own environment but the PATH. */
function environment(request: IncomingMessage, { directory, programPath }: GitServerOptions): Record<string, string> {
  const url = new URL(request.url ?? '/', 'http://git.invalid');
  const header = (name: string, variable: string) => {
    const value = request.headers[name];
    return typeof value === 'string' ? { [variable]: value } : {};
  };
  return {
    PATH: programPath,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_COUNT: '2',
    GIT_CONFIG_KEY_0: 'http.receivepack',
    GIT_CONFIG_VALUE_0: 'true',
    GIT_CONFIG_KEY_1: 'core.hooksPath',
    GIT_CONFIG_VALUE_1: '/dev/null',
    GIT_PROJECT_ROOT: directory,
    GIT_HTTP_EXPORT_ALL: '1',
    GATEWAY_INTERFACE: 'CGI/1.1',
    REQUEST_METHOD: request.method ?? 'GET',
    PATH_INFO: decodeURIComponent(url.pathname),
    QUERY_STRING: url.search.slice(1),
    REMOTE_ADDR: '127.0.0.1',
    ...header('content-type', 'CONTENT_TYPE'),
    ...header('content-length', 'CONTENT_LENGTH'),
    ...header('content-encoding', 'HTTP_CONTENT_ENCODING'),
    ...header('git-protocol', 'GIT_PROTOCOL'),
  };
}
