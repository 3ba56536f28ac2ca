// What makes a build another one, and what does not.
import { describe, expect, it } from 'vitest';
import type { FunctionObject } from '../function/schema.ts';
import type { BuildSpec } from '../function/schema-build.ts';
import { buildInputHash, buildTimeoutMs, wantedBuilder } from './plan.ts';

const build: BuildSpec = { builder: 'b', srcRepo: { url: 'https://git.example/f.git', revision: 'main' } };
const fn = (over: Partial<BuildSpec> = {}, spec: Partial<FunctionObject['spec']> = {}): FunctionObject => ({
  apiVersion: 'core.openfunction.io/v1beta2',
  kind: 'Function',
  metadata: { name: 'f', namespace: 'n', uid: 'u' },
  spec: { image: 'reg.example/f:v1', build: { ...build, ...over }, ...spec },
});
const hash = (of: FunctionObject) => {
  const spec = wantedBuilder(of, undefined);
  return spec && buildInputHash(spec);
};

describe('the hash of a build', () => {
  it.each<[string, FunctionObject]>([
    ['image', fn({}, { image: 'reg.example/f:v2' })],
    ['imageCredentials', fn({}, { imageCredentials: { name: 'push' } })],
    ['builder', fn({ builder: 'c' })],
    ['env', fn({ env: { A: '' } })],
    ['dockerfile', fn({ dockerfile: 'D' })],
    ['url', fn({ srcRepo: { ...build.srcRepo, url: 'https://git.example/g.git' } })],
    ['revision', fn({ srcRepo: { ...build.srcRepo, revision: 'dev' } })],
    ['sourceSubPath', fn({ srcRepo: { ...build.srcRepo, sourceSubPath: 'x' } })],
    ['credentials', fn({ srcRepo: { ...build.srcRepo, credentials: { name: 'git' } } })],
    ['strategy', fn({ shipwright: { strategy: { name: 's' } } })],
    ['params', fn({ shipwright: { params: [{ name: 'p', value: '' }] } })],
  ])('changes with %s', (_, changed) => {
    expect(hash(changed)).not.toBe(hash(fn()));
  });

  it.each<[string, FunctionObject]>([
    [
      'limits',
      fn({ timeout: '5m', successfulBuildsHistoryLimit: 2, failedBuildsHistoryLimit: 3, builderMaxAge: '1h' }),
    ],
    ['shipwright.timeout', fn({ shipwright: { timeout: '3m' } })],
    ['version', fn({}, { version: 'v2' })],
    ['serving', fn({}, { serving: { params: { A: '1' } } })],
    [
      'empty texts and references',
      fn({ dockerfile: '', env: {}, srcRepo: { ...build.srcRepo, credentials: { name: '' } } }),
    ],
  ])('does not change with %s', (_, changed) => {
    expect(hash(changed)).toBe(hash(fn()));
  });

  it('takes an empty revision for an absent one', () => {
    const { revision: _, ...srcRepo } = build.srcRepo;
    expect(hash(fn({ srcRepo: { ...srcRepo, revision: '' } }))).toBe(hash(fn({ srcRepo })));
  });
});

describe('a Builder', () => {
  it('is pinned by a commit, a bundle by a digest, and by nothing that means another sort of source', () => {
    const commit = 'a'.repeat(40);
    const digest = `sha256:${'1'.repeat(64)}`;
    expect(wantedBuilder(fn(), commit)?.srcRepo.revision).toBe(commit);
    expect(wantedBuilder(fn(), digest)?.srcRepo).toEqual(build.srcRepo);
    const bundle = fn({ srcRepo: { bundleContainer: { image: 'reg.example/s:main' } } });
    expect(wantedBuilder(bundle, digest)?.srcRepo.bundleContainer?.image).toBe(`reg.example/s:main@${digest}`);
    expect(wantedBuilder(bundle, commit)?.srcRepo.bundleContainer?.image).toBe('reg.example/s:main');
  });

  it('keeps fields that nobody named here', () => {
    const future: object = { futureField: { a: 1 } };
    const spec = wantedBuilder(fn({ ...future }), undefined);
    expect(spec).toMatchObject({ futureField: { a: 1 }, image: 'reg.example/f:v1' });
  });

  it('may take as long as timeout says, else as shipwright.timeout says', () => {
    const limit = (over: Partial<BuildSpec>) => buildTimeoutMs({ ...build, ...over, image: 'i' });
    expect([
      limit({}),
      limit({ timeout: '10m', shipwright: { timeout: '3m' } }),
      limit({ shipwright: { timeout: '3m' } }),
    ]).toEqual([undefined, 600_000, 180_000]);
  });
});
