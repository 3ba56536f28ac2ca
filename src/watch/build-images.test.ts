// Which images a Function is built with, and how they are watched.
import { describe, expect, it } from 'vitest';
import type { FunctionObject } from '../function/schema.ts';
import { planBuildImages } from './build-images.ts';
import { anonymous, SourceGraph } from './graph.ts';

interface Parts {
  readonly name?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly build?: object | undefined;
  readonly spec?: object;
}

const asked = { 'openfunction.io/rebuild-on': 'builder-image' };
const params = (text: string) => ({ ...asked, 'openfunction.io/revision-controller-params': text });

function functionWith({ name = 'f', annotations = asked, build = {}, spec = {} }: Parts = {}): FunctionObject {
  return {
    apiVersion: 'core.openfunction.io/v1beta2',
    kind: 'Function',
    metadata: { namespace: 'n', name, uid: name, annotations },
    spec: {
      image: 'reg.example/f:v1',
      build: { builder: 'builders.example/go:1', srcRepo: { url: 'https://git.example/f' }, ...build },
      ...spec,
    },
  } as FunctionObject;
}
const runImage = (param: object) => ({ shipwright: { params: [{ name: 'RUN_IMAGE', ...param }] } });
const planned = (parts?: Parts) => planBuildImages(functionWith(parts)).watches;
const warned = (parts?: Parts) => planBuildImages(functionWith(parts)).warnings.join('; ');

describe('the images that a Function is built with', () => {
  it('are not watched unless the annotation asks for it', () => {
    for (const annotations of [{}, { 'openfunction.io/rebuild-on': '' }]) {
      expect(planBuildImages(functionWith({ annotations }))).toEqual({ watches: [], warnings: [] });
    }
  });

  it('are the builder, and the run image where the strategy is given one', () => {
    expect(planned()).toEqual([
      {
        image: 'builders.example/go:1',
        type: 'image',
        source: { kind: 'image', registry: 'builders.example', repository: 'go', tag: '1' },
        want: '1',
        secret: undefined,
        intervalMs: 300_000,
        warnings: [],
      },
    ]);
    const both = planned({ build: runImage({ value: 'run.example/base' }) });
    expect(both.map(({ image, want }) => [image, want])).toEqual([
      ['builders.example/go:1', '1'],
      ['run.example/base', 'latest'],
    ]);
    expect(planned({ build: runImage({ value: 'builders.example/go:1' }) })).toHaveLength(1);
  });

  it('are the builder that a parameter names rather than that of the spec, as in the build', () => {
    const build = { shipwright: { params: [null, { name: 'builder-image', value: 'builders.example/own:2' }] } };
    expect(planned({ build }).map(({ image }) => image)).toEqual(['builders.example/own:2']);
  });

  it.each([
    [
      'another word',
      { annotations: { 'openfunction.io/rebuild-on': 'builder' } },
      'must be builder-image, found "builder"',
    ],
    ['no builder', { build: { builder: undefined, dockerfile: 'Dockerfile' } }, 'names no builder'],
    ['no build', { spec: { build: undefined, serving: {} } }, 'there is no spec.build'],
    ['a digest', { build: { builder: `b.example/go@sha256:${'1'.repeat(64)}` } }, 'never moves'],
    ['no image', { build: { builder: 'B ad' } }, 'spec.build.builder must be an image'],
    ['a password', { build: { builder: 'me:secret@b.example/go' } }, 'found "(hidden)"'],
    ['a Secret', { build: runImage({ secretValue: { name: 's', key: 'k' } }) }, 'params[0] has no value'],
  ] as const)('are not watched, which is said, for %s', (_, parts, message) => {
    expect(warned(parts)).toContain(message);
    expect(warned(parts)).not.toContain('me:secret');
    expect(planned(parts).map(({ image }) => image)).toEqual(
      'build' in parts && 'shipwright' in parts.build ? ['builders.example/go:1'] : [],
    );
  });

  it('are asked with the credential for the builder, and with that of the Function only in its own registry', () => {
    const credentials = { imageCredentials: { name: 'own' } };
    const build = { builderCredentials: { name: 'builders' }, ...runImage({ value: 'builders.example/run:1' }) };
    const secrets = (parts: Parts) => planned(parts).map(({ secret }) => secret);
    expect(secrets({ build, spec: credentials })).toEqual(['builders', 'builders']);
    expect(secrets({ spec: credentials })).toEqual([undefined]);
    expect(secrets({ build: { builder: 'reg.example/go:1' }, spec: credentials })).toEqual(['own']);
    expect(secrets({ build: { ...build, ...runImage({ value: 'reg.example/run:1' }) }, spec: credentials })).toEqual([
      'builders',
      'own',
    ]);
  });

  it('are looked at as often as the params say, whether the Function is watched or not, and insecurely only in its own registry', () => {
    const annotations = params('polling-interval: 30s\ninsecure-registry: true');
    expect(planned({ annotations })[0]).toMatchObject({ intervalMs: 30_000 });
    expect(planned({ annotations })[0]?.source).not.toHaveProperty('plainCredentials');
    const own = { annotations, build: { builder: 'reg.example/go:1' } };
    expect(planned(own)[0]?.source).toMatchObject({ plainCredentials: true });
    expect(planned({ annotations: params('polling-interval: soon') })[0]).toMatchObject({ intervalMs: 300_000 });
  });

  it('are one source for ten thousand Functions that are built with them', () => {
    const graph = new SourceGraph();
    const changes = Array.from({ length: 10_000 }, (_, at) => {
      const [watch] = planned({ name: `f-${at}` });
      if (!watch) throw new Error('nothing is watched');
      return graph.subscribe(`n/f-${at} 0`, { watch, namespace: 'n', credentialId: anonymous });
    });
    expect(graph.size).toBe(1);
    expect(changes.filter(change => Object.keys(change).length > 0)).toHaveLength(1);
  });
});
