// Recorded cases, replayed: revflow is given the same Functions, edits and statuses of others, and does the same, or what differences.ts says.
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import { startReconcileCluster } from '../flow/cluster.ts';
import type { TestCluster } from '../servers/api-server.ts';
import { findCases, type GoldenCase, goldensFolder, readCase } from './cases.ts';
import { correctedPaths, everywhere, known } from './differences.ts';
import { fieldOf } from './replay/field.ts';
import { type Replay, replay, unplayable } from './replay/replay.ts';
import { statusOf } from './replay/stage.ts';

/** Another folder than the usual one: `npm run test:golden -- DIR`. */
const given = process.env['REVFLOW_GOLDENS'];
/** Of the usual one, those that are about builds. */
const ofBuilds = /^(?:samples\/|cases\/(?:build|bundle|life|rejected|crash)-)/;

const isHere = given !== undefined || existsSync(goldensFolder);
const note = isHere ? '' : ' (skipped: the recordings are not at hand)';
const all = isHere ? findCases(given ?? goldensFolder).map(readCase) : [];
const cases = all.filter(({ name }) => given !== undefined || ofBuilds.test(name));
const playable = cases.filter(recorded => unplayable(recorded) === undefined);

let cluster: TestCluster;
const replays = new Map<string, Promise<Replay>>();

/** The replay of a case, made when it is first asked for. */
function replayOf(recorded: GoldenCase): Promise<Replay> {
  const made = replays.get(recorded.folder) ?? replay(cluster, recorded);
  replays.set(recorded.folder, made);
  return made;
}

/** The replay of one of the usual cases. */
function replayNamed(name: string): Promise<Replay> {
  const recorded = playable.find(({ folder }) => basename(folder) === name);
  if (recorded === undefined) throw new Error(`there is no case ${name}`);
  return replayOf(recorded);
}

beforeAll(async () => {
  cluster = await startReconcileCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

// Each waits now and then for garbage to be collected, in a namespace of its own.
describe.skipIf(!isHere)(`recorded cases${note}`, () => {
  it.for(cases)('$name goes the same way', { concurrent: true }, async (recorded, { skip }) => {
    const why = unplayable(recorded);
    if (why !== undefined) return skip(why);
    const { folder } = recorded;
    const { lines } = await replayOf(recorded);
    const expected = known.flatMap(({ cases: listed }) => listed[basename(folder)] ?? []);
    expect({ folder, differs: lines.toSorted() }).toEqual({ folder, differs: expected.toSorted() });
  });
});

describe.skipIf(!isHere || given !== undefined)(`differences${note}`, () => {
  it('are of cases that are there', () => {
    const names = new Set(all.map(({ folder }) => basename(folder)));
    const listed = known.flatMap(({ cases: some }) => Object.keys(some));
    expect(listed.filter(name => !names.has(name))).toEqual([]);
    const messages = all.flatMap(({ rejected }) => rejected.map(({ message }) => message)).join('\n');
    expect(Object.keys(correctedPaths).filter(path => !messages.includes(path))).toEqual([]);
  });

  it('of every case are all still met', async () => {
    const met = new Set<string>();
    for (const recorded of playable) for (const reason of (await replayOf(recorded)).general) met.add(reason);
    expect(everywhere.map(({ reason }) => reason).filter(reason => !met.has(reason))).toEqual([]);
  });
});

/** A condition of the only Function, as `status reason`. */
async function saidOf({ stage }: Replay, type: string): Promise<string> {
  const [object] = await stage.all(kinds.function);
  const conditions = statusOf(object)['conditions'];
  const list: readonly unknown[] = Array.isArray(conditions) ? conditions : [];
  const found = list.find(each => fieldOf(each, ['type']) === type);
  return `${String(fieldOf(found, ['status']))} ${String(fieldOf(found, ['reason']))}`;
}

describe.skipIf(!isHere || given !== undefined)(`what ended OpenFunction's process${note}`, () => {
  it.each(['crash-keda-without-httpscaledobject', 'crash-tracing-annotation-without-provider'])(
    '%s has a Serving, and says that nothing runs it yet',
    async name => {
      const made = await replayNamed(name);
      expect(await made.stage.all(kinds.serving)).toHaveLength(1);
      expect(await saidOf(made, 'Built')).toBe('True Skipped');
      expect(await saidOf(made, 'Served')).toBe('Unknown NoRuntime');
    },
  );

  it('crash-serving-removed-after-failed-build lets go of the Serving, and tells the failed build', async () => {
    const made = await replayNamed('crash-serving-removed-after-failed-build');
    expect(await made.stage.all(kinds.serving)).toEqual([]);
    expect(await saidOf(made, 'Built')).toBe('False BuildFailed');
    expect(await saidOf(made, 'Served')).toBe('True Skipped');
    const [object] = await made.stage.all(kinds.function);
    expect(Object.keys(statusOf(object))).not.toEqual(expect.arrayContaining(['addresses', 'route']));
  });

  it('crash-serving-null-triggers is a Serving of nobody, and stays as it is', async () => {
    const { stage } = await replayNamed('crash-serving-null-triggers');
    const [serving] = await stage.all(kinds.serving);
    expect({ name: serving?.metadata.name, status: serving?.['status'] }).toEqual({ name: 's', status: undefined });
  });
});
