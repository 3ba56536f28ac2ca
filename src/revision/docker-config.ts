// Registry logins as `docker login` and kubectl store them: .dockerconfigjson and .dockercfg.
import { allows, type Destination, readHost } from './destination.ts';

/** A login as it is written; an empty text means absent. */
interface RegistryLogin {
  readonly username: string;
  readonly password: string;
  readonly identityToken: string;
}

export interface DockerConfig {
  /** Hosts of all entries. */
  readonly hosts: readonly string[];
  /** The entry for a destination: the longest path that the repository lies in, an exact host before a pattern. */
  loginFor(destination: Destination): RegistryLogin | undefined;
}

interface Entry {
  readonly host: string;
  readonly path: string;
  readonly login: RegistryLogin;
}

/** Reads either form; undefined for what is neither. */
export function readDockerConfig(text: string): DockerConfig | undefined {
  const whole = parseObject(text);
  const auths = whole && 'auths' in whole ? asObject(whole['auths']) : whole;
  if (auths === undefined) return undefined;
  const entries = Object.entries(auths).flatMap(([name, value]) => readEntry(name, asObject(value)));
  return {
    hosts: [...new Set(entries.map(entry => entry.host))],
    loginFor: destination => choose(entries, destination)?.login,
  };
}

function choose(entries: readonly Entry[], { hosts: [host], path }: Destination): Entry | undefined {
  const rank = (entry: Entry) => 2 * entry.path.length + (entry.host === host ? 1 : 0);
  let best: Entry | undefined;
  for (const entry of entries) {
    const isIn = entry.path === '' || path === entry.path || path.startsWith(`${entry.path}/`);
    if (allows([entry.host], host) && isIn && (best === undefined || rank(entry) > rank(best))) best = entry;
  }
  return best;
}

function readEntry(name: string, value: Record<string, unknown> | undefined): Entry[] {
  const host = readHost(name);
  if (host === undefined || value === undefined) return [];
  const path = name
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .replace(/^[^/]*\/*/, '')
    .replace(/\/+$/, '');
  // `https://index.docker.io/v1/` names an API, not a repository.
  return [{ host, path: /^v[12]$/.test(path) ? '' : path, login: readLogin(value) }];
}

function readLogin(value: Record<string, unknown>): RegistryLogin {
  const encoded = Buffer.from(asText(value['auth']), 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = encoded.indexOf(':');
  const [user, secret] = colon === -1 ? ['', ''] : [encoded.slice(0, colon), encoded.slice(colon + 1)];
  return {
    username: asText(value['username']) || user,
    password: asText(value['password']) || secret,
    identityToken: asText(value['identitytoken']),
  };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
