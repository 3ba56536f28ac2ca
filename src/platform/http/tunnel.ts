// Connections to a proxy, and through it.
import { request } from 'node:http';
import { connect, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../clock.ts';
import { failure, networkFailure } from './failure.ts';
import type { Proxy } from './proxy.ts';
import type { Target } from './target.ts';
import type { Trust } from './trust.ts';

/** For the proxy alone; the request's own timeout is that of the whole exchange. */
const openingMs = 10_000;

export interface ProxyPorts {
  readonly clock: Clock;
  /** The trust for a proxy that is itself spoken to over TLS. */
  readonly trust: () => Trust;
}

/** A connection to the proxy. RetryableError NetworkError or TlsError, which name the proxy. */
export function connectProxy(proxy: Proxy, ports: ProxyPorts): Promise<Duplex> {
  const { host, port } = proxy;
  const name = isIP(host) === 0 ? { servername: host } : {};
  const socket = proxy.secure ? connectTls({ host, port, ...name, ...ports.trust() }) : connect({ host, port });
  return within(ports.clock, proxy, {
    abandon: () => socket.destroy(),
    start: (done, fail) => {
      socket.once(proxy.secure ? 'secureConnect' : 'connect', () => done(socket));
      socket.on('error', fail);
    },
  });
}

/** A connection to the target's host through the proxy, for TLS to be spoken over it. */
export async function openTunnel(
  proxy: Proxy,
  target: Pick<Target, 'host' | 'port'>,
  ports: ProxyPorts,
): Promise<Duplex> {
  const socket = await connectProxy(proxy, ports);
  const authority = `${isIP(target.host) === 6 ? `[${target.host}]` : target.host}:${target.port}`;
  const login = proxy.authorization === undefined ? {} : { 'proxy-authorization': proxy.authorization };
  const asking = request({
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...login },
    createConnection: () => socket,
  });
  return within(ports.clock, proxy, {
    abandon: () => socket.destroy(),
    start: (done, fail) => {
      const refuse = (status: number | undefined) => {
        const advice = status === 407 ? 'it wants a user name and password' : 'it does not let this host through';
        fail(failure('NetworkError', `${described(proxy)} answered ${status} for ${authority}: ${advice}`));
      };
      asking.once('connect', (answer, tunnel, early) => {
        if (answer.statusCode !== 200) return refuse(answer.statusCode);
        if (early.byteLength > 0) tunnel.unshift(early);
        done(tunnel);
      });
      asking.once('response', answer => refuse(answer.statusCode));
      asking.on('error', fail);
      asking.end();
    },
  });
}

interface Opening {
  readonly abandon: () => void;
  readonly start: (done: (socket: Duplex) => void, fail: (error: unknown) => void) => void;
}

function within(clock: Clock, proxy: Proxy, opening: Opening): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      timer.cancel();
      opening.abandon();
      reject(networkFailure(described(proxy), error));
    };
    const timer = clock.after(openingMs, () => {
      fail(failure('Timeout', `${described(proxy)} did not answer within ${openingMs / 1000} s`));
    });
    opening.start(socket => {
      timer.cancel();
      resolve(socket);
    }, fail);
  });
}

function described({ host, port }: Proxy): string {
  return `the proxy ${host}:${port}`;
}
