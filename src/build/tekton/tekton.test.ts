// What Tekton is given, and how its statuses are read, to the field.
import { describe, expect, it } from 'vitest';
import type { BuilderObject } from '../../function/schema.ts';
import type { BuilderSpec, BuildParam } from '../../function/schema-build.ts';
import { TerminalError } from '../../platform/errors.ts';
import { tekton } from './backend.ts';

interface Passed {
  readonly name: string;
  readonly value: unknown;
}

interface RunSpec {
  readonly pipelineSpec: {
    readonly tasks: readonly {
      readonly name: string;
      readonly params?: readonly Passed[];
      readonly taskSpec: { readonly stepTemplate?: { env: object[] } };
    }[];
    readonly results: readonly { readonly name: string }[];
  };
  readonly params: readonly Passed[];
  readonly workspaces: readonly object[];
  readonly timeouts?: object;
  readonly taskRunTemplate: { readonly podTemplate: object };
}

const base: BuilderSpec = { image: 'reg.example/f:v1', srcRepo: { url: 'https://git.example/f.git' } };
const builder = (spec: Partial<BuilderSpec>): BuilderObject => ({
  apiVersion: 'core.openfunction.io/v1beta2',
  kind: 'Builder',
  metadata: { name: 'b', namespace: 'n', uid: 'u' },
  spec: { ...base, ...spec },
});
const runOf = (spec: Partial<BuilderSpec>, revision?: string) =>
  tekton.emit({ builder: builder(spec), revision })[0]?.object['spec'] as RunSpec;
const withStrategy = (name: string, params: readonly BuildParam[] = []): Partial<BuilderSpec> => ({
  shipwright: { strategy: { name }, params },
});
const envOf = ({ pipelineSpec }: RunSpec, task: string) =>
  pipelineSpec.tasks.find(({ name }) => name === task)?.taskSpec.stepTemplate?.env ?? [];

describe('a PipelineRun', () => {
  it('without strategy builds with buildpacks, and takes what revflow knows as parameters', () => {
    const spec = { builder: 'reg.example/builder:1', dockerfile: 'D', env: { B: '2', A: '1' } };
    expect(runOf(spec, 'c'.repeat(40)).params).toEqual([
      { name: 'git-url', value: 'https://git.example/f.git' },
      { name: 'git-revision', value: 'c'.repeat(40) },
      { name: 'image', value: 'reg.example/f:v1' },
      { name: 'builder-image', value: 'reg.example/builder:1' },
      { name: 'env', value: ['A=1', 'B=2'] },
    ]);
  });

  it('keeps its source on a volume of its own, and takes Secrets as workspaces', () => {
    const { workspaces } = runOf({
      imageCredentials: { name: 'push' },
      srcRepo: { ...base.srcRepo, credentials: { name: 'git' } },
    });
    expect(workspaces).toEqual([
      { name: 'source', volumeClaimTemplate: expect.anything() },
      { name: 'git-credentials', secret: { secretName: 'git' } },
      {
        name: 'dockerconfig',
        secret: { secretName: 'push', items: [{ key: '.dockerconfigjson', path: 'config.json' }] },
      },
    ]);
  });

  it('pulls its images with the credentials of the builder', () => {
    expect(runOf({}).taskRunTemplate.podTemplate).toEqual({ securityContext: { fsGroup: 1000 } });
    expect(runOf({ builderCredentials: { name: 'pull' } }).taskRunTemplate.podTemplate).toMatchObject({
      imagePullSecrets: [{ name: 'pull' }],
    });
  });

  it('pushes without a valid certificate where a parameter names the registry of the image', () => {
    const params = [{ name: 'registries-insecure', values: [{ value: 'reg.example' }] }];
    expect(runOf(withStrategy('buildah', params)).params).toContainEqual({ name: 'insecure', value: 'true' });
  });

  it('labels the image with its Function; its source and the commit that was built, pinned or not, the pipeline knows', () => {
    const ownerReferences = [
      { apiVersion: 'core.openfunction.io/v1beta2', kind: 'Function', name: 'cart', uid: 'f', controller: true },
    ];
    const labelsOf = (spec: Partial<BuilderSpec>) => {
      const made = builder(spec);
      const order = { builder: { ...made, metadata: { ...made.metadata, ownerReferences } }, revision: undefined };
      const run = tekton.emit(order)[0]?.object['spec'] as RunSpec | undefined;
      const { params = [], pipelineSpec } = run ?? {};
      const passed = pipelineSpec?.tasks.find(({ name }) => name === 'build')?.params ?? [];
      return [...params, ...passed].filter(({ name }) => name.startsWith('label')).map(({ value }) => value);
    };
    const source = 'org.opencontainers.image.source=$(tasks.fetch.results.CHAINS-GIT_URL)';
    const revision = 'org.opencontainers.image.revision=$(tasks.fetch.results.CHAINS-GIT_COMMIT)';
    expect(labelsOf(withStrategy('buildah'))).toEqual([
      ['openfunction.io/function=n/cart'],
      ['$(params.labels[*])', source, revision],
    ]);
    expect(labelsOf(withStrategy('kaniko'))).toEqual([
      ['--label=openfunction.io/function=n/cart'],
      ['$(params.label-flags[*])', `--label=${source}`, `--label=${revision}`],
    ]);
    expect(labelsOf({ srcRepo: { bundleContainer: { image: 'reg.example/s' } } })).toEqual([
      ['openfunction.io/function=n/cart'],
      ['$(params.labels[*])', 'org.opencontainers.image.revision=$(tasks.fetch.results.bundle-digest)'],
    ]);
  });

  it('is limited by the timeout of the build', () => {
    expect(runOf({}).timeouts).toBeUndefined();
    expect(runOf({ timeout: '10m', shipwright: { timeout: '3m' } }).timeouts).toEqual({ pipeline: '10m' });
  });

  it('of a bundle unpacks its image in the place of a repository', () => {
    const digest = `sha256:${'1'.repeat(64)}`;
    const srcRepo = { bundleContainer: { image: 'reg.example/s:main' }, credentials: { name: 'pull' } };
    const { params, workspaces, pipelineSpec } = runOf({ srcRepo }, digest);
    expect(params).toContainEqual({ name: 'bundle', value: `reg.example/s:main@${digest}` });
    expect(JSON.stringify(params)).not.toContain('git-');
    expect(workspaces).toContainEqual(expect.objectContaining({ name: 'bundle-dockerconfig' }));
    const results = pipelineSpec.results.map(({ name }) => name);
    expect(results).toEqual(expect.arrayContaining(['bundle-digest', 'IMAGE_URL', 'IMAGE_DIGEST']));
    expect(results).not.toContain('CHAINS-GIT_COMMIT');
    expect(pipelineSpec.results).toContainEqual(
      expect.objectContaining({
        name: 'BUNDLE_ARTIFACT_INPUTS',
        type: 'object',
        value: { uri: '$(tasks.fetch.results.bundle-uri)', digest: '$(tasks.fetch.results.bundle-digest)' },
      }),
    );
  });

  it('takes the user’s own texts and lists, the Dockerfile where it is wanted, and the certificate that is not', () => {
    const params = [
      { name: 'storage-driver', value: 'overlay' },
      { name: 'build-args', values: [{ value: 'A=1' }, { value: '' }] },
    ];
    const spec = { ...withStrategy('buildah', params), dockerfile: 'sub/Dockerfile' };
    const order = { builder: builder(spec), revision: undefined, insecureRegistry: true };
    const run = tekton.emit(order)[0]?.object['spec'] as RunSpec;
    expect(run.params).toEqual([
      { name: 'git-url', value: 'https://git.example/f.git' },
      { name: 'image', value: 'reg.example/f:v1' },
      { name: 'insecure', value: 'true' },
      { name: 'dockerfile', value: 'sub/Dockerfile' },
      { name: 'storage-driver', value: 'overlay' },
      { name: 'build-args', value: ['A=1', ''] },
    ]);
  });

  it('never carries a value out of a Secret or a ConfigMap: steps have it as a variable, which Kubernetes puts into the argument', () => {
    const params = [
      { name: 'target-platform', configMapValue: { name: 'm', key: 'platform' } },
      { name: 'go-flags', value: '', secretValue: { name: 's', key: 'flags', format: '$-tags=${SECRET_VALUE},$(x)' } },
    ];
    const run = runOf(withStrategy('ko', params));
    expect(run.params.slice(-2)).toEqual([
      { name: 'target-platform', value: '$(REVFLOW_VALUE_1)' },
      { name: 'go-flags', value: '$$-tags=$(REVFLOW_VALUE_2),$(REVFLOW_DOLLAR)(x)' },
    ]);
    for (const task of ['fetch', 'build']) {
      expect(envOf(run, task).slice(-3)).toEqual([
        { name: 'REVFLOW_DOLLAR', value: '$' },
        { name: 'REVFLOW_VALUE_1', valueFrom: { configMapKeyRef: { name: 'm', key: 'platform' } } },
        { name: 'REVFLOW_VALUE_2', valueFrom: { secretKeyRef: { name: 's', key: 'flags' } } },
      ]);
    }
  });

  it('gives variables of the build to its steps, where the strategy has no parameter for them', () => {
    const run = runOf({ ...withStrategy('kaniko'), env: { HOME: '/other', A: '$$' } });
    expect(envOf(run, 'build').map(each => Reflect.get(each, 'name'))).toEqual(['HOME', 'DOCKER_CONFIG', 'A']);
    expect(envOf(run, 'build').at(-1)).toEqual({ name: 'A', value: '$$$$' });
    expect(envOf(run, 'fetch')).toEqual([]);
  });

  it.each<[string, Partial<BuilderSpec>, string]>([
    ['an unknown strategy', withStrategy('toString'), 'the strategy toString is not known to Tekton builds; there are'],
    ['an unknown parameter', withStrategy('ko', [{ name: 'x', value: '' }]), 'the parameter x is none of this'],
    ['what revflow gives', withStrategy('ko', [{ name: 'image', value: '' }]), 'the parameter image is given by'],
    ['a text for a list', withStrategy('buildah', [{ name: 'build-args', value: 'A=1' }]), 'build-args is a list'],
    ['a list for a text', withStrategy('ko', [{ name: 'go-flags', values: [] }]), 'go-flags is one text'],
  ])('is not made of %s', (_, spec, message) => {
    expect(() => runOf(spec)).toThrow(TerminalError);
    expect(() => runOf(spec)).toThrow(message);
  });

  it.each(['builder-image', 'dockerfile', 'ENV_VARS'])(
    'takes %s from a Function though its strategy has no use for it',
    name => {
      expect(() => runOf(withStrategy('kaniko', [{ name, value: 'x' }]))).not.toThrow();
    },
  );
});

const completionTime = '2026-01-01T00:01:00Z';
const resultOf = (status: string, reason: string, results: object[] = []) => {
  const condition = { type: 'Succeeded', status, reason, message: 'said so', lastTransitionTime: completionTime };
  const [emitted] = tekton.emit({ builder: builder({}), revision: undefined });
  if (emitted === undefined) throw new Error('nothing is emitted');
  return tekton.result({ ...emitted.object, status: { conditions: [condition], completionTime, results } });
};

const config =
  'CouldntGetPipeline CouldntGetTask ParameterMissing ParameterTypeMismatch InvalidParamValue PipelineValidationFailed PipelineInvalidGraph ' +
  'InvalidWorkspaceBindings InvalidTaskRunSpecs InvalidTaskResultReference InvalidPipelineResultReference ResourceVerificationFailed ' +
  'CELEvaluationFailed InvalidMatrixParameterTypes ObjectParameterMissKeys ParamArrayIndexingInvalid RequiredWorkspaceMarkedOptional ' +
  'CouldntGetPipelineResult';
const going =
  'Started Running ResolvingPipelineRef PipelineRunPending PipelineRunStopping CancelledRunningFinally StoppedRunningFinally ' +
  'PipelineRunTimeoutRunningFinally Cancelled';

describe('the end of a PipelineRun', () => {
  it.each(going.split(' '))('%s, as long as it is unknown, is none', reason => {
    expect(resultOf('Unknown', reason)).toEqual({ phase: 'running' });
  });

  it.each([
    ['Cancelled', 'Canceled', 'user'],
    ['PipelineRunTimeout', 'Timeout', 'time'],
    ['CreateRunFailed', 'Failed', 'transient'],
    ['PipelineRunCouldntCancel', 'Failed', 'transient'],
    ['PipelineRunCouldntTimeOut', 'Failed', 'transient'],
    ['Failed', 'Failed', 'build'],
    ['SomethingNewer', 'Failed', 'build'],
    ...config.split(' ').map(reason => [reason, 'Failed', 'config']),
  ])('%s makes the Builder %s, and is up to: %s', (reason, state, failure) => {
    const expected = { phase: 'failed', state, reason, failure, message: 'said so', completedAt: completionTime };
    expect(resultOf('False', reason)).toEqual(expected);
  });

  it.each(['Succeeded', 'Completed'])('%s is a good one, and its results are read', reason => {
    const digest = `sha256:${'1'.repeat(64)}`;
    const results = [
      { name: 'bundle-digest', value: `${digest}\n` },
      { name: 'IMAGE_DIGEST', value: digest },
      { name: 'image-size', value: 'unknown' },
      { name: 'list', value: ['a'] },
    ];
    expect(resultOf('True', reason, results)).toEqual({
      phase: 'succeeded',
      output: { digest },
      sources: [{ name: 'default', bundle: { digest } }],
      completedAt: completionTime,
    });
    expect(resultOf('True', reason)).toEqual({ phase: 'succeeded', sources: [], completedAt: completionTime });
  });
});
