// What a worker asks the API server, the forge and Redis, by kind. Kinds name no object, so that one change is like another.
//
// Noise has no kind: Lease renewals, watches and lists, lookups of what is installed, Redis commands that a worker sends while it waits.
import { type Script, script } from '../../src/platform/queue/redis/connection.ts';
import { claimScript, settleScript, wakeScript } from '../../src/platform/queue/redis/scripts.ts';
import type { ProxiedRequest } from '../servers/fault-proxy.ts';
import type { Command } from './kill-redis-proxy.ts';

export type Server = 'API server' | 'forge' | 'Redis';

/** `PATCH functions/status`, `POST builders`; undefined: noise. */
export function apiKind({ method, url }: Pick<ProxiedRequest, 'method' | 'url'>): string | undefined {
  const { pathname } = new URL(url, 'http://server');
  const match = /^\/apis?\/.*\/namespaces\/[^/]+\/([^/]+)(?:\/[^/]+(\/status)?)?$/.exec(pathname);
  const [, plural = '', subresource = ''] = match ?? [];
  const isOneObject = method !== 'GET' || /\/namespaces\/[^/]+\/[^/]+\/[^/]/.test(pathname);
  return plural === '' || plural === 'leases' || !isOneObject ? undefined : `${method} ${plural}${subresource}`;
}

/** Every request to the forge is a poll. */
export function forgeKind({ method, url }: Pick<ProxiedRequest, 'method' | 'url'>): string {
  return `${method} ${new URL(url, 'http://server').pathname.split('/').at(-1) ?? ''}`;
}

const scripts: readonly (readonly [string, Script])[] = [
  ['wake', wakeScript],
  ['claim', claimScript],
  ['settle', settleScript],
];

/** `wake fanout`, `settle source`, `set observation`; undefined: noise. */
export function redisKind([name = '', ...words]: Command): string | undefined {
  const verb = name.toLowerCase();
  if (verb === 'evalsha' || verb === 'eval') {
    const sha = verb === 'eval' ? script(words[0] ?? '').sha : words[0];
    const known = scripts.find(([, { sha: own }]) => own === sha)?.[0];
    const key = words[2] ?? '';
    if (known) return `${known} ${key.split(':').at(-2) ?? ''}`;
    return key.includes(':state:') ? `script on ${stateClass(key)}` : undefined;
  }
  return words[0]?.includes(':state:') ? `${verb} ${stateClass(words[0])}` : undefined;
}

/** What the first of the keys is for: `observation`, `slot`. */
function stateClass(key: string): string {
  return /:state:([a-z]+)/.exec(key)?.[1] ?? 'state';
}
