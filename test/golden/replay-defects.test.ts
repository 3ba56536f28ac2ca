// A replay finds what is changed in a recording, wherever it is, and refuses what it cannot repeat.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startReconcileCluster } from '../flow/cluster.ts';
import type { TestCluster } from '../servers/api-server.ts';
import type { GoldenCase } from './cases.ts';
import { everywhere } from './differences.ts';
import { ownCase } from './replay/own-case.ts';
import { replay } from './replay/replay.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startReconcileCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

/** The case with each text of one file replaced. */
function altered(file: keyof GoldenCase, from: string, to: string): GoldenCase {
  const text = JSON.stringify(ownCase[file]);
  expect(text).toContain(from);
  return { ...ownCase, [file]: JSON.parse(text.replaceAll(from, to)) };
}

describe('a replay', () => {
  it('has nothing to say where all is the same', async () => {
    expect((await replay(cluster, ownCase)).lines).toEqual([]);
  });

  it.each([
    ['steps', '"reason":"Succeeded"', '"reason":"Done"', 'Function/f build.reason: Done → Succeeded'],
    ['steps', '<hash-2>', '<hash-1>', 'Function/f build.resourceHash: <hash-1> → <another hash>'],
    ['steps', 'aaaa"', 'aaab"', 'Function/f revision.imageDigest'],
    ['steps', 'A. Author', 'B. Author', 'Function/f sources'],
    ['steps', '"phase":"Build"', '"phase":"Run"', 'Builder/builder-<B1> phase: Run → Build'],
    ['building', 'builder:1', 'builder:2', 'Build/builder-<B1>-build-<r1> spec.paramValues'],
    ['building', 'builder:1', 'builder:2', 'Builder/builder-<B1> spec.builder: reg.example/builder:2'],
    ['building', '"openfunction.io/function":"f"', '"openfunction.io/function":"g"', 'metadata.labels'],
    ['building', ',"blockOwnerDeletion":true', '', 'BuildRun/builder-<B1>-buildrun-<r1> metadata.ownerReferences'],
    ['objects', 'f:v2', 'f:v3', 'at rest: Build/builder-<B2>-build-<r1> spec.output.image: reg.example/f:v3'],
    ['objects', '"BuildRun"', '"Run"', 'BuildRun/builder-<B2>-buildrun-<r1>: nothing → there'],
    ['history', '"state":"Created"', '"state":"Queued"', 'history: Function/f Queued builder-<B1>: told → nothing'],
    ['events', 'BuildCompleted', 'BuildDone', 'events: Normal BuildDone Function/f Builder/builder-<B1>'],
    ['events', 'Build started', 'Build begun', '"Build begun": told → nothing'],
  ] as const)('finds in %s what makes of %s a %s', async (file, from, to, line) => {
    const { lines } = await replay(cluster, altered(file, from, to));
    expect(lines.join('\n')).toContain(line);
  });

  it('finds a build that was not recorded, and one that was not made', async () => {
    const [begun, done, edited] = ownCase.steps;
    if (!begun || !done || !edited) throw new Error('three steps');
    const still = { ...edited, statuses: done.statuses };
    const unbuilt = await replay(cluster, { ...ownCase, steps: [begun, done, still], history: {}, events: [] });
    expect(unbuilt.lines).toContain('builder-<more1>: not made → made');
    const idle = await replay(cluster, { ...ownCase, steps: [begun, done, { ...edited, name: 'delete the Service' }] });
    expect(idle.lines).toContain('builder-<B2>: made → not made');
  });

  it('refuses a step that it does not know, by folder and name', async () => {
    const [begun] = ownCase.steps;
    if (!begun) throw new Error('three steps');
    const odd = { ...ownCase, steps: [{ ...begun, name: 'dance' }] };
    await expect(replay(cluster, odd)).rejects.toThrow(
      'own/two-builds: the step "dance" is not one that can be repeated',
    );
  });
});

describe('a difference of every case', () => {
  const labels = 'metadata.labels.openfunction.io';
  const note = 'spec.output.labels.openfunction.io/function';
  it.each([
    ['Function/f', 'build.resourceHash', '<hash-1>', undefined],
    ['Builder/b', `${labels}/function-uid`, undefined, ''],
    ['Builder/b', `${labels}/sequence`, '1', '2'],
    ['Builder/b', `${labels}/other`, undefined, 'x'],
    ['Build/b', note, undefined, 'f'],
    ['Build/b', note, 'g-own/f', 'g-own/g'],
    ['Function/f', 'sources', [{ name: 'a' }], [{ name: 'b', git: { branchName: 'main' } }]],
    ['Function/f', 'sources', [{ name: 'a' }], [{ name: 'a', git: { branchName: 'other' } }]],
    ['Builder/b', 'cleared', 'told', undefined],
  ])('does not cover %s %s: %j → %j', (object, field, theirs, ours) => {
    const difference = { at: 'history', object, field, theirs, ours };
    const around = new Map(Object.entries({ 'Function/f build.state': 'Building' }));
    expect(everywhere.filter(rule => rule.covers(difference, around))).toEqual([]);
  });
});
