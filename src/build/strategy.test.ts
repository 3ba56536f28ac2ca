// What a strategy refuses.
import { describe, expect, it } from 'vitest';
import type { BuilderSpec, BuildParam } from '../function/schema-build.ts';
import { problemsOf } from './strategy.ts';

const strategy = {
  apiVersion: 'shipwright.io/v1beta1',
  kind: 'ClusterBuildStrategy',
  metadata: { name: 's' },
  spec: {
    parameters: [
      { name: 'builder-image', description: '', type: 'string' },
      { name: 'target', description: '', default: '' },
      { name: 'build-args', description: '', type: 'array', defaults: [] },
    ],
    steps: [
      { name: 'a' },
      {
        name: 'b',
        env: [
          { name: 'HOME', value: '/' },
          { name: 'AWS_SECRET_KEY', value: 'x' },
        ],
      },
    ],
  },
};
const spec = (params: readonly BuildParam[] = [], over: Partial<BuilderSpec> = {}): BuilderSpec => ({
  image: 'reg.example/f',
  srcRepo: { url: 'https://git.example/f' },
  builder: 'reg.example/builder:1',
  shipwright: { strategy: { name: 's' }, params },
  ...over,
});

describe('a strategy', () => {
  it('takes what it declares', () => {
    const params = [
      { name: 'target', value: '' },
      { name: 'build-args', values: [{ value: '' }, { secretValue: { name: 's', key: 'k' } }] },
    ];
    expect(problemsOf(spec(params, { env: { A: '1' } }), strategy)).toEqual([]);
    expect(problemsOf(spec([{ name: 'build-args' }, { name: 'target' }]), strategy)).toEqual([]);
  });

  it.each<[string, BuildParam, string]>([
    [
      'undeclared',
      { name: 'x', value: '' },
      'the strategy s has no parameter x; it has builder-image, target, build-args',
    ],
    ['a list for a text', { name: 'target', values: [] }, 'the parameter target is one text: it needs a value'],
    ['a text for a list', { name: 'build-args', value: 'A=1' }, 'the parameter build-args is a list: it needs values'],
    ['an empty item', { name: 'build-args', values: [{}] }, 'the parameter build-args has an item without a value'],
    ['reserved', { name: 'DOCKERFILE', value: 'D' }, "the parameter DOCKERFILE is Shipwright's own"],
    ['reserved by its beginning', { name: 'shp-x', value: '' }, "the parameter shp-x is Shipwright's own"],
    [
      'two references',
      { name: 'target', configMapValue: { name: 'm', key: 'k' }, secretValue: { name: 's', key: 'k' } },
      'the parameter target has a value of a ConfigMap and one of a Secret',
    ],
    [
      'half a reference',
      { name: 'target', secretValue: { name: 's', key: '' } },
      'the parameter target refers to a value without a name or a key',
    ],
  ])('refuses a parameter that is %s', (_, param, problem) => {
    expect(problemsOf(spec([param]), strategy)).toEqual([problem]);
  });

  it('needs what has no default', () => {
    expect(problemsOf(spec([], { builder: '' }), strategy)).toEqual([
      'the parameter builder-image has no default and needs a value: give spec.build.builder',
    ]);
  });

  it('refuses a Dockerfile that it has no parameter for', () => {
    expect(problemsOf(spec([], { dockerfile: 'D' }), strategy)[0]).toMatch(
      /^the strategy s has no parameter dockerfile/,
    );
  });

  it('keeps the variables of its steps', () => {
    expect(problemsOf(spec([], { env: { HOME: '/', AWS_SECRET_KEY: '', B: '' } }), strategy)).toEqual([
      'the variable AWS_SECRET_KEY of spec.build.env is set by a step of the strategy; give it another name',
      'the variable HOME of spec.build.env is set by a step of the strategy; give it another name',
    ]);
  });

  it('of v1alpha1 takes builder and Dockerfile as fields', () => {
    const { parameters, steps } = strategy.spec;
    const old = {
      ...strategy,
      apiVersion: 'shipwright.io/v1alpha1',
      spec: { parameters: parameters.slice(1), buildSteps: steps },
    };
    expect(problemsOf(spec([], { dockerfile: 'D' }), old)).toEqual([]);
    expect(problemsOf(spec([], { env: { HOME: '/' } }), old)).toHaveLength(1);
  });

  it('is told from other documents', () => {
    expect(problemsOf(spec(), {})).toEqual(['the document is no BuildStrategy or ClusterBuildStrategy']);
  });
});
