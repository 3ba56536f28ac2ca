// Other controllers' leader Leases, held by us so that they and we never act at the same time.
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Kind, Kube } from './kube.ts';
import { type Election, elect } from './lease.ts';

export interface ForeignLeasesOptions {
  readonly kube: Kube;
  /** Where the other controllers run; where it is absent there is nobody to keep away. */
  readonly namespace: string;
  readonly names: readonly string[];
  readonly identity: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ForeignLeases {
  /** True when we may act: all Leases are ours, or the namespace is absent. False until that is known. */
  readonly clear: boolean;
  /** Called with each change of `clear`. */
  onChange(listener: (clear: boolean) => void): void;
  /** Releases them. */
  close(): Promise<void>;
}

const namespaceKind: Kind = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', cluster: true };
/** How soon a namespace that appears later is noticed. */
const lookMs = 60_000;
const retryMs = 5_000;

/** Holds all the named Leases until closed. */
export function holdForeignLeases(options: ForeignLeasesOptions): ForeignLeases {
  const { clock, log, names } = options;
  const closing = new AbortController();
  const listeners: ((clear: boolean) => void)[] = [];
  let elections: readonly Election[] = [];
  let present: boolean | undefined;
  let told = false;

  const isClear = () => present === false || (elections.length > 0 && elections.every(election => election.leading));
  function tell(): void {
    const clear = isClear();
    if (told === clear) return;
    told = clear;
    for (const listener of listeners) listener(clear);
  }

  async function look(): Promise<number> {
    try {
      const found = await options.kube.get({ kind: namespaceKind, name: options.namespace }, closing.signal);
      if (found && elections.length === 0 && !closing.signal.aborted) {
        elections = names.map(name => elect({ ...options, name }));
        for (const election of elections) election.onChange(tell);
        log.info('holding the leases of other controllers', { namespace: options.namespace, leases: names });
      }
      // Once there were others, their namespace going away proves nothing about their processes.
      present = elections.length > 0 || found !== undefined;
      tell();
      return present ? Number.POSITIVE_INFINITY : lookMs;
    } catch (error) {
      if (!closing.signal.aborted)
        log.warn('cannot look for other controllers', { namespace: options.namespace, error });
      return retryMs;
    }
  }

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      const wait = await look();
      if (!Number.isFinite(wait)) return;
      await clock.sleep(wait, closing.signal).catch(() => {});
    }
  }

  const running = run();
  return {
    get clear() {
      return isClear();
    },
    onChange: listener => listeners.push(listener),
    async close() {
      closing.abort();
      await running;
      await Promise.all(elections.map(election => election.close()));
    },
  };
}
