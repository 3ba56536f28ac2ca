// Recorded states at rest of Functions that are watched: what OpenFunction built or served last is the baseline, and what comes after it is
// built once.
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FunctionObject } from '../../src/function/schema.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import type { TestCluster } from '../servers/api-server.ts';
import {
  type Inventory,
  inventories,
  type Loaded,
  loadAll,
  removeAll,
  startRestingCluster,
} from './at-rest-cluster.ts';
import {
  commands,
  functionsIn,
  isBuilding,
  isRefused,
  keysOf,
  line,
  readable,
  standing,
  withoutOwn,
} from './at-rest-fields.ts';
import { eachLoop, endRuns, type Loop, type Write } from './at-rest-loop.ts';
import { aroundIn, openFunctionDoes } from './at-rest-openfunction.ts';
import { stateAtRest, statesOnTheWay, watched } from './at-rest-state.ts';
import { findCases, goldensFolder, readCase } from './cases.ts';

const cases = existsSync(goldensFolder) ? findCases(goldensFolder).map(readCase) : [];
const resting = cases.flatMap(golden => stateAtRest(golden) ?? []).filter(state => !isRefused(state));
const moving = cases.filter(({ name }) => name.startsWith('cases/life-')).flatMap(golden => statesOnTheWay(golden));
/** With those of which a build goes on, of which one in each way of life is enough. */
const states = [...resting, ...moving.filter(isBuilding)].filter(({ name }) => !(name in commands)).map(watched);
const limitMs = 240_000;

/** What happened to one of them. */
interface Seen extends Loaded {
  /** Asked for until the recorded id had been seen for ten minutes, and how it stood then. */
  readonly quiet: readonly Write[];
  readonly between: Inventory;
  /** Asked for since another id was seen, until what was built for it had ended. */
  readonly moved: readonly Write[];
  readonly after: Inventory;
  /** Functions whose source was seen. */
  readonly observed: ReadonlySet<string>;
}

let cluster: TestCluster;
const seen = new Map<string, Seen>();

const typeOf = ({ metadata }: FunctionObject) =>
  /type: (\S+)/.exec(metadata.annotations?.['openfunction.io/revision-controller-params'] ?? '')?.[1] ?? '';
const otherId = (fn: FunctionObject) => (typeOf(fn) === 'source' ? 'e'.repeat(40) : `sha256:${'e'.repeat(64)}`);

/** The id that the status knows, or the Serving; where neither does, any. */
function recordedId(fn: FunctionObject, before: Inventory): string {
  const { sources: [source] = [], revision, serving } = fn.status ?? {};
  const served = [...before.values()].find(
    ({ kind, metadata: { name } }) => kind === 'Serving' && name === serving?.resourceRef,
  );
  const image = String(Reflect.get(Object(served?.['spec']), 'image')).split('@')[1];
  if (typeOf(fn) === 'source') return source?.git?.commitSha ?? 'd'.repeat(40);
  const known = typeOf(fn) === 'image' ? (revision?.imageDigest ?? image) : source?.bundle?.digest;
  return known ?? `sha256:${'d'.repeat(64)}`;
}

async function observeAll(loop: Loop, part: readonly Loaded[], idOf: (fn: FunctionObject, at: Inventory) => string) {
  const observed = new Set<string>();
  for (const { namespace, before } of part) {
    for (const fn of functionsIn(before).map(readable)) {
      if (await loop.observe(fn, idOf(fn, before))) observed.add(`${namespace}/${fn.metadata.name}`);
    }
  }
  await loop.settle();
  return observed;
}

async function watch(loop: Loop, part: readonly Loaded[]): Promise<void> {
  const namespaces = part.map(({ namespace }) => namespace);
  await loop.settle(keysOf(part));
  const observed = await observeAll(loop, part, recordedId);
  await loop.pass(10);
  const quiet = loop.writes.splice(0);
  const betweens = await inventories(cluster.kube, namespaces);
  await observeAll(loop, part, otherId);
  await endRuns(cluster.kube, loop);
  await loop.settle();
  const afters = await inventories(cluster.kube, namespaces);
  for (const [at, each] of part.entries()) {
    const own = (write: Write) => write.namespace === each.namespace && write.plural !== 'events';
    const [between, after] = [betweens[at] ?? new Map(), afters[at] ?? new Map()];
    const writes = { quiet: quiet.filter(own), moved: loop.writes.filter(own) };
    seen.set(each.state.name, { ...each, ...writes, between, after, observed });
  }
}

beforeAll(async () => {
  if (states.length === 0) return;
  cluster = await startRestingCluster();
  const loaded = await loadAll(cluster.kube, states);
  await eachLoop(cluster, loaded, watch);
  await removeAll(cluster.kube, loaded);
}, limitMs);
afterAll(() => cluster?.[Symbol.asyncDispose]());

function of(name: string): Seen {
  const found = seen.get(name);
  if (found === undefined) throw new Error(`${name} was not loaded`);
  return found;
}

const named = (objects: Inventory, { metadata: { name } }: KubeObject) =>
  functionsIn(objects).find(fn => fn.metadata.name === name);

describe.skipIf(states.length === 0)('a recorded Function at rest that is watched (skipped without ../shared)', () => {
  it.each(states.map(({ name }) => name))('%s: what it records is no change', name => {
    const { before, between, quiet } = of(name);
    const lines = new Set(quiet.map(line));
    expect([...lines].toSorted()).toEqual(
      functionsIn(before).map(({ metadata }) => `patch functions/${metadata.name} status`),
    );
    expect(standing(between)).toEqual(standing(before));
    expect(functionsIn(between).map(withoutOwn)).toEqual(functionsIn(before).map(withoutOwn));
  });

  it.each(states.map(({ name }) => name))('%s: what comes after it is built and served once', name => {
    const { state, before, moved, observed, namespace } = of(name);
    const watching = functionsIn(before)
      .map(readable)
      .filter(fn => observed.has(`${namespace}/${fn.metadata.name}`));
    const created = moved.filter(({ verb }) => verb === 'create').map(({ plural }) => plural);
    const expected = watching.flatMap(fn => [
      ...(typeOf(fn) === 'image' ? [] : ['builders', 'builds', 'buildruns']),
      ...(fn.spec.serving === undefined ? [] : ['servings']),
    ]);
    // What goes on is let end first: nobody knows yet what it builds.
    expect(created.toSorted()).toEqual(isBuilding(state) ? [] : expected.toSorted());
    const made = new Set(moved.filter(({ verb }) => verb === 'create').map(each => each.name));
    expect(moved.filter(({ verb, name: removed }) => verb === 'remove' && !made.has(removed))).toEqual([]);
  });

  it.each(states.map(({ name }) => name))(
    '%s: OpenFunction would then build or serve once more, and start nothing of ours',
    name => {
      const { state, before, after, observed, namespace } = of(name);
      for (const fn of functionsIn(before).map(readable)) {
        if (!observed.has(`${namespace}/${fn.metadata.name}`)) continue;
        const { build, serving } = fn.status ?? {};
        const hashes = { build: build?.resourceHash, serving: serving?.resourceHash };
        const now = named(after, fn);
        const does = now && openFunctionDoes(readable(now), hashes, aroundIn(after.values()));
        const builds = isBuilding(state) ? [] : ['builds: status.build.resourceHash is empty'];
        expect(does).toEqual(typeOf(fn) === 'image' ? ['serves: status.serving.resourceHash is empty'] : builds);
      }
    },
  );
});
