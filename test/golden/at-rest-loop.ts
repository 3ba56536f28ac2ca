// The whole loop of revflow over some namespaces, by hand: leader with fan-out, slots and pruner, and the reconciler of the workers.
// Time stands still until it is told to go on; sources are not polled, what was seen of them is told.
import { expect } from 'vitest';
import { startControlPlane } from '../../src/app/control-plane.ts';
import type { FunctionObject } from '../../src/function/schema.ts';
import type { Kube } from '../../src/platform/kube/kube.ts';
import type { Log } from '../../src/platform/log.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { createMemoryQueue } from '../../src/platform/queue/memory.ts';
import type { Handler, Queue } from '../../src/platform/queue/queue.ts';
import { createMemoryState } from '../../src/platform/state/memory.ts';
import { lookAtWatch } from '../../src/reconcile/watch/look.ts';
import { createCredentials } from '../../src/revision/credential.ts';
import { loadInstallKey } from '../../src/revision/install-key.ts';
import type { Observation } from '../../src/revision/observation.ts';
import { stateKeys } from '../../src/watch/source.ts';
import { eventually } from '../eventually.ts';
import { createManualClock, type ManualClock } from '../manual-clock.ts';
import type { TestCluster } from '../servers/api-server.ts';
import { playShipwright } from '../servers/play-shipwright.ts';
import type { Loaded } from './at-rest-cluster.ts';

/** One change that was asked for. */
export interface Write {
  readonly verb: 'create' | 'apply' | 'patch' | 'remove';
  /** Plural of the kind. */
  readonly plural: string;
  readonly namespace: string;
  readonly name: string;
  readonly isStatus: boolean;
  readonly body: object;
}

export interface Loop extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly writes: Write[];
  /** What was logged as revflow's own fault. */
  readonly faults: unknown[];
  /** How often each Function was reconciled, by `namespace/name`. */
  readonly reconciled: ReadonlyMap<string, number>;
  /** Waits until each of these Functions was reconciled, nothing is under way, and nothing more is asked. */
  settle(functions?: readonly string[]): Promise<void>;
  /** Lets this time go by, five minutes at a time, and settles after each. */
  pass(minutes: number): Promise<void>;
  /** Tells what the source of a watched Function was seen to be; false when it is not watched. */
  observe(fn: FunctionObject, id: string): Promise<boolean>;
}

/** Ends every run that revflow has created, well, and waits until its Function says so. */
export async function endRuns(kube: Kube, { writes, clock }: Loop): Promise<void> {
  const runs = writes.filter(({ verb, plural }) => verb === 'create' && plural === 'buildruns');
  for (const [at, { namespace }] of runs.entries()) {
    const shipwright = playShipwright(kube, namespace);
    await shipwright.succeed(await shipwright.newest(), { digest: `sha256:${String(at).padStart(64, '0')}` });
  }
  const ended = ({ plural, isStatus, body }: Write) =>
    plural === 'functions' && isStatus && JSON.stringify(body).includes('"Succeeded"');
  await eventually(
    'every build has ended',
    () => {
      clock.advance(100);
      return writes.filter(ended).length >= runs.length;
    },
    60_000,
  );
}

/** On a real API server no loop may meet what others do there. */
const namespacesAtOnce = 16;

/** Runs loops over all of these until each was seen: one loop, or on a real API server one after the other for some namespaces each. */
export async function eachLoop(
  cluster: TestCluster,
  loaded: readonly Loaded[],
  work: (loop: Loop, part: readonly Loaded[]) => Promise<void>,
): Promise<void> {
  const size = cluster.isReal ? namespacesAtOnce : loaded.length;
  for (let at = 0; at < loaded.length; at += size) {
    const part = loaded.slice(at, at + size);
    const namespaces = cluster.isReal ? part.map(({ namespace }) => namespace) : undefined;
    await using loop = await startLoop(cluster.kube, {
      home: await cluster.namespace(),
      namespaces,
      now: eldest(part) - earlyMs,
    });
    await work(loop, part);
    expect(loop.faults).toEqual([]);
  }
}

const stepMinutes = 5;
/** The API server's clock does not wait: builds that it creates late must not be too late here. */
const earlyMs = 15 * 60_000;
/** How many looks in a row must find nothing new. */
const stillLooks = 4;

/** When the first of all was created. */
function eldest(loaded: readonly Loaded[]): number {
  const all = loaded.flatMap(({ before }) => [...before.values()]);
  return Math.min(...all.map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? '') || Infinity));
}

interface LoopOptions {
  /** revflow's own namespace. */
  readonly home: string;
  /** Undefined: all. */
  readonly namespaces: readonly string[] | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Starts one; resolves when everything was listed. */
async function startLoop(kube: Kube, { home, namespaces, now }: LoopOptions): Promise<Loop> {
  const installKey = await loadInstallKey(kube, home);
  const writes: Write[] = [];
  const faults: unknown[] = [];
  const reconciled = new Map<string, number>();
  let asked = 0;
  const clock = createManualClock(now);
  const log: Log = { error: (...said) => void faults.push(said), warn() {}, info() {}, debug() {} };
  const state = createMemoryState({ clock });
  const queue = createMemoryQueue({ clock, log });
  const metrics = createMetrics();
  const plane = await startControlPlane({
    kube: recorded(kube, writes, () => (asked += 1)),
    queue: withoutPolls(queue, key => void reconciled.set(key, (reconciled.get(key) ?? 0) + 1)),
    state,
    http: { request: () => Promise.reject(new Error('nothing is to be asked of a source')) },
    clock,
    log,
    metrics,
    settings: {
      namespace: home,
      identity: 'test',
      mode: 'full',
      namespaces,
      minIntervalMs: 1_000,
      slots: { cluster: Infinity, namespace: Infinity },
      requireCredentialHosts: false,
      watchSecrets: false,
      polls: 1,
      reconciles: 8,
      alone: true,
    },
  });
  await plane.leading;
  const credentials = createCredentials({ kube, installKey, clock, requireHosts: false });
  const loop: Loop = {
    clock,
    writes,
    faults,
    reconciled,
    async settle(functions = []) {
      await eventually('every Function was looked at', () => functions.every(key => reconciled.has(key)), 60_000);
      let before = -1;
      let still = 0;
      await eventually(
        'nothing is under way',
        async () => {
          // Who lost a race to write tries again soon.
          clock.advance(100);
          const counts = await Promise.all([queue.counts('function'), queue.counts('fanout')]);
          const open = counts.reduce((sum, { due, running }) => sum + due + running, 0);
          still = open === 0 && asked === before ? still + 1 : 0;
          before = asked;
          return still >= stillLooks;
        },
        60_000,
      );
    },
    async pass(minutes) {
      for (let minute = 0; minute < minutes; minute += stepMinutes) {
        clock.advance(stepMinutes * 60_000);
        await loop.settle();
      }
    },
    async observe(fn, id) {
      const look = await lookAtWatch({ state, credentials, clock }, fn);
      if (look.kind !== 'seen') return false;
      const { want, intervalMs } = look.watch;
      const heads = { [want]: { kind: 'found', id, sightings: 1 } } as const;
      const observation: Observation = { at: clock.now(), heads, intervalMs };
      await state.set(stateKeys.observation(look.key), JSON.stringify(observation), 3_600_000);
      await queue.wake('fanout', look.key);
      return true;
    },
    async [Symbol.asyncDispose]() {
      await plane[Symbol.asyncDispose]();
      await queue[Symbol.asyncDispose]();
    },
  };
  return loop;
}

/** The queue, in which nobody works on polls; tells of each Function that is reconciled. */
function withoutPolls(queue: Queue, tell: (key: string) => void): Queue {
  return {
    shared: false,
    wake: (name, key, at) => queue.wake(name, key, at),
    async work(name, handler, options) {
      if (name === 'source') return { close: async () => {}, async [Symbol.asyncDispose]() {} };
      const told: Handler = (key, signal) => {
        if (name === 'function') tell(key);
        return handler(key, signal);
      };
      return queue.work(name, told, options);
    },
    counts: name => (name === 'source' ? Promise.resolve({ delayed: 0, due: 0, running: 0 }) : queue.counts(name)),
    healthy: () => queue.healthy(),
    [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose](),
  };
}

/** The same client, and a list of what it was asked to change. */
function recorded(kube: Kube, writes: Write[], ask: () => void): Kube {
  const note = (
    verb: Write['verb'],
    object: { namespace?: string; name: string },
    rest: Omit<Write, 'verb' | 'namespace' | 'name'>,
  ) => {
    const { namespace = '', name } = object;
    writes.push({ verb, namespace, name, ...rest });
  };
  return {
    get: (ref, signal) => (ask(), kube.get(ref, signal)),
    list: (kind, options) => (ask(), kube.list(kind, options)),
    create: (kind, object) => {
      note('create', object.metadata, { plural: kind.plural, isStatus: false, body: object });
      return (ask(), kube.create(kind, object));
    },
    apply: (kind, object) => {
      note('apply', object.metadata, { plural: kind.plural, isStatus: false, body: object });
      return (ask(), kube.apply(kind, object));
    },
    patch: (ref, body, options) => {
      note('patch', ref, { plural: ref.kind.plural, isStatus: options?.subresource === 'status', body });
      return (ask(), kube.patch(ref, body, options));
    },
    remove: (ref, options) => {
      note('remove', ref, { plural: ref.kind.plural, isStatus: false, body: options ?? {} });
      return (ask(), kube.remove(ref, options));
    },
    reflect: options => kube.reflect(options),
    serves: kind => kube.serves(kind),
    address: kube.address,
    [Symbol.asyncDispose]: async () => {},
  };
}
