// Which engine builds.
import { expect, it } from 'vitest';
import { readAnnotations } from '../../function/annotations.ts';
import type { Kind } from '../../platform/kube/kube.ts';
import { chooseBackend, sayNoEngine } from './engine.ts';

const choose = (served: readonly string[], engine?: string) =>
  chooseBackend(
    { serves: async ({ kind, apiVersion }: Kind) => served.includes(kind) || served.includes(apiVersion) },
    readAnnotations(engine === undefined ? {} : { 'openfunction.io/build-engine': engine }),
  );

it.each<[string, readonly string[], string | undefined, string]>([
  ['the one that is named', ['BuildRun', 'PipelineRun'], 'tekton', 'tekton'],
  ['the one that is named, though it is not served', ['BuildRun'], 'tekton', 'tekton'],
  ['Shipwright, where both are served', ['BuildRun', 'PipelineRun'], undefined, 'shipwright'],
  ['Tekton, where it alone is served', ['PipelineRun'], undefined, 'tekton'],
  ['Shipwright, where neither is', [], undefined, 'shipwright'],
  ['no other word than those two', ['PipelineRun'], 'make', 'tekton'],
])('takes %s', async (_, served, engine, expected) => {
  expect((await choose(served, engine)).engine).toBe(expected);
});

it.each<[string, readonly string[], string | undefined, string]>([
  ['the newest version', ['shipwright.io/v1alpha1', 'shipwright.io/v1beta1'], undefined, 'shipwright.io/v1beta1'],
  ['the old version, where only that is served', ['shipwright.io/v1alpha1'], undefined, 'shipwright.io/v1alpha1'],
  [
    'the old version before another engine',
    ['shipwright.io/v1alpha1', 'tekton.dev/v1'],
    undefined,
    'shipwright.io/v1alpha1',
  ],
  ['the old version of the one that is named', ['shipwright.io/v1alpha1'], 'shipwright', 'shipwright.io/v1alpha1'],
  [
    'the newest of the one that is named, where none is served',
    ['tekton.dev/v1'],
    'shipwright',
    'shipwright.io/v1beta1',
  ],
])('takes %s of an API', async (_, served, engine, expected) => {
  expect((await choose(served, engine)).run.apiVersion).toBe(expected);
});

it('says what is to be installed', async () => {
  const backend = await choose([]);
  expect(sayNoEngine(backend, readAnnotations({}))).toBe(
    'the cluster serves neither buildruns.shipwright.io/v1beta1 nor pipelineruns.tekton.dev/v1; install shipwright or tekton',
  );
  const steering = readAnnotations({ 'openfunction.io/build-engine': 'tekton' });
  expect(sayNoEngine(await choose([], 'tekton'), steering)).toBe(
    'the cluster does not serve pipelineruns.tekton.dev/v1; install tekton',
  );
});
