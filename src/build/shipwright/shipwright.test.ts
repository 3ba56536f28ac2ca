// What Shipwright is given, and how its statuses are read, to the field.
import { describe, expect, it } from 'vitest';
import type { BuilderObject } from '../../function/schema.ts';
import type { BuilderSpec } from '../../function/schema-build.ts';
import { shipwright } from './backend.ts';

const base: BuilderSpec = { image: 'reg.example/f:v1', srcRepo: { url: 'https://git.example/f.git' } };
const builder = (spec: Partial<BuilderSpec>): BuilderObject => ({
  apiVersion: 'core.openfunction.io/v1beta2',
  kind: 'Builder',
  metadata: { name: 'b', namespace: 'n', uid: 'u' },
  spec: { ...base, ...spec },
});
const buildSpec = (spec: Partial<BuilderSpec>) =>
  shipwright.emit({ builder: builder(spec), revision: undefined })[0]?.object['spec'];

describe('a Build', () => {
  it('without strategy uses the ClusterBuildStrategy openfunction, and the remote’s default branch', () => {
    expect(buildSpec({})).toEqual({
      source: { type: 'Git', git: { url: 'https://git.example/f.git' } },
      strategy: { name: 'openfunction', kind: 'ClusterBuildStrategy' },
      output: {
        image: 'reg.example/f:v1',
        labels: { 'org.opencontainers.image.source': 'https://git.example/f' },
        annotations: { 'org.opencontainers.image.source': 'https://git.example/f' },
      },
    });
  });

  it('keeps the order of the parameters, then adds builder image and Dockerfile where nobody gave them', () => {
    const params = [
      { name: 'dockerfile', value: 'Mine' },
      { name: 'list', values: [{ value: 'one' }, { configMapValue: { name: 'm', key: 'k' } }] },
      { name: 'secret', secretValue: { name: 's', key: 'k', format: '' } },
    ];
    expect(buildSpec({ builder: 'reg.example/builder:1', dockerfile: 'Theirs', shipwright: { params } })).toMatchObject(
      {
        paramValues: [
          { name: 'dockerfile', value: 'Mine' },
          { name: 'list', values: [{ value: 'one' }, { configMapValue: { name: 'm', key: 'k' } }] },
          { name: 'secret', secretValue: { name: 's', key: 'k' } },
          { name: 'builder-image', value: 'reg.example/builder:1' },
        ],
      },
    );
  });

  it('gets variables of the build as its env, sorted, and the shorter of no timeouts', () => {
    const env = { FUNC_NAME: 'Cart', EMPTY: '' };
    expect(buildSpec({ env, timeout: '10m', shipwright: { timeout: '3m' } })).toMatchObject({
      env: [
        { name: 'EMPTY', value: '' },
        { name: 'FUNC_NAME', value: 'Cart' },
      ],
      timeout: '10m',
    });
    expect(buildSpec({ shipwright: { timeout: '3m' } })).toMatchObject({ timeout: '3m' });
  });

  it('of a bundle has no url', () => {
    const srcRepo = {
      url: 'https://git.example/f.git',
      bundleContainer: { image: 'reg.example/s' },
      credentials: { name: 'c' },
    };
    expect(buildSpec({ srcRepo })).toMatchObject({
      source: { type: 'OCI', ociArtifact: { image: 'reg.example/s', pullSecret: 'c' } },
    });
    expect(JSON.stringify(buildSpec({ srcRepo }))).not.toContain('git.example');
  });
});

describe('the image', () => {
  const owner = { apiVersion: 'core.openfunction.io/v1beta2', kind: 'Function', name: 'f', uid: 'f', controller: true };
  const outputOf = (srcRepo: BuilderSpec['srcRepo'], over: { revision?: string; insecureRegistry?: boolean } = {}) => {
    const made = builder({ srcRepo });
    const metadata = { ...made.metadata, ownerReferences: [owner] };
    const order = { revision: undefined, ...over, builder: { ...made, metadata } };
    return Reflect.get(Object(shipwright.emit(order)[0]?.object['spec']), 'output');
  };

  it('says source, commit and Function, and no user or password of an address', () => {
    const commit = 'c'.repeat(40);
    const notes = {
      'org.opencontainers.image.source': 'https://git.example/f',
      'org.opencontainers.image.revision': commit,
      'openfunction.io/function': 'n/f',
    };
    const expected = { image: 'reg.example/f:v1', labels: notes, annotations: notes };
    expect(outputOf({ url: 'git@git.example:f.git' }, { revision: commit })).toEqual(expected);
    const secret = outputOf({ url: 'https://me:token@git.example/f.git' }, { revision: commit });
    expect(JSON.stringify(secret)).not.toMatch(/token|git\.example/);
  });

  it('goes to a registry without certificate only where that was said', () => {
    expect(outputOf({ url: 'https://git.example/f' })).not.toHaveProperty('insecure');
    expect(outputOf({ url: 'https://git.example/f' }, { insecureRegistry: true })).toHaveProperty('insecure', true);
  });
});

describe('a BuildRun', () => {
  const [, emitted] = shipwright.emit({ builder: builder({}), revision: undefined });
  const run = emitted?.object;

  it('names its Build and has a service account made for it', () => {
    expect(run?.['spec']).toEqual({ build: { name: 'b-build' }, serviceAccount: '.generate' });
  });

  it('that ended without a completion time goes on, and details of a failure are told once', () => {
    const conditions = [
      { type: 'Succeeded', status: 'False', reason: 'Failed', message: 'exit 1', lastTransitionTime: '' },
    ];
    const failureDetails = { reason: 'GitRemotePrivate', message: 'no access' };
    if (run === undefined) throw new Error('no BuildRun is emitted');
    expect(shipwright.result({ ...run, status: { conditions } })).toEqual({ phase: 'running' });
    const status = { conditions, completionTime: '2026-01-01T00:00:00Z', failureDetails };
    expect(shipwright.result({ ...run, status })).toMatchObject({
      state: 'Failed',
      reason: 'Failed',
      message: 'exit 1: GitRemotePrivate: no access',
    });
  });

  it('that was only packed says so', () => {
    const message = 'packed, not built: strategy openfunction needs a cluster';
    const conditions = [{ type: 'Succeeded', status: 'True', reason: 'Succeeded', message, lastTransitionTime: '' }];
    if (run === undefined) throw new Error('no BuildRun is emitted');
    const status = { conditions, completionTime: '2026-01-01T00:00:00Z' };
    expect(shipwright.result({ ...run, status })).toMatchObject({ phase: 'succeeded', note: message, sources: [] });
  });
});

describe('a Build’s own status', () => {
  const build = { apiVersion: 'shipwright.io/v1beta1', kind: 'Build', metadata: { name: 'b-build', namespace: 'n' } };
  const refusal = (status: object) => shipwright.registration?.refusal({ ...build, status });

  it('refuses a build that is not registered, and says why', () => {
    const status = { registered: 'False', reason: 'SpecOutputSecretRefNotFound', message: 'Secret push is not there' };
    expect(refusal(status)).toEqual({
      phase: 'failed',
      state: 'Failed',
      reason: 'BuildRegistrationFailed',
      failure: 'config',
      message: 'the Build b-build is not registered: SpecOutputSecretRefNotFound: Secret push is not there',
    });
  });

  it('refuses nothing while it is registered, or nobody looked at it', () => {
    expect([{}, { registered: 'True' }, { registered: 'Unknown' }].map(refusal)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
