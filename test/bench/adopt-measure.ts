// Takes over Functions that OpenFunction left: what the first start of revflow asks of the API server, and what the second one does.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kinds } from '../../src/function/kinds.ts';
import type { Kube, KubeObject } from '../../src/platform/kube/kube.ts';
import { withoutOwn } from '../golden/at-rest-fields.ts';
import { makeRestingFleet } from './adopt-fleet.ts';
import { restingShapes } from './adopt-shapes.ts';
import type { CallCounts } from './api-server.ts';
import { rounded } from './figures.ts';
import { type Servant, startServant } from './servant.ts';
import { untilStill } from './stillness.ts';
import { connect } from './template.ts';
import { startWorker } from './worker.ts';

/** What was asked in one start, and how long it took. Leases are not counted, nor the key that revflow makes for itself. */
export interface Start {
  /** Until it leads and has handed everything out, seconds. */
  readonly ready_s: number;
  /** Until it wrote nothing more, seconds. */
  readonly still_s: number;
  readonly reads: number;
  readonly creates: number;
  readonly deletes: number;
  /** Of Functions; nothing but their statuses is ever written. */
  readonly status_writes: number;
  readonly other_writes: number;
}

export interface Adoption {
  readonly functions: number;
  readonly shapes: number;
  /** The shapes are recorded ones. */
  readonly recorded: boolean;
  readonly first: Start;
  readonly second: Start;
  /** Functions of which something changed that OpenFunction has. */
  readonly changed_functions: number;
  /** Objects beside them that changed, appeared or are gone. */
  readonly changed_others: number;
}

/** Nothing was asked for so long. */
const stillMs = 1_000;

/** Measures so many Functions in a directory that is removed afterwards. */
export async function measureAdoption(count: number, tell: (text: string) => void): Promise<Adoption> {
  const dir = await mkdtemp(join(tmpdir(), 'revflow-adopt-'));
  try {
    const { recorded, states } = restingShapes(count);
    tell(`making ${count} Functions of ${states.length} shapes`);
    await makeRestingFleet(dir, states, count);
    await using server = await startServant('api-server.ts', { flags: ['--max-old-space-size=8192'] });
    const kubeconfig = await server.ask<string>('start', { dir });
    await using kube = await connect(kubeconfig);
    const before = await snapshot(kube);
    const first = await measureStart(server, kubeconfig);
    tell(`first start: ${JSON.stringify(first)}`);
    const second = await measureStart(server, kubeconfig);
    tell(`second start: ${JSON.stringify(second)}`);
    const after = await snapshot(kube);
    return {
      functions: before.functions.size,
      shapes: states.length,
      recorded,
      first,
      second,
      changed_functions: changed(before.functions, after.functions),
      changed_others: changed(before.others, after.others),
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** The texts of Functions without what revflow alone writes, and the versions of all others. */
async function snapshot(kube: Kube) {
  const functions = new Map<string, string>();
  const others = new Map<string, string>();
  for (const fn of await kube.list(kinds.function)) functions.set(keyOf(fn), JSON.stringify(withoutOwn(fn)));
  for (const kind of [kinds.builder, kinds.serving, kinds.build, kinds.buildRun, kinds.pipelineRun]) {
    if (!(await kube.serves(kind))) continue;
    for (const object of await kube.list(kind)) {
      others.set(`${kind.kind} ${keyOf(object)}`, `${object.metadata.uid} ${object.metadata.resourceVersion}`);
    }
  }
  return { functions, others };
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function changed(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): number {
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys].filter(key => before.get(key) !== after.get(key)).length;
}

async function measureStart(server: Servant, kubeconfig: string): Promise<Start> {
  const before = await server.ask<CallCounts>('counts');
  const since = async () => difference(before, await server.ask<CallCounts>('counts'));
  const begun = performance.now();
  await using worker = await startWorker({ kubeconfig, allow: [] });
  await untilStill({ writes: async () => sum(await since(), () => true) }, stillMs);
  const still = performance.now() - begun - stillMs;
  const counts = await since();
  const writes = (method: string, isIt: (plural: string) => boolean) =>
    sum(counts, key => key.method === method && isIt(key.plural));
  return {
    ready_s: rounded(worker.readyMs / 1000, 1),
    still_s: rounded(still / 1000, 1),
    reads: writes('GET', () => true),
    creates: writes('POST', plural => plural !== 'secrets'),
    deletes: writes('DELETE', () => true),
    status_writes: writes('PATCH', plural => plural === 'functions'),
    other_writes: writes('PATCH', plural => plural !== 'functions') + writes('PUT', () => true),
  };
}

interface Call {
  readonly method: string;
  readonly plural: string;
}

function difference(before: CallCounts, after: CallCounts): CallCounts {
  return Object.fromEntries(Object.entries(after).map(([key, count]) => [key, count - (before[key] ?? 0)]));
}

/** Calls of revflow, without those about its Lease. */
function sum(counts: CallCounts, isIt: (call: Call) => boolean): number {
  const found = Object.entries(counts).filter(([key]) => {
    const [agent, method = '', plural = ''] = key.split(' ');
    return agent === 'revflow' && plural !== 'leases' && isIt({ method, plural });
  });
  return found.reduce((all, [, count]) => all + count, 0);
}
