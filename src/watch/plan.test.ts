import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FunctionObject } from '../function/schema.ts';
import { mayBeCommit, planWatch } from './plan.ts';

const sha1 = 'a1'.repeat(20);
const digest = `sha256:${'b2'.repeat(32)}`;

interface Parts {
  readonly params?: string;
  readonly enable?: string;
  readonly spec?: object;
}

/** A Function with build and serving, watched as the parts say. */
function functionWith({ params = '', enable = 'enable', spec = {} }: Parts): FunctionObject {
  return {
    apiVersion: 'core.openfunction.io/v1beta2',
    kind: 'Function',
    metadata: {
      name: 'f',
      namespace: 'ns',
      uid: 'u',
      annotations: {
        'openfunction.io/revision-controller': enable,
        'openfunction.io/revision-controller-params': params,
      },
    },
    spec: {
      image: 'r.example/o/f:v1',
      build: { srcRepo: { url: 'https://github.com/o/r.git' } },
      serving: {},
      ...spec,
    },
  };
}

const pathKeys = { 'openfunction.io/watch-paths': 'lib' };

function source(srcRepo: object, params = ''): FunctionObject {
  return functionWith({ params, spec: { build: { srcRepo: { url: 'https://h.example/o/r', ...srcRepo } } } });
}

describe('watch/plan, type source', () => {
  it('watches the default branch of the repository by default', () => {
    expect(planWatch(functionWith({}))).toEqual({
      kind: 'watched',
      watch: {
        type: 'source',
        source: { kind: 'git', forge: 'github', url: 'https://github.com/o/r' },
        want: 'HEAD',
        secret: undefined,
        intervalMs: 5000,
        warnings: [],
      },
    });
  });

  it('watches the paths of a sub-path, unless a bundle is what is built', () => {
    const narrow = source({ sourceSubPath: './apps/a' });
    expect(planWatch(narrow)).toMatchObject({ watch: { paths: ['apps/a'] } });
    const more = {
      ...narrow,
      metadata: { ...narrow.metadata, annotations: { ...narrow.metadata.annotations, ...pathKeys } },
    };
    expect(planWatch(more)).toMatchObject({ watch: { paths: ['apps/a', 'lib'] } });
    const bundled = planWatch(source({ sourceSubPath: 'apps/a', bundleContainer: { image: 'r/i' } }));
    expect(bundled.kind === 'watched' && bundled.watch).not.toHaveProperty('paths');
  });

  it('watches nothing while watch-paths cannot be read', () => {
    const { metadata, ...rest } = source({ sourceSubPath: 'a' });
    const annotations = { ...metadata.annotations, 'openfunction.io/watch-paths': '/lib' };
    const plan = planWatch({ ...rest, metadata: { ...metadata, annotations } });
    expect(plan).toMatchObject({ kind: 'unwatched', reason: 'BadPaths' });
    expect(plan.kind === 'unwatched' && plan.message).toContain('watch-paths"][0] must be a path from the root');
  });

  it.for(['main', 'v1.0', 'refs/heads/a/b', 'feature/ü#%', 'abcdef1', sha1.slice(1), 'HEAD'])(
    'revision %s is a want',
    revision => {
      expect(planWatch(source({ revision }))).toMatchObject({ watch: { want: revision } });
    },
  );

  it('seven to 39 hex digits may be a commit as well as a ref', () => {
    expect(['abcdef1', sha1.slice(1), 'abcdef', sha1, 'main'].map(mayBeCommit)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('takes the Secret of the source', () => {
    expect(planWatch(source({ credentials: { name: 's' } }))).toMatchObject({ watch: { secret: 's' } });
    expect(planWatch(source({ credentials: {} }))).toMatchObject({ watch: { secret: undefined } });
  });

  it.for([
    ['repo-type: git', { forge: 'git' }],
    ['repo-type: gitlab', { forge: 'gitlab', authType: 'PrivateToken' }],
    ['{repo-type: gitlab, auth-type: JobToken, project-id: 42}', { authType: 'JobToken', projectId: '42' }],
    ['{repo-type: gitlab, base-url: "https://g.example/"}', { baseUrl: 'https://g.example' }],
    ['skip-verify: "true"', { skipVerify: true }],
  ] as const)('%s', ([params, expected]) => {
    expect(planWatch(source({}, params))).toMatchObject({ watch: { source: expected } });
  });

  it('a base-url that is the host of the repository is the same source as none', () => {
    const plan = planWatch(source({}, '{repo-type: gitlab, base-url: "https://h.example"}'));
    expect(plan).toEqual(planWatch(source({}, 'repo-type: gitlab')));
  });

  it('an ssh address is asked at base-url, where there is one', () => {
    const url = 'ssh://git@ssh.example:2222/o/r.git';
    const plan = planWatch(source({ url }, 'base-url: https://web.example/git'));
    expect(plan).toMatchObject({
      watch: { source: { url: 'https://web.example/git/o/r', baseUrl: 'https://web.example/git' }, warnings: [] },
    });
    expect(planWatch(source({ url }))).toMatchObject({
      watch: { source: { url: 'https://ssh.example/o/r' }, warnings: [expect.stringContaining('2222')] },
    });
  });

  it('public hosts are the forge that they are', () => {
    expect(planWatch(source({ url: 'https://gitee.com/o/r' }))).toMatchObject({
      watch: { source: { forge: 'gitee' }, warnings: [] },
    });
    expect(planWatch(source({ url: 'https://gitee.com/o/r' }, 'repo-type: gitlab'))).toMatchObject({
      watch: { source: { forge: 'gitee' }, warnings: [expect.stringContaining('repo-type gitlab')] },
    });
  });

  it('insecure-registry lets a credential go over plain http, where the address is plain', () => {
    const params = 'insecure-registry: "true"';
    expect(planWatch(source({ url: 'http://h.example/o/r' }, params))).toMatchObject({
      watch: { source: { plainCredentials: true } },
    });
    expect(planWatch(source({}, params))).toEqual(planWatch(source({})));
  });

  it('an unknown key and a useless one are warned about', () => {
    expect(planWatch(source({}, '{colour: red, project-id: a/b}'))).toMatchObject({
      watch: { warnings: [expect.stringContaining('colour'), expect.stringContaining('project-id')] },
    });
  });
});

describe('watch/plan, image types', () => {
  it('source-image watches the bundle with the credentials of the source', () => {
    const srcRepo = { bundleContainer: { image: 'Ghcr.io/o/b' }, credentials: { name: 's' } };
    const spec = { build: { srcRepo }, imageCredentials: { name: 'i' } };
    expect(planWatch(functionWith({ params: 'type: source-image', spec }))).toMatchObject({
      watch: {
        source: { kind: 'image', registry: 'ghcr.io', repository: 'o/b', tag: 'latest' },
        want: 'latest',
        secret: 's',
      },
    });
    const without = { ...spec, build: { srcRepo: { bundleContainer: srcRepo.bundleContainer } } };
    expect(planWatch(functionWith({ params: 'type: source-image', spec: without }))).toMatchObject({
      watch: { secret: 'i' },
    });
  });

  it('image watches the function image', () => {
    const params = '{type: image, polling-interval: 1m, insecure-registry: true, skip-verify: true}';
    expect(planWatch(functionWith({ params, spec: { image: 'f', imageCredentials: { name: 'i' } } }))).toMatchObject({
      watch: {
        source: {
          kind: 'image',
          registry: 'registry-1.docker.io',
          repository: 'library/f',
          tag: 'latest',
          plainCredentials: true,
          skipVerify: true,
        },
        secret: 'i',
        intervalMs: 60_000,
        warnings: [expect.stringContaining('skip-verify')],
      },
    });
  });
});

it('image warns where hooks of a build would be passed by', () => {
  const fn = functionWith({ params: 'type: image', spec: { image: 'f' } });
  const hooked = (of: FunctionObject): FunctionObject => ({
    ...of,
    metadata: {
      ...of.metadata,
      annotations: { ...of.metadata.annotations, 'openfunction.io/build-hooks': 'after: [scan]' },
    },
  });
  const { build: _, ...served } = fn.spec;
  const told = {
    watch: { warnings: [expect.stringContaining('what is pushed is served, whatever openfunction.io/build-hooks')] },
  };
  expect(planWatch(hooked(fn))).toMatchObject(told);
  expect(planWatch(hooked({ ...fn, spec: served }))).toMatchObject({ watch: { warnings: [] } });
  expect(planWatch(hooked(functionWith({ params: 'type: source' })))).toMatchObject({ watch: { warnings: [] } });
});

describe('watch/plan, what is not watched', () => {
  const bundle = (image: string) => ({ build: { srcRepo: { bundleContainer: { image } } } });
  it.for([
    ['Disabled', { enable: 'Enable' }],
    ['Disabled', { enable: '' }],
    ['BadParams', { params: 'type: sources' }],
    ['BadParams', { params: 'polling-interval: "30"' }],
    ['BadParams', { params: 'polling-interval: 0s' }],
    ['BadParams', { params: '- a' }],
    ['BadParams', { params: 'base-url: "https://u:hunter2@h.example"' }],
    ['NoBuild', { spec: { build: undefined } }],
    ['NoBuild', { params: 'type: source-image', spec: { build: undefined } }],
    ['NoUrl', { spec: bundle('b') }],
    ['NoUrl', { spec: { build: { srcRepo: { url: '' } } } }],
    ['NoBundle', { params: 'type: source-image' }],
    ['NoBundle', { params: 'type: source-image', spec: bundle('') }],
    ['NoServing', { params: 'type: image', spec: { serving: undefined } }],
    ['PinnedRevision', { spec: { build: { srcRepo: { url: 'https://h.example/r', revision: sha1 } } } }],
    ['PinnedRevision', { spec: { build: { srcRepo: { url: 'https://h.example/r', revision: 'c3'.repeat(32) } } } }],
    ['PinnedImage', { params: 'type: image', spec: { image: `r.example/f:v1@${digest}` } }],
    ['PinnedImage', { params: 'type: source-image', spec: bundle(`b@${digest}`) }],
    ['BadUrl', { spec: { build: { srcRepo: { url: 'https://u:hunter2@h.example/r' } } } }],
    ['BadUrl', { spec: { build: { srcRepo: { url: 'file:///srv/r' } } } }],
    ['BadUrl', { params: 'type: image', spec: { image: 'me:hunter2@r.example/f' } }],
    ['BadUrl', { params: 'type: image', spec: { image: '' } }],
  ] as const)('%s: %j', ([reason, parts]) => {
    const plan = planWatch(functionWith(parts));
    expect(plan).toMatchObject({ kind: 'unwatched', reason });
    expect(JSON.stringify(plan)).not.toContain('hunter2');
  });

  it('a bad value is named with its key', () => {
    expect(planWatch(functionWith({ params: '{type: sources, polling-interval: soon}' }))).toMatchObject({
      message: expect.stringMatching(/type must be one of .*"sources".*polling-interval must be .*"soon"/),
      problems: [{ value: 'sources' }, { value: 'soon' }],
    });
  });

  it('every Function is watched or has a reason', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom('main', 'https://h.example/o/r', 'git@h:o/r', 'type: image', sha1),
    );
    const ref = fc.record({ name: fc.option(text, { nil: undefined }) }, { requiredKeys: [] });
    const spec = fc.record({
      image: text,
      imageCredentials: fc.option(ref, { nil: undefined }),
      build: fc.option(
        fc.record({
          srcRepo: fc.record(
            { url: text, revision: text, credentials: ref, bundleContainer: fc.record({ image: text }) },
            { requiredKeys: [] },
          ),
        }),
        { nil: undefined },
      ),
    });
    const params = fc.oneof(
      text,
      fc.constantFrom('type: source-image', 'repo-type: gitlab', 'type: [1]', 'a: &a [*a]'),
    );
    fc.assert(
      fc.property(spec, params, (made, written) => {
        expect(['watched', 'unwatched']).toContain(planWatch(functionWith({ params: written, spec: made })).kind);
      }),
    );
  });
});
