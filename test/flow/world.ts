// One namespace in which Functions are reconciled by hand: a reconciler over the API server, a clock to move, sources to move.
import { expect } from 'vitest';
import { defaultPolicy, type Policy } from '../../src/decide/facts.ts';
import { findCondition } from '../../src/function/conditions.ts';
import { kinds } from '../../src/function/kinds.ts';
import { lintStatus } from '../../src/function/lint-status.ts';
import { type FunctionObject, parseFunction } from '../../src/function/schema.ts';
import type { Condition } from '../../src/function/status.ts';
import type { EventInput } from '../../src/platform/kube/events.ts';
import type { Kind, Kube, KubeObject } from '../../src/platform/kube/kube.ts';
import type { Log } from '../../src/platform/log.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { createMemoryState } from '../../src/platform/state/memory.ts';
import type { State } from '../../src/platform/state/state.ts';
import { createReconciler, type ReconcilerOptions } from '../../src/reconcile/function.ts';
import type { Slots } from '../../src/reconcile/slots/claim.ts';

import { createCredentials } from '../../src/revision/credential.ts';
import type { Head, Observation } from '../../src/revision/observation.ts';
import { anonymous, sourceKey } from '../../src/watch/graph.ts';
import { planWatch } from '../../src/watch/plan.ts';
import { stateKeys } from '../../src/watch/source.ts';
import { createManualClock, type ManualClock } from '../manual-clock.ts';
import type { TestCluster } from '../servers/api-server.ts';
import { playShipwright, type Shipwright } from '../servers/play-shipwright.ts';
import { type Account, asAccount, grantCompanion, isServiceAccount } from './service-account.ts';

export const shaA = 'a'.repeat(40);
export const shaB = 'b'.repeat(40);
export const shaC = 'c'.repeat(40);
/** A digest that ends in this digit. */
export const digest = (end: number | string) => `sha256:${String(end).padStart(64, '0')}`;

export interface World {
  readonly kube: Kube;
  readonly namespace: string;
  readonly clock: ManualClock;
  readonly state: State;
  readonly shipwright: Shipwright;
  readonly events: EventInput[];
  /** Requests of the reconciler, such as `patch functions/f status`, since it was last emptied. */
  readonly requests: string[];
  /** What the reconciler logged as its own fault. */
  readonly faults: unknown[];
  /** Whether slots are free. */
  slots: boolean;
  /** Called before and after each request of the reconciler, with its number and text; what it throws, the request throws. */
  interrupt: (moment: 'before' | 'after', request: string) => void;
  create(spec: object, annotations?: Record<string, string>): Promise<FunctionObject>;
  read(): Promise<FunctionObject>;
  /** Runs the reconciler until it has nothing to do now; the last answer. Lints the status each time. */
  reconcile(): Promise<number | undefined>;
  /** What the next poll of the watched source sees. */
  observe(id: string | undefined, over?: Partial<Observation> & { readonly sightings?: number }): Promise<void>;
  editSpec(patch: object): Promise<void>;
  annotate(annotations: Record<string, string | null>): Promise<void>;
  writeStatus(patch: object): Promise<void>;
  all(kind: Kind): Promise<readonly KubeObject[]>;
  condition(type: Parameters<typeof findCondition>[1]): Promise<Condition | undefined>;
}

export interface WorldOptions {
  readonly mode?: ReconcilerOptions['mode'];
  readonly policy?: Partial<Policy>;
  /** False: the API server says that it serves no build engine. */
  readonly backendServed?: boolean;
  /** Kinds that it says it does not serve. */
  readonly unserved?: readonly string[];
  /** Who grants build slots; default `slots` of the world. */
  readonly office?: Slots;
  /** Name of its Function; default `f`. */
  readonly name?: string;
  /** Where it is; default a namespace of its own. */
  readonly namespace?: string;
}

export const watching = (params = '') => ({
  'openfunction.io/revision-controller': 'enable',
  'openfunction.io/revision-controller-params': params,
});

/** A build from a repository, and something to serve. */
export const gitSpec = {
  image: 'reg.example/f:v1',
  build: { builder: 'reg.example/builder:1', srcRepo: { url: 'https://git.example/f.git', revision: 'main' } },
  serving: { triggers: { http: {} } },
};

export async function createWorld(cluster: TestCluster, options: WorldOptions = {}): Promise<World> {
  const { name = 'f', namespace = await cluster.namespace() } = options;
  const requests: string[] = [];
  const faults: unknown[] = [];
  const events: EventInput[] = [];
  const kube = recorded(
    await reconcilerKube(cluster, options.mode === 'companion' ? 'revflow-companion' : 'revflow'),
    requests,
    (moment, request) => world.interrupt(moment, request),
    kind => (options.backendServed ?? true) && !options.unserved?.includes(kind.kind),
  );
  const clock = createManualClock(Date.parse(new Date().toISOString()));
  const state = createMemoryState({ clock });
  const log: Log = {
    error: (message, fields) => void faults.push({ message, fields }),
    warn() {},
    info() {},
    debug() {},
  };
  const credentials = createCredentials({ kube, installKey: new Uint8Array(32), clock, requireHosts: false });
  const slots: Slots = options.office ?? { take: async () => (world.slots ? 'granted' : 'wait') };
  const handler = createReconciler({
    kube,
    state,
    credentials,
    slots,
    clock,
    log,
    events: async input => void events.push(input),
    metrics: createMetrics(),
    policy: { ...defaultPolicy, ...options.policy },
    mode: options.mode ?? 'full',
  });
  const ref = { kind: kinds.function, namespace, name };
  const world: World = {
    kube: cluster.kube,
    namespace,
    clock,
    state,
    shipwright: playShipwright(cluster.kube, namespace),
    events,
    requests,
    faults,
    slots: true,
    interrupt() {},
    async create(spec, annotations = {}) {
      const { apiVersion, kind } = kinds.function;
      await cluster.kube.create(kinds.function, { apiVersion, kind, metadata: { namespace, name, annotations }, spec });
      return world.read();
    },
    async read() {
      const parsed = parseFunction(await cluster.kube.get(ref));
      if (!('ok' in parsed)) throw new Error(`the Function cannot be read: ${JSON.stringify(parsed.problems)}`);
      return parsed.ok;
    },
    async reconcile() {
      for (let turn = 0; turn < 10; turn += 1) {
        const until = await handler(`${namespace}/${name}`, AbortSignal.timeout(20_000));
        const object = await cluster.kube.get(ref);
        const parsed = object && parseFunction(object);
        if (parsed && 'ok' in parsed) expect(lintStatus(parsed.ok)).toEqual([]);
        if (until === undefined || until > clock.now()) return until;
      }
      throw new Error('the reconciler does not come to rest');
    },
    async observe(id, { sightings = 1, ...over } = {}) {
      const plan = planWatch(await world.read());
      if (plan.kind !== 'watched') throw new Error(`not watched: ${plan.message}`);
      const { source, want, intervalMs } = plan.watch;
      const head: Head = id === undefined ? { kind: 'missing' } : { kind: 'found', id, sightings };
      const observation: Observation = { at: clock.now(), heads: { [want]: head }, intervalMs, ...over };
      await state.set(stateKeys.observation(sourceKey(source, anonymous)), JSON.stringify(observation), 3_600_000);
    },
    editSpec: async patch => void (await cluster.kube.patch(ref, { spec: patch })),
    annotate: async annotations => void (await cluster.kube.patch(ref, { metadata: { annotations } })),
    writeStatus: async patch => void (await cluster.kube.patch(ref, { status: patch }, { subresource: 'status' })),
    all: kind => cluster.kube.list(kind, { namespace }),
    condition: async type => findCondition((await world.read()).status?.conditions, type),
  };
  return world;
}

/** What the reconciler may ask with: as revflow's own account where RBAC is enforced. */
async function reconcilerKube(cluster: TestCluster, account: Account): Promise<Kube> {
  if (!isServiceAccount) return cluster.kube;
  if (account === 'revflow-companion') await grantCompanion(cluster.kube);
  return cluster.connect({ kubeconfig: await asAccount(cluster, cluster.kubeconfig, account) });
}

/** The same client, a list of what it was asked, and a hand that may break it. */
function recorded(
  kube: Kube,
  requests: string[],
  interrupt: World['interrupt'],
  served: (kind: Kind) => boolean,
): Kube {
  const ask = async <T>(request: string, send: () => Promise<T>): Promise<T> => {
    requests.push(request);
    interrupt('before', request);
    const answer = await send();
    interrupt('after', request);
    return answer;
  };
  const named = (verb: string, kind: Kind, of: string) => `${verb} ${kind.plural}/${of}`;
  return {
    get: (ref, signal) => ask(named('get', ref.kind, ref.name), () => kube.get(ref, signal)),
    list: (kind, options) => ask(`list ${kind.plural}`, () => kube.list(kind, options)),
    create: (kind, object) => ask(named('create', kind, object.metadata.name), () => kube.create(kind, object)),
    apply: (kind, object) => ask(named('apply', kind, object.metadata.name), () => kube.apply(kind, object)),
    patch: (ref, body, options) =>
      ask(`${named('patch', ref.kind, ref.name)}${options?.subresource === undefined ? '' : ' status'}`, () =>
        kube.patch(ref, body, options),
      ),
    remove: (ref, options) => ask(named('remove', ref.kind, ref.name), () => kube.remove(ref, options)),
    reflect: options => kube.reflect(options),
    serves: async kind => served(kind) && (await kube.serves(kind)),
    address: kube.address,
    [Symbol.asyncDispose]: async () => {},
  };
}
