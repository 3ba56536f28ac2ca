// What is told of the images that builds are made with.
import { expect, it } from 'vitest';
import type { FunctionObject } from '../../function/schema.ts';
import { systemClock as clock } from '../../platform/clock.ts';
import { createMemoryState } from '../../platform/state/memory.ts';
import { readObservation } from '../../revision/detect.ts';
import { anonymous, sourceKey } from '../../watch/graph.ts';
import { imageEntries, rememberImages, reportImages } from './explain-images.ts';

const image = 'b.example/go:1';
const functionWith = (annotations: Record<string, string>, buildImages: readonly object[] = []): FunctionObject =>
  ({
    apiVersion: 'core.openfunction.io/v1beta2',
    kind: 'Function',
    metadata: { namespace: 'n', name: 'f', uid: 'u', annotations },
    spec: { image: 'reg.example/f', build: { builder: image, srcRepo: { url: 'https://git.example/f' } } },
    status: { watch: { buildImages } },
  }) as FunctionObject;
const asked = { 'openfunction.io/rebuild-on': 'builder-image' };
const words = (fn: FunctionObject) => imageEntries(reportImages(fn), text => text.slice(0, 8));

it('names each image, what was built with it, and what it is now', () => {
  expect(words(functionWith(asked))).toEqual([['rebuild on', `${image}: not seen yet, asked every 5m0s`]]);
  const entry = { image, digest: 'sha256:1', latest: 'sha256:2', reason: 'NotFound' };
  expect(words(functionWith(asked, [entry]))).toEqual([
    ['rebuild on', `${image}: built with sha256:1, now sha256:2, asked every 5m0s; trouble: NotFound`],
  ]);
});

it('tells what is wrong with the annotation, and says nothing where there is none or OpenFunction builds', () => {
  expect(words(functionWith({ 'openfunction.io/rebuild-on': 'x' }))).toEqual([
    ['rebuild on', 'metadata.annotations["openfunction.io/rebuild-on"] must be builder-image, found "x"'],
  ]);
  expect(words(functionWith({}))).toEqual([]);
  expect(words(functionWith({ ...asked, 'openfunction.io/revflow-state': '{}' }))).toEqual([]);
});

it('gives the rules what the status knows of the last answer', async () => {
  await using state = createMemoryState({ clock });
  await rememberImages(state, functionWith(asked, [{ image, digest: 'sha256:1', latest: 'sha256:2' }]), 7);
  const source = { kind: 'image', registry: 'b.example', repository: 'go', tag: '1' } as const;
  const observation = await readObservation(state, sourceKey(source, anonymous));
  expect(observation).toMatchObject({ at: 7, heads: { 1: { id: 'sha256:2', sightings: 2 } } });
});
