// What versions are understood, which of an engine's APIs is taken for them, and what they lack.
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../platform/kube/kube.ts';
import { shippedStrategy } from './shipwright/shipped.ts';
import { backendFor, lacksOf, parseTarget, type Target } from './target.ts';

const target = (text: string): Target => {
  const parsed = parseTarget(text);
  if (!('ok' in parsed)) throw new Error(parsed.fault);
  return parsed.ok;
};
const run = (spec: object, name = 'r'): KubeObject => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { name },
  spec,
});
const armoured = run({
  tasks: [{ taskSpec: { steps: [{ securityContext: { appArmorProfile: { type: 'Unconfined' } } }] } }],
});
const typed = run({ results: [{ name: 'a', type: 'object', properties: { uri: { type: 'string' } } }] });

describe('a target', () => {
  it('is names with versions, in any order, with or without v and patch', () => {
    expect(target('tekton=0.53,kubernetes=1.30')).toEqual({ tekton: [0, 53], kubernetes: [1, 30] });
    expect(target('kubernetes=v1.31.4, shipwright=0.15.2')).toEqual({ kubernetes: [1, 31], shipwright: [0, 15] });
  });

  it.each([
    ['', 'found ""'],
    ['tekton', 'found "tekton"'],
    ['tekton=1', 'found "tekton=1"'],
    ['knative=1.2', 'found "knative=1.2"'],
    ['tekton=0.53,tekton=0.56', 'names tekton twice'],
    ['tekton=0.43', 'nothing for less than 0.50'],
    ['shipwright=0.10', 'nothing for less than 0.11'],
  ])('refuses "%s": %s', (text, fault) => {
    expect(parseTarget(text)).toEqual({ fault: expect.stringContaining(fault) });
  });

  it('takes v1alpha1 of Shipwright where that works with nothing newer', () => {
    const version = (text: string | undefined) =>
      backendFor('shipwright', text === undefined ? {} : target(text))?.run.apiVersion;
    expect(['shipwright=0.11', 'shipwright=0.12'].map(version)).toEqual(Array(2).fill('shipwright.io/v1alpha1'));
    expect([undefined, 'shipwright=0.13', 'shipwright=1.0', 'tekton=0.50'].map(version)).toEqual(
      Array(4).fill('shipwright.io/v1beta1'),
    );
    expect(backendFor('tekton', target('tekton=0.50'))?.engine).toBe('tekton');
  });
});

describe('what a target lacks', () => {
  it('is nothing where no version is named, or all are new enough', () => {
    for (const text of ['kubernetes=1.30', 'tekton=0.56', 'tekton=1.0,kubernetes=1.34']) {
      expect(lacksOf(target(text), [armoured, typed])).toEqual({ faults: [], warnings: [] });
    }
    expect(lacksOf({}, [armoured, typed])).toEqual({ faults: [], warnings: [] });
  });

  it('is told once, with the object, what it needs and what there is', () => {
    expect(lacksOf(target('kubernetes=1.29'), [armoured, run({}), { ...armoured, metadata: { name: 's' } }])).toEqual({
      faults: ['PipelineRun r: securityContext.appArmorProfile needs kubernetes 1.30, the target is 1.29 (and 1 more)'],
      warnings: [],
    });
  });

  it('is a warning where a setting makes up for it', () => {
    expect(lacksOf(target('tekton=0.53'), [typed])).toEqual({
      faults: [],
      warnings: [
        'PipelineRun r: a result of type object needs tekton 0.56, the target is 0.53, unless enable-api-fields is beta',
      ],
    });
  });

  it('is also what the strategies need that revflow brings', () => {
    const strategies = ['buildah', 'kaniko'].flatMap(name => shippedStrategy(name) ?? []);
    expect(lacksOf(target('shipwright=0.13,kubernetes=1.29'), strategies)).toEqual({
      faults: [
        'ClusterBuildStrategy buildah: securityContext.appArmorProfile needs kubernetes 1.30, the target is 1.29',
      ],
      warnings: [
        'ClusterBuildStrategy buildah: as pipelines/shipwright has it, it needs shipwright 0.15, the target is 0.13, unless the cluster has another one of that name (and 1 more)',
      ],
    });
    expect(lacksOf(target('shipwright=0.15,kubernetes=1.30'), strategies)).toEqual({ faults: [], warnings: [] });
  });

  it('is also what one version needs of another', () => {
    expect(lacksOf(target('shipwright=0.20,tekton=1.0,kubernetes=1.27'), []).faults).toEqual([
      'shipwright 0.20 itself needs tekton 1.6, the target is 1.0',
      'shipwright 0.20 itself needs kubernetes 1.34, the target is 1.27',
      'tekton 1.0 itself needs kubernetes 1.28, the target is 1.27',
    ]);
  });
});
