// Recorded Functions at rest of which somebody has blanked a part of the status: OpenFunction takes that for a command, and so does revflow
// when it comes to them first. Everything else at rest is left alone (at-rest.test.ts).
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import type { TestCluster } from '../servers/api-server.ts';
import { loadAll, removeAll, startRestingCluster } from './at-rest-cluster.ts';
import { keysOf } from './at-rest-fields.ts';
import { eachLoop, endRuns, type Write } from './at-rest-loop.ts';
import { type RecordedState, stateAtRest } from './at-rest-state.ts';
import { goldensFolder, readCase } from './cases.ts';

const built = ['builders', 'buildruns', 'builds', 'servings'];
const served = ['servings'];

/** What was written into the status, and what is made for it, of a Function that is built and of one that is only served. */
const commands: readonly (readonly [string, object, readonly string[], readonly string[]])[] = [
  ['nothing', {}, [], []],
  ['status.build null', { build: null }, built, []],
  ['an empty status.build.resourceHash', { build: { resourceHash: '' } }, built, []],
  ['an empty status.build.resourceRef', { build: { resourceRef: '' } }, built, []],
  ['an empty status.serving.state', { serving: { state: '' } }, served, served],
  ['an empty status.serving.resourceHash', { serving: { resourceHash: '' } }, served, served],
  ['an empty status.serving.resourceRef', { serving: { resourceRef: '' } }, served, served],
  ['another status.revision', { revision: { imageDigest: `sha256:${'e'.repeat(64)}` } }, served, served],
  ['other status.sources', { sources: [{ name: 'default', git: { commitSha: 'e'.repeat(40) } }] }, [], []],
];
const kindsOfFunction = ['samples/knative-hello-world-go', 'cases/kn-minimal'] as const;

let cluster: TestCluster;
const asked = new Map<string, readonly Write[]>();
const isHere = existsSync(goldensFolder);

function commanded(state: RecordedState, [name, patch]: (typeof commands)[number]): RecordedState {
  const functions = state.functions.map(fn => ({ ...fn, status: merged(Object(fn['status']), patch) }) as KubeObject);
  return { ...state, name: `${state.name}: ${name}`, functions };
}

function merged(status: object, patch: object): object {
  const entries = Object.entries(patch).map(([field, value]: [string, unknown]) => {
    const old: unknown = Reflect.get(status, field);
    const isInner = typeof value === 'object' && value !== null && !Array.isArray(value);
    return [field, isInner ? { ...Object(old), ...value } : value];
  });
  return Object.fromEntries(
    Object.entries({ ...status, ...Object.fromEntries(entries) }).filter(([, value]) => value !== null),
  );
}

beforeAll(async () => {
  if (!isHere) return;
  cluster = await startRestingCluster();
  const states = kindsOfFunction.flatMap(name => stateAtRest(readCase(`${goldensFolder}/${name}`)) ?? []);
  const loaded = await loadAll(
    cluster.kube,
    states.flatMap(state => commands.map(command => commanded(state, command))),
  );
  await eachLoop(cluster, loaded, async (loop, part) => {
    await loop.settle(keysOf(part));
    await endRuns(cluster.kube, loop);
    await loop.settle();
    for (const { state, namespace } of part) {
      asked.set(
        state.name,
        loop.writes.filter(write => write.namespace === namespace),
      );
    }
  });
  await removeAll(cluster.kube, loaded);
}, 120_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

describe.skipIf(!isHere)('a recorded Function with (skipped without ../shared)', () => {
  const all = commands.flatMap(([name, , ofBuilt, ofServed]) => [
    [name, 'built', kindsOfFunction[0], ofBuilt] as const,
    [name, 'served alone', kindsOfFunction[1], ofServed] as const,
  ]);
  it.each(all)('%s, %s, is carried out when revflow comes, once', (name, _, state, expected) => {
    const writes = asked.get(`${state}: ${name}`) ?? [];
    const created = writes.filter(({ verb, plural }) => verb === 'create' && plural !== 'events');
    expect(created.map(({ plural }) => plural).toSorted()).toEqual(expected);
    const made = new Set(created.map(each => each.name));
    expect(writes.filter(({ verb, name: removed }) => verb === 'remove' && !made.has(removed))).toEqual([]);
  });
});
