// Takes a Redis URL apart, so that its password is in one place and in no message.
import { isIP } from 'node:net';
import { TerminalError } from '../../errors.ts';

/** Where a Redis is and how to log in. */
export interface RedisAddress {
  /** `host:port` or the path of a socket: what messages and logs say. */
  readonly display: string;
  readonly host?: string;
  readonly port?: number;
  /** A unix socket, instead of host and port. */
  readonly path?: string;
  readonly username?: string;
  readonly password?: string;
  readonly db: number;
  readonly tls: boolean;
}

/**
 * Reads `redis://[user[:password]@]host[:port][/db]`, `rediss://` for TLS, `unix:///path[?db=n]` for a socket.
 * TerminalError BadUrl for anything else; the message never repeats the URL.
 */
export function redisAddress(text: string): RedisAddress {
  const url = URL.parse(text);
  if (!url) throw bad('it is not a URL; write redis://host:port');
  const login = { ...part('username', url.username), ...part('password', url.password) };
  if (url.protocol === 'unix:')
    return {
      ...login,
      display: url.pathname,
      path: url.pathname,
      db: database(url.searchParams.get('db')),
      tls: false,
    };
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:')
    throw bad('it must begin with redis://, rediss:// or unix://');
  if (!url.hostname) throw bad('it names no host');
  const port = url.port === '' ? 6379 : Number(url.port);
  const tls = url.protocol === 'rediss:';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { ...login, display: `${url.hostname}:${port}`, host, port, db: database(url.pathname.slice(1)), tls };
}

/** The name to check the server's certificate against; an IP address has none. */
export function serverName(address: RedisAddress): string | undefined {
  return address.host === undefined || isIP(address.host) ? undefined : address.host;
}

function part(name: 'username' | 'password', encoded: string): { [name: string]: string } {
  if (encoded === '') return {};
  try {
    return { [name]: decodeURIComponent(encoded) };
  } catch {
    throw bad(`its ${name} is not percent-encoded correctly`);
  }
}

function database(text: string | null): number {
  if (text === null || text === '') return 0;
  if (!/^\d{1,5}$/.test(text)) throw bad('its database is not a number');
  return Number(text);
}

function bad(why: string): TerminalError {
  return new TerminalError('BadUrl', `the Redis URL cannot be used: ${why}`);
}
