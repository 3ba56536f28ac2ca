// Where a source's credential would be sent, and whether its Secret allows that.
import { registryName } from '../watch/image.ts';
import type { Source } from '../watch/source.ts';

/** Where the credential of a source goes. */
export interface Destination {
  /** Every host that is asked, in canonical spelling; never empty. */
  readonly hosts: readonly [string, ...string[]];
  /** Path of the repository, without slashes at the ends. */
  readonly path: string;
}

/** All hosts that a source is asked at, and its repository. */
export function destinationOf(source: Source): Destination {
  if (source.kind === 'image') return { hosts: [canonicalName(source.registry)], path: source.repository };
  const { host, pathname } = new URL(source.url);
  const base = source.baseUrl === undefined ? [] : [canonicalName(new URL(source.baseUrl).host)];
  return { hosts: [canonicalName(host), ...base], path: pathname.slice(1) };
}

/**
 * Whether a host is among those that a Secret names. A name without port means the scheme's own; `*.example.com` means every host
 * directly or deeper below.
 */
export function allows(said: readonly string[], host: string): boolean {
  return said.some(name => name === host || (name.startsWith('*.') && host.endsWith(name.slice(1))));
}

/** Takes `host`, `host:port` or a URL; undefined for what names no host, and for what has a user or password in front of one. */
export function readHost(text: string): string | undefined {
  const bare = text.trim().replace(/^[a-z][a-z0-9+.-]*:\/\//i, '');
  const [authority = ''] = bare.split(/[/?#]/);
  if (!/^(?:\*\.)?[^\s@*]+$/.test(authority)) return undefined;
  return authority.startsWith('*.') ? authority.toLowerCase() : canonicalName(authority);
}

/** Docker Hub under one name, lower case, without the port that http or https has anyway. */
function canonicalName(host: string): string {
  const plain = host.toLowerCase().replace(/:(?:443|80)$/, '');
  return /[.:]/.test(plain) ? (registryName(plain) ?? plain) : plain;
}
