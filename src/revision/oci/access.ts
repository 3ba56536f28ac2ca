// Who asks which repository of which registry, and with what.
import type { Http, HttpRequest, Tls } from '../../platform/http/http.ts';
import type { Credential, Memory } from '../provider.ts';

export interface RegistryAccess {
  /** Host with optional port. */
  readonly registry: string;
  readonly repository: string;
  readonly credential: Credential | undefined;
  /** The credential's identity, safe as part of a key; `anonymous` without credential. */
  readonly credentialId: string;
  /** Asks for the right to push besides pulling. */
  readonly push?: boolean;
  /** Plain HTTP is allowed, with credentials (`insecure-registry`). Loopback registries need no such word. */
  readonly plainCredentials?: boolean;
  readonly tls?: Tls;
}

export interface RegistryPorts {
  readonly http: Http;
  readonly memory: Memory;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Ends what is asked on the way to the answer, such as whether a registry speaks TLS. */
  readonly signal?: AbortSignal;
}

/** Whether a host, with or without port, can only be this machine. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(name);
}

/** What every request of this access carries. */
export function transportOf(access: RegistryAccess): Pick<HttpRequest, 'tls' | 'plainCredentials'> {
  return {
    ...(access.tls === undefined ? {} : { tls: access.tls }),
    ...(access.plainCredentials === true ? { plainCredentials: true } : {}),
  };
}
