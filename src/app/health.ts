// The HTTP endpoint of a process: /livez (OpenFunction's /healthz) and /readyz for the kubelet, /metrics for Prometheus.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isLoopbackHost } from '../platform/http/address.ts';
import { parseHostPort } from '../platform/http/target.ts';
import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { Health } from './control-plane.ts';

export interface HealthOptions {
  readonly address: { readonly host: string; readonly port: number };
  readonly health: () => Promise<Health>;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Serves until disposed. A forge that is down is no business of the probes: it is a metric and a condition. */
export async function serveHealth(options: HealthOptions): Promise<AsyncDisposable & { readonly port: number }> {
  const { host } = options.address;
  const server = createServer((request, response) => {
    // A page in a browser that gave its own name our address must not reach us.
    if (isLoopbackHost(host) && !namesLoopback(request.headers.host)) {
      return reply(response, 403, 'the Host header names another host\n');
    }
    answer(request.url ?? '/', response, options).catch((error: unknown) => {
      options.log.error('health endpoint failed', { error });
      reply(response, 500, 'internal error\n');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.address.port, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

async function answer(url: string, response: ServerResponse, { health, metrics }: HealthOptions): Promise<void> {
  const [path] = url.split('?');
  if (path === '/metrics') {
    response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8');
    return reply(response, 200, await metrics.text());
  }
  const isLive = path === '/livez' || path === '/healthz';
  if (!isLive && path !== '/readyz') return reply(response, 404, 'not found\n');
  const { live, ready } = await health();
  const well = isLive ? live : ready;
  const trouble = isLive ? 'keys are due and nobody handles them' : 'not everything was listed yet';
  reply(response, well ? 200 : 503, well ? 'ok\n' : `${trouble}\n`);
}

function namesLoopback(header: string | undefined): boolean {
  const named = header === undefined ? undefined : parseHostPort(header);
  return named !== undefined && isLoopbackHost(named.host);
}

function reply(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status).end(body);
}
