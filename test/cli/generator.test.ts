// What render and export refuse: runs that the strategy of a build or the versions of a target could not take.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import { inProcess } from './command.ts';
import { folder, functionFile, stream } from './function-file.ts';

const build = (more: object) => ({
  build: { builder: 'registry.example/builder:1', srcRepo: { url: 'https://git.example/o/hello.git' }, ...more },
});
const strategy = (name: string, params: readonly object[] = [], kind = 'ClusterBuildStrategy') => ({
  shipwright: { strategy: { name, kind }, params },
});
const mine = (parameters: readonly object[], kind = 'ClusterBuildStrategy', namespace?: string) => ({
  apiVersion: 'shipwright.io/v1beta1',
  kind,
  metadata: { name: 'mine', ...(namespace === undefined ? {} : { namespace }) },
  spec: { parameters: [{ name: 'builder-image', default: 'b' }, ...parameters], steps: [{ name: 's', image: 'i' }] },
});

/** Exports these objects for an engine; what was written, and what was told without its place. */
async function exported(engine: string, objects: readonly object[], more: readonly string[] = []) {
  await using files = await folder();
  const path = await files.write('f.yaml', stream(...objects));
  const dir = join(files.path, 'runs');
  const { code, err } = await inProcess(['export', engine, '-f', path, '-o', dir, ...more]);
  const written = readdirSync(files.path).includes('runs') ? readdirSync(dir) : [];
  const texts = written.map(name => readFileSync(join(dir, name), 'utf8'));
  const told = err
    .replaceAll(`${path}, line 1: Function default/hello: `, '')
    .split('\n')
    .filter(line => line !== '');
  return { code, told, texts };
}

describe('a strategy', () => {
  it.each([
    [
      'a parameter that it does not have',
      { ...strategy('kaniko', [{ name: 'cache', value: 'x' }]) },
      'has no parameter cache',
    ],
    [
      'one text for a list',
      { ...strategy('buildah', [{ name: 'build-args', value: 'x' }]) },
      'the parameter build-args is a list',
    ],
    [
      'a list for one text',
      { ...strategy('ko', [{ name: 'go-flags', values: [{ value: 'x' }] }]) },
      'the parameter go-flags is one text',
    ],
    [
      'what only Shipwright may give',
      { ...strategy('ko', [{ name: 'shp-source-root', value: '/' }]) },
      "shp-source-root is Shipwright's own",
    ],
    [
      'a variable of its own step',
      { ...strategy('kaniko'), env: { HOME: '/' } },
      'the variable HOME of spec.build.env is set by a step',
    ],
  ])('of Shipwright that is given %s is told, and nothing is written', async (_, more, told) => {
    const { code, told: lines, texts } = await exported('shipwright', [functionFile({ spec: build(more) })]);
    expect({ code, texts }).toEqual({ code: 3, texts: [] });
    expect(lines).toEqual([expect.stringContaining(told)]);
  });

  it('in the files goes before what revflow brings, and one of a namespace counts there alone', async () => {
    const spec = build(strategy('mine', [{ name: 'own', value: 'x' }]));
    const fn = functionFile({ spec });
    expect(await exported('shipwright', [fn, mine([{ name: 'own' }])])).toMatchObject({ code: 0, told: [] });
    expect(await exported('shipwright', [fn, mine([])])).toMatchObject({ code: 3, texts: [] });
    const namespaced = functionFile({ spec: build(strategy('mine', [{ name: 'own', value: 'x' }], 'BuildStrategy')) });
    expect(await exported('shipwright', [namespaced, mine([], 'BuildStrategy', 'default')])).toMatchObject({ code: 3 });
    expect(await exported('shipwright', [namespaced, mine([], 'BuildStrategy', 'other')])).toMatchObject({
      code: 0,
      told: ['warning: BuildStrategy mine is in none of the files: what it asks is not checked'],
    });
  });

  it.each([
    ['a strategy that is none of Tekton’s', strategy('mine'), 'the strategy mine is not known to Tekton builds'],
    [
      'a parameter that it does not have',
      strategy('kaniko', [{ name: 'cache', value: 'x' }]),
      'the parameter cache is none',
    ],
  ])('of Tekton: %s is told, and nothing is written', async (_, more, told) => {
    const { code, told: lines, texts } = await exported('tekton', [functionFile({ spec: build(more) })]);
    expect({ code, texts }).toEqual({ code: 3, texts: [] });
    expect(lines).toEqual([expect.stringContaining(told)]);
  });

  it('that has no builder image anywhere says what to give, on both engines and in render', async () => {
    const spec = { build: { dockerfile: 'D', srcRepo: { url: 'https://git.example/o/hello.git' } } };
    const told = 'the parameter builder-image has no default and needs a value: give spec.build.builder';
    for (const engine of ['tekton', 'shipwright']) {
      expect(await exported(engine, [functionFile({ spec })])).toMatchObject({
        code: 3,
        told: expect.arrayContaining([told]),
      });
    }
    await using files = await folder();
    const path = await files.write('f.yaml', stream(functionFile({ spec })));
    const { code, out, err } = await inProcess(['render', '-f', path]);
    expect({ code, out, told: err.includes(told) }).toEqual({ code: 3, out: '', told: true });
  });

  it('may be refused by Shipwright’s own settings: that is a warning', async () => {
    const spec = build({ env: { NODE_OPTIONS: '--x', LD_PRELOAD: 'y', NODE_ENV: 'z' } });
    const { code, told } = await exported('shipwright', [functionFile({ spec })]);
    expect(code).toBe(0);
    expect(told).toEqual(
      ['LD_PRELOAD', 'NODE_OPTIONS'].map(
        name => `warning: Shipwright refuses the variable ${name}, unless its own settings allow it`,
      ),
    );
  });
});

describe('what is written', () => {
  const spec = {
    ...build({
      env: { B: '2', A: 'no' },
      shipwright: {
        params: [
          { name: 'RUN_IMAGE', value: 'r' },
          { secretValue: { format: 'x', key: 'k', name: 's' }, name: 'CACHE_IMAGE' },
        ],
      },
    }),
    serving: { labels: { z: 'off', a: '1_000' }, triggers: { http: { port: 80 } } },
  };
  /** The same members, each object's in reverse order. */
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed);
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.entries(value).map(([name, member]): [string, unknown] => [name, reversed(member)]);
    return Object.fromEntries(members.toReversed());
  };

  it.each([[['render', '-o', 'yaml']], [['render', '-o', 'json']], [['export', 'tekton']], [['export', 'shipwright']]])(
    'by %j is the same, byte for byte, in whatever order and form the same Function was given',
    async ([verb = '', ...rest]) => {
      const fn = functionFile({ namespace: 'shop', spec });
      const texts = [
        stream(fn),
        stream(reversed(fn)),
        JSON.stringify(reversed(fn)),
        JSON.stringify({ kind: 'List', apiVersion: 'v1', items: [fn] }),
      ];
      const written = await Promise.all(
        texts.map(async text => {
          await using files = await folder();
          const path = await files.write('f.yaml', text);
          const dir = join(files.path, 'runs');
          const { code, out } = await inProcess([verb, ...rest, '-f', path, ...(verb === 'export' ? ['-o', dir] : [])]);
          expect(code).toBe(0);
          if (verb === 'render') return out;
          return readdirSync(dir)
            .map(name => `${name}\n${readFileSync(join(dir, name), 'utf8')}`)
            .join('');
        }),
      );
      expect(written[0]).toMatch(/hello/);
      expect(new Set(written).size).toBe(1);
    },
  );
});

describe('a Function of megabytes', () => {
  it('whose run no API server could store is told so, with its size', async () => {
    const fn = functionFile({ spec: build({ env: { HUGE: 'x'.repeat(2_000_000) } }) });
    for (const engine of ['tekton', 'shipwright']) {
      const { code, told, texts } = await exported(engine, [fn]);
      expect({ code, texts }).toEqual({ code: 3, texts: [] });
      expect(told).toEqual([expect.stringMatching(/would be \d+ KiB, an API server stores 1536 KiB at most$/)]);
    }
  });
});

describe('a field that is none', () => {
  it('is left out of what is made, as an API server would, and that is told', async () => {
    const spec = { ...build({ cache: true }), serving: { runtime: 'knative', template: { containers: [], own: 1 } } };
    await using files = await folder();
    const path = await files.write('f.yaml', stream(functionFile({ spec })));
    const { code, out, err } = await inProcess(['render', '-f', path]);
    expect(code).toBe(0);
    const told = (field: string) =>
      `warning: ${path}, line 1: Function default/hello: ${field} is no field of a Function and is left out\n`;
    expect(err).toContain(told('spec.build.cache') + told('spec.serving.runtime'));
    expect(out).not.toMatch(/runtime:|cache/);
    expect(out).toContain('own: 1');
  });
});

describe('--target', () => {
  const buildah = functionFile({ spec: build({ dockerfile: 'Dockerfile', ...strategy('buildah') }) });

  it('refuses what a version lacks, and writes nothing', async () => {
    const { code, told, texts } = await exported('tekton', [buildah], ['--target', 'tekton=1.0,kubernetes=1.28']);
    expect({ code, texts }).toEqual({ code: 3, texts: [] });
    expect(told).toEqual([
      expect.stringMatching(
        /^--target: PipelineRun hello-[0-9a-f]{8}-run: securityContext.appArmorProfile needs kubernetes 1.30, /,
      ),
    ]);
    expect(await exported('tekton', [buildah], ['--target', 'tekton=1.0,kubernetes=1.30'])).toMatchObject({
      code: 0,
      told: [],
    });
  });

  it('warns of what hangs on a setting, and writes', async () => {
    const bundle = functionFile({
      spec: build({ srcRepo: { bundleContainer: { image: 'registry.example/source:1' } } }),
    });
    const { code, told, texts } = await exported('tekton', [bundle], ['--target', 'tekton=0.53']);
    expect({ code, count: texts.length }).toEqual({ code: 0, count: 1 });
    expect(told).toEqual([expect.stringMatching(/^warning: --target: .* unless enable-api-fields is beta$/)]);
  });

  it('takes the API of Shipwright that such a version works with, in export and in render', async () => {
    const versions = (texts: readonly string[]) =>
      texts
        .flatMap(text => parseAllDocuments(text).map(each => (each.toJS() as KubeObject).apiVersion))
        .filter(each => each.startsWith('shipwright'));
    await using files = await folder();
    const path = await files.write('f.yaml', stream(functionFile()));
    for (const [version, api] of [
      ['0.12', 'v1alpha1'],
      ['0.13', 'v1beta1'],
    ] as const) {
      const more = ['--target', `shipwright=${version}`];
      const { texts } = await exported('shipwright', [functionFile()], more);
      const { out } = await inProcess(['render', '-f', path, ...more]);
      for (const found of [versions(texts), versions([out])])
        expect(found).toEqual(Array(2).fill(`shipwright.io/${api}`));
    }
  });

  it.each(['tekton', 'argo=1.0', 'tekton=0.43'])('refuses "%s"', async text => {
    const { code, told } = await exported('tekton', [functionFile()], ['--target', text]);
    expect({ code, told: told[0]?.startsWith('revflow: --target ') }).toEqual({ code: 2, told: true });
  });
});
