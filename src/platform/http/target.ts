// Where a request goes: a URL taken apart once, and refused when it must not be asked at all.
import { isIP } from 'node:net';
import { RetryableError } from '../errors.ts';

export interface Target {
  readonly secure: boolean;
  /** Lower case, without brackets and without a final dot. */
  readonly host: string;
  readonly port: number;
  /** Host as URLs write it, with the port where it is not the scheme's own. */
  readonly authority: string;
  /** Path and query. */
  readonly path: string;
  /** Without fragment. */
  readonly url: string;
}

/** Takes an absolute URL apart. RetryableError EgressDenied for what is no http(s) URL and for a URL with userinfo; none is quoted. */
export function parseTarget(text: string): Target {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new RetryableError('EgressDenied', 'the address is no http:// or https:// URL');
  }
  if (url.username !== '' || url.password !== '') {
    const message = `the address at ${url.host} has a user name or password in it; put them into a Secret instead`;
    throw new RetryableError('EgressDenied', message);
  }
  const secure = url.protocol === 'https:';
  const host = bareHost(url.hostname);
  const written = isIP(host) === 6 ? `[${host}]` : host;
  const authority = url.port === '' ? written : `${written}:${url.port}`;
  const path = `${url.pathname}${url.search}`;
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  return { secure, host, port, authority, path, url: `${url.protocol}//${authority}${path}` };
}

/** A host name as it is compared: lower case, without brackets and without the final dot. */
export function bareHost(host: string): string {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  return (bare.endsWith('.') ? bare.slice(0, -1) : bare).toLowerCase();
}

/** `host`, `host:port`, `[v6]`, `[v6]:port`, bare `v6`; undefined when it is none of these. */
export function parseHostPort(text: string): { readonly host: string; readonly port: number | undefined } | undefined {
  if (isIP(text) === 6) return { host: text.toLowerCase(), port: undefined };
  const match = /^(\[[^\]]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const port = match[2] === undefined ? undefined : Number(match[2]);
  return port === 0 || (port ?? 1) > 65_535 ? undefined : { host: bareHost(match[1] ?? ''), port };
}
