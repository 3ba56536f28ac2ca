// Which proxy, if any, stands between us and a target: HTTP(S)_PROXY and NO_PROXY, read as other tools read them.
import { isIP } from 'node:net';
import { TerminalError } from '../errors.ts';
import { AddressRanges, isLoopbackHost } from './address.ts';
import { bareHost, parseHostPort, type Target } from './target.ts';

export interface ProxyOptions {
  /** For http:// targets; `http://[user:password@]host:port`, or without scheme. */
  readonly httpProxy?: string | undefined;
  /** For https:// targets. */
  readonly httpsProxy?: string | undefined;
  /** Comma-separated: `host` (and all below it), `.suffix`, `*.suffix`, address, CIDR, each with an optional port; `*` for all. */
  readonly noProxy?: string | undefined;
}

export interface Proxy {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  /** Value of Proxy-Authorization. */
  readonly authorization: string | undefined;
}

/** Gives the proxy for a target. Loopback targets never have one. */
export type ChooseProxy = (target: Pick<Target, 'secure' | 'host' | 'port'>) => Proxy | undefined;

/** TerminalError ProxyInvalid for a proxy that cannot be used; its message names neither user nor password. */
export function createProxyChoice(options: ProxyOptions): ChooseProxy {
  const plain = parseProxy('HTTP_PROXY', options.httpProxy);
  const secure = parseProxy('HTTPS_PROXY', options.httpsProxy);
  if (plain === undefined && secure === undefined) return () => undefined;
  const exceptions = (options.noProxy ?? '')
    .split(/[\s,]+/)
    .filter(entry => entry !== '')
    .map(parseException);
  return target => {
    const proxy = target.secure ? secure : plain;
    if (proxy === undefined || isLoopbackHost(target.host)) return undefined;
    return exceptions.some(excepts => excepts(target.host, target.port)) ? undefined : proxy;
  };
}

function parseProxy(variable: string, text: string | undefined): Proxy | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const url = URL.parse(/^[a-z][a-z\d+.-]*:\/\//i.test(text.trim()) ? text.trim() : `http://${text.trim()}`);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') {
    throw new TerminalError('ProxyInvalid', `${variable} is no http:// or https:// address of a proxy`);
  }
  const secure = url.protocol === 'https:';
  const user = `${decode(url.username)}:${decode(url.password)}`;
  return {
    secure,
    host: bareHost(url.hostname),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    authorization: user === ':' ? undefined : `Basic ${Buffer.from(user, 'utf8').toString('base64')}`,
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function parseException(entry: string): (host: string, port: number) => boolean {
  if (entry === '*') return () => true;
  const ranges = new AddressRanges();
  if (ranges.add(entry)) return host => isIP(host) !== 0 && ranges.has(host);
  const { host: named, port: onPort } = parseHostPort(entry) ?? {};
  if (named === undefined) return () => false;
  const onThisPort = (port: number) => onPort === undefined || onPort === port;
  if (ranges.add(named)) return (host, port) => onThisPort(port) && isIP(host) !== 0 && ranges.has(host);
  const name = named.replace(/^\*(?=\.)/, '');
  const below = name.startsWith('.') ? name : `.${name}`;
  return (host, port) => onThisPort(port) && (host === name || (isIP(host) === 0 && host.endsWith(below)));
}
