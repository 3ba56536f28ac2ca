// Every recorded state of a Function under OpenFunction, loaded as the cluster: taking it over costs nothing, and neither does going back.
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCondition } from '../../src/function/conditions.ts';
import { lintStatus } from '../../src/function/lint-status.ts';
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
import { eachLoop, type Write } from './at-rest-loop.ts';
import { aroundIn, openFunctionDoes } from './at-rest-openfunction.ts';
import { type RecordedState, stateAtRest, statesOnTheWay } from './at-rest-state.ts';
import { findCases, goldensFolder, readCase } from './cases.ts';

/** A state that revflow has taken over. */
interface Taken extends Loaded {
  readonly after: Inventory;
  /** What revflow asked for, of this namespace. */
  readonly writes: readonly Write[];
  /** What it asked for when it was started again. */
  readonly again: readonly Write[];
}

const cases = existsSync(goldensFolder) ? findCases(goldensFolder).map(readCase) : [];
const resting = cases.flatMap(golden => stateAtRest(golden) ?? []);
const moving = cases.flatMap(golden => statesOnTheWay(golden));
const limitMs = 240_000;

let cluster: TestCluster;
const taken = new Map<string, Taken>();

async function takeOver(states: readonly RecordedState[], minutes: number): Promise<void> {
  const loaded = await loadAll(cluster.kube, states);
  const writes: Write[] = [];
  const again: Write[] = [];
  await eachLoop(cluster, loaded, async (loop, part) => {
    await loop.settle(keysOf(part));
    await loop.pass(minutes);
    writes.push(...loop.writes);
  });
  const afters = await inventories(
    cluster.kube,
    loaded.map(each => each.namespace),
  );
  await eachLoop(cluster, loaded, async loop => {
    await loop.settle();
    again.push(...loop.writes);
  });
  for (const [at, each] of loaded.entries()) {
    const own = (write: Write) => write.namespace === each.namespace;
    const after = afters[at] ?? new Map();
    taken.set(each.state.name, { ...each, after, writes: writes.filter(own), again: again.filter(own) });
  }
  await removeAll(cluster.kube, loaded);
}

function of(name: string): Taken {
  const found = taken.get(name);
  if (found === undefined) throw new Error(`${name} was not loaded`);
  return found;
}

/** OpenFunction's hashes of a spec that was not edited are those that it recorded. */
function backAgain(before: KubeObject, after: KubeObject, there: Inventory): readonly string[] {
  const { build, serving } = readable(before).status ?? {};
  const hashes = { build: build?.resourceHash, serving: serving?.resourceHash };
  return openFunctionDoes(readable(after), hashes, aroundIn(there.values()));
}

/** Nothing but status fields that OpenFunction does not have, each Function once. */
function expectUntouched({ state, before, after, writes }: Taken): void {
  const asked = writes.map(line).filter(text => !(isRefused(state) && text.startsWith('create events/')));
  expect(asked.toSorted()).toEqual(
    functionsIn(before).map(({ metadata }) => `patch functions/${metadata.name} status`),
  );
  expect(standing(after)).toEqual(standing(before));
  expect(functionsIn(after).map(withoutOwn)).toEqual(functionsIn(before).map(withoutOwn));
}

beforeAll(async () => {
  if (cases.length === 0) return;
  cluster = await startRestingCluster();
  await takeOver(
    resting.filter(state => !isBuilding(state)),
    30,
  );
  await takeOver([...resting.filter(isBuilding), ...moving], 0);
}, limitMs);
afterAll(() => cluster?.[Symbol.asyncDispose]());

describe.skipIf(cases.length === 0)('a recorded Function at rest (skipped without ../shared)', () => {
  it.each(resting.map(({ name }) => name).filter(name => !(name in commands)))(
    '%s: switching over costs nothing',
    name => {
      const state = of(name);
      expectUntouched(state);
      for (const fn of functionsIn(state.after)) expect(lintStatus(readable(fn))).toEqual([]);
    },
  );

  it.each(resting.map(({ name }) => name).filter(name => !(name in commands)))(
    '%s: it is ready where it serves',
    name => {
      for (const { spec, status } of functionsIn(of(name).after).map(readable)) {
        const served =
          spec.serving === undefined ? status?.build?.state === 'Succeeded' : status?.serving?.state === 'Running';
        expect(findCondition(status?.conditions, 'Ready')?.status).toBe(served ? 'True' : 'False');
      }
    },
  );

  it.each(resting.map(({ name }) => name))('%s: nothing more is written when revflow starts again', name => {
    expect(of(name).again.map(line)).toEqual([]);
  });

  it.each(resting.map(({ name }) => name).filter(name => !(name in commands)))('%s: going back costs nothing', name => {
    const { before, after } = of(name);
    const ways = functionsIn(before).map((fn, at) => backAgain(fn, functionsIn(after)[at] ?? fn, after));
    expect(ways.flat()).toEqual(functionsIn(before).flatMap(fn => backAgain(fn, fn, before)));
    expect(ways.flat()).toEqual([]);
  });
});

describe.skipIf(cases.length === 0)('a recorded Function on its way (skipped without ../shared)', () => {
  it.each(moving.map(({ name }) => name))('%s: nothing is begun beside what is under way', name => {
    const state = of(name);
    expectUntouched(state);
    expect(state.again.map(line)).toEqual([]);
  });
});

describe.skipIf(cases.length === 0)('what OpenFunction never came to do (skipped without ../shared)', () => {
  it('spec.serving was removed: its Serving goes, and what it says', () => {
    const { writes, after } = of('cases/crash-serving-removed-after-failed-build');
    expect(writes.map(line)).toEqual(['remove servings/serving-s1x7k', 'patch functions/f status']);
    const [fn] = functionsIn(after);
    expect(fn?.['status']).toMatchObject({ build: { state: 'Failed' }, serving: { state: 'Skipped' } });
  });

  it('the run of a build was deleted: it is built once more, under a name of ours', () => {
    const { writes } = of('cases/life-delete-running-builder');
    const created = writes.filter(({ verb, plural }) => verb === 'create' && plural !== 'events');
    expect(created.map(({ plural }) => plural)).toEqual(['builders', 'builds', 'buildruns']);
    expect(writes.filter(({ verb }) => verb === 'remove')).toEqual([]);
  });
});
