// When two runs are the same.
import { describe, expect, it } from 'vitest';
import { parseBuildHooks } from '../function/build-hooks.ts';
import type { BuilderObject } from '../function/schema.ts';
import type { BuilderSpec } from '../function/schema-build.ts';
import type { BuildOrder } from './backend.ts';
import { type Shareable, shareKey } from './share.ts';
import { shipwright } from './shipwright/backend.ts';
import { tekton } from './tekton/backend.ts';

const commit = 'a'.repeat(40);
const spec: BuilderSpec = {
  image: 'reg.example/f:v1',
  builder: 'reg.example/builder:1',
  srcRepo: { url: 'https://git.example/f.git', revision: commit },
};
const builder = (metadata: object = {}, over: object = {}): BuilderObject => ({
  apiVersion: 'core.openfunction.io/v1beta2',
  kind: 'Builder',
  metadata: { name: 'builder-a-1', namespace: 'n', uid: 'u', ...metadata },
  spec: { ...spec, ...over },
});
const key = (order: Partial<BuildOrder> = {}, over: Partial<Shareable> = {}) => {
  const whole: BuildOrder = { builder: builder(), revision: commit, ...order };
  return shareKey({ backend: shipwright, order: whole, name: 'f', madeWith: [], ...over });
};
const edited = (over: object) => key({ builder: builder({}, over) });

describe('two runs', () => {
  it('are the same whoever has them', () => {
    const other = { name: 'builder-b-7', uid: 'v', labels: { 'openfunction.io/function': 'g' } };
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Function', name: 'g', uid: 'w', controller: true }];
    expect(key({ builder: builder({ ...other, ownerReferences }) }, { name: 'g' })).toBe(key());
    expect(edited({ successfulBuildsHistoryLimit: 3, failedBuildsHistoryLimit: 9, builderMaxAge: '1h' })).toBe(key());
  });

  it.each<[string, string | undefined]>([
    ['namespace', key({ builder: builder({ namespace: 'm' }) })],
    ['engine', key({}, { backend: tekton })],
    ['commit', key({ revision: 'b'.repeat(40) })],
    ['trust in the registry', key({ insecureRegistry: true })],
    ['digest of the builder image', key({}, { madeWith: [{ image: 'b', digest: 'sha256:1' }] })],
    ['output image', edited({ image: 'reg.example/f:v2' })],
    ['credentials of the image', edited({ imageCredentials: { name: 's' } })],
    ['credentials of the source', edited({ srcRepo: { ...spec.srcRepo, credentials: { name: 's' } } })],
    ['credentials of the builder', edited({ builderCredentials: { name: 's' } })],
    ['builder', edited({ builder: 'reg.example/builder:2' })],
    ['strategy', edited({ shipwright: { strategy: { name: 'ko', kind: 'ClusterBuildStrategy' } } })],
    ['parameter', edited({ shipwright: { params: [{ name: 'P', value: '1' }] } })],
    ['variable', edited({ env: { A: '1' } })],
    ['folder', edited({ srcRepo: { ...spec.srcRepo, sourceSubPath: 'f' } })],
    ['Dockerfile', edited({ dockerfile: 'D' })],
    ['repository', edited({ srcRepo: { ...spec.srcRepo, url: 'https://git.example/g.git' } })],
    ['time limit', edited({ timeout: '5m' })],
    ['time limit of Shipwright', edited({ shipwright: { timeout: '5m' } })],
  ])('are not the same with another %s', (_, other) => {
    expect(other).toBeDefined();
    expect(other).not.toBe(key());
  });

  it('are not the same with other hooks', () => {
    const hooks = (task: string) => {
      const { hooks: read } = parseBuildHooks(`before: [${task}]`);
      return key(read ? { hooks: read } : {}, { backend: tekton });
    };
    expect(hooks('one')).toBeDefined();
    expect(new Set([key({}, { backend: tekton }), hooks('one'), hooks('two')]).size).toBe(3);
    expect(hooks('one')).toBe(hooks('one'));
  });

  it('are never the same where the source may move', () => {
    const branch = builder({}, { srcRepo: { ...spec.srcRepo, revision: 'main' } });
    expect(key({ builder: branch, revision: undefined })).toBeUndefined();
    expect(key({ builder: branch, revision: commit.slice(1) })).toBeUndefined();
    expect(key({ builder: branch, revision: commit })).toBeDefined();
    const bundle = (image: string) => builder({}, { srcRepo: { bundleContainer: { image } } });
    expect(key({ builder: bundle('reg.example/src:v1'), revision: undefined })).toBeUndefined();
    expect(key({ builder: bundle(`reg.example/src@sha256:${'0'.repeat(64)}`), revision: undefined })).toBeDefined();
  });

  it('are never the same where a run cannot be asked for, or the Function’s name is longer than a label', () => {
    const mine = builder({}, { shipwright: { strategy: { name: 'mine' } } });
    expect(key({ builder: mine }, { backend: tekton })).toBeUndefined();
    expect(key({}, { name: 'f'.repeat(64) })).toBeUndefined();
  });
});
