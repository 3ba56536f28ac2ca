// Core-build checklist 19 to 30: which Functions cannot work. There is no webhook: the loop judges, and names every field with its value.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import { checkFunction } from '../../src/reconcile/check.ts';
import { startReconcileCluster } from '../flow/cluster.ts';
import { createWorld, gitSpec } from '../flow/world.ts';
import type { TestCluster } from '../servers/api-server.ts';

const build = { builder: 'builder', srcRepo: { url: 'test' } };
const base = { image: 'test', imageCredentials: { name: 'secret' }, build, serving: { triggers: { http: {} } } };

/** Paths of all problems of such a Function, in order. */
function paths(spec: object): readonly string[] {
  return problems(spec).map(problem => problem.path);
}

function problems(spec: object) {
  const { apiVersion, kind } = kinds.function;
  const checked = checkFunction({ apiVersion, kind, metadata: { name: 'f', namespace: 'n', uid: 'u' }, spec });
  return 'ok' in checked ? [] : checked.problems;
}

const withBuild = (more: object) => ({ ...base, build: { ...build, ...more } });
const scaled = (scaleOptions: object) => ({ ...base, serving: { triggers: { http: {} }, scaleOptions } });
const keda = (options: object) => scaled({ keda: options });
const behavior = (rules: object) =>
  keda({ scaledObject: { advanced: { horizontalPodAutoscalerConfig: { behavior: rules } } } });
const options = 'spec.serving.scaleOptions';
const hpa = `${options}.keda.scaledObject.advanced.horizontalPodAutoscalerConfig.behavior`;

/** The cases of OpenFunction's own unit test; undefined: accepted. */
const reference: readonly (readonly [number, object, string | undefined])[] = [
  [1, { ...base, image: '' }, 'spec.image'],
  [2, { image: 'test', build: { srcRepo: { url: 'test' } } }, 'spec.build.builder'],
  [3, { ...base, imageCredentials: {} }, 'spec.imageCredentials.name'],
  [4, { ...base, build: { srcRepo: { url: 'test' } } }, 'spec.build.builder'],
  [5, withBuild({ srcRepo: {} }), 'spec.build.srcRepo'],
  [6, withBuild({ timeout: '-1ns' }), 'spec.build.timeout'],
  [7, withBuild({ successfulBuildsHistoryLimit: -1 }), 'spec.build.successfulBuildsHistoryLimit'],
  [8, withBuild({ failedBuildsHistoryLimit: -1 }), 'spec.build.failedBuildsHistoryLimit'],
  [9, withBuild({ builderMaxAge: '-1ns' }), 'spec.build.builderMaxAge'],
  [10, withBuild({ shipwright: { strategy: { name: 's', kind: 'test' } } }), 'spec.build.shipwright.strategy.kind'],
  [11, withBuild({ shipwright: { timeout: '-1ns' } }), 'spec.build.shipwright.timeout'],
  [12, scaled({ minReplicas: -1 }), `${options}.minReplicas`],
  [13, scaled({ maxReplicas: -1 }), `${options}.maxReplicas`],
  [14, scaled({ minReplicas: 5, maxReplicas: 0 }), `${options}.minReplicas`],
  [15, keda({}), undefined],
  [
    16,
    keda({ httpScaledObject: { targetPendingRequests: -1 } }),
    `${options}.keda.httpScaledObject.targetPendingRequests`,
  ],
  [17, keda({ httpScaledObject: { cooldownPeriod: -1 } }), `${options}.keda.httpScaledObject.cooldownPeriod`],
  [18, keda({ scaledObject: { pollingInterval: -1 } }), `${options}.keda.scaledObject.pollingInterval`],
  [19, keda({ scaledObject: { cooldownPeriod: -1 } }), `${options}.keda.scaledObject.cooldownPeriod`],
  [20, behavior({ scaleUp: { stabilizationWindowSeconds: -1 } }), `${hpa}.scaleUp.stabilizationWindowSeconds`],
  [21, behavior({ scaleUp: { stabilizationWindowSeconds: 3601 } }), `${hpa}.scaleUp.stabilizationWindowSeconds`],
  [22, behavior({ scaleUp: { selectPolicy: 'test' } }), `${hpa}.scaleUp.selectPolicy`],
  [
    23,
    behavior({ scaleUp: { policies: [{ type: 'test', value: 1, periodSeconds: 1 }] } }),
    `${hpa}.scaleUp.policies[0].type`,
  ],
  [
    24,
    behavior({ scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: -1 }] } }),
    `${hpa}.scaleUp.policies[0].periodSeconds`,
  ],
  [25, behavior({ scaleDown: { stabilizationWindowSeconds: 3601 } }), `${hpa}.scaleDown.stabilizationWindowSeconds`],
  [26, behavior({ scaleDown: { selectPolicy: 'test' } }), `${hpa}.scaleDown.selectPolicy`],
  [
    27,
    behavior({ scaleDown: { policies: [{ type: 'test', value: 1, periodSeconds: 1 }] } }),
    `${hpa}.scaleDown.policies[0].type`,
  ],
  [
    28,
    behavior({ scaleDown: { policies: [{ type: 'Pods', value: 1, periodSeconds: -1 }] } }),
    `${hpa}.scaleDown.policies[0].periodSeconds`,
  ],
  [29, keda({ scaledObject: {}, triggers: [{ type: '', metadata: {} }] }), undefined],
  [
    31,
    keda({ scaledObject: {}, triggers: [{ type: 't', metadata: {}, authenticationRef: { name: 'a', kind: 'test' } }] }),
    undefined,
  ],
  [
    32,
    keda({ scaledObject: { fallback: { failureThreshold: 0, replicas: -1 } } }),
    `${options}.keda.scaledObject.fallback.failureThreshold`,
  ],
];

describe('a Function', () => {
  it.each(reference)('checklist 19: case %i of the reference’s own test has its verdict', (_, spec, path) => {
    expect(paths(spec)[0]).toBe(path);
  });

  it('checklist 19: case 30, a KEDA trigger without metadata, is refused by its type', () => {
    expect(paths(keda({ scaledObject: {}, triggers: [{ type: 'activemq' }] }))).toEqual([
      `${options}.keda.triggers[0].metadata`,
    ]);
  });

  it.each<[string, object, string]>([
    [
      'fallback.replicas',
      keda({ scaledObject: { fallback: { failureThreshold: 1, replicas: -1 } } }),
      'scaledObject.fallback.replicas',
    ],
    ['restartPolicy', keda({ scaledJob: { restartPolicy: 'test' } }), 'scaledJob.restartPolicy'],
    ['pollingInterval', keda({ scaledJob: { pollingInterval: -1 } }), 'scaledJob.pollingInterval'],
    [
      'successfulJobsHistoryLimit',
      keda({ scaledJob: { successfulJobsHistoryLimit: -1 } }),
      'scaledJob.successfulJobsHistoryLimit',
    ],
    ['failedJobsHistoryLimit', keda({ scaledJob: { failedJobsHistoryLimit: -1 } }), 'scaledJob.failedJobsHistoryLimit'],
    ['strategy', keda({ scaledJob: { scalingStrategy: { strategy: 'test' } } }), 'scaledJob.scalingStrategy.strategy'],
  ])('checklist 19: the rule of %s that it has no case for holds, under its right path', (_, spec, path) => {
    expect(paths(spec)).toEqual([`${options}.keda.${path}`]);
  });

  it('checklist 20: without build and serving is refused at spec.serving', () => {
    expect(paths({ image: 'test' })).toEqual(['spec.serving']);
  });

  it('checklist 21: with build needs no imageCredentials, but if given a name; without build an empty name means none', () => {
    const { imageCredentials: _, ...without } = base;
    expect(paths(without)).toEqual([]);
    expect(paths({ ...base, imageCredentials: { name: '' } })).toEqual(['spec.imageCredentials.name']);
    expect(paths({ image: 'test', imageCredentials: { name: '' }, serving: {} })).toEqual([]);
  });

  it('checklist 22: may have a dockerfile without builder, and not neither', () => {
    expect(paths({ ...base, build: { dockerfile: 'Dockerfile', srcRepo: { url: 'test' } } })).toEqual([]);
    expect(paths({ ...base, build: { srcRepo: { url: 'test' } } })).toEqual(['spec.build.builder']);
  });

  it('checklist 23: may have url and bundleContainer, and not neither', () => {
    expect(paths(withBuild({ srcRepo: { url: 'test', bundleContainer: { image: 'b' } } }))).toEqual([]);
    expect(paths(withBuild({ srcRepo: { bundleContainer: { image: 'b' } } }))).toEqual([]);
    expect(paths(withBuild({ srcRepo: { revision: 'main' } }))).toEqual(['spec.build.srcRepo']);
  });

  it('checklist 24: may ask for 10 replicas at least without a maximum, not for 11', () => {
    expect(paths(scaled({ minReplicas: 10 }))).toEqual([]);
    expect(paths(scaled({ minReplicas: 11 }))).toEqual([`${options}.minReplicas`]);
  });

  it('checklist 25: has one KEDA scaler at most', () => {
    expect(paths(keda({ scaledObject: {} }))).toEqual([]);
    expect(paths(keda({ scaledObject: {}, scaledJob: {} }))).toEqual([`${options}.keda`]);
  });

  it('checklist 26: has the engine knative, keda or none', () => {
    const engine = (value: object) => paths({ ...base, serving: { triggers: { http: value } } });
    for (const good of [{}, { engine: 'knative' }, { engine: 'keda' }]) expect(engine(good)).toEqual([]);
    for (const bad of ['', 'foo']) expect(engine({ engine: bad })).toEqual(['spec.serving.triggers.http.engine']);
  });

  it('checklist 27: stabilizes for 0 to 3600 seconds; periodSeconds may be 0', () => {
    for (const seconds of [0, 3600])
      expect(paths(behavior({ scaleUp: { stabilizationWindowSeconds: seconds } }))).toEqual([]);
    for (const seconds of [-1, 3601])
      expect(paths(behavior({ scaleUp: { stabilizationWindowSeconds: seconds } }))).toHaveLength(1);
    expect(paths(behavior({ scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: 0 }] } }))).toEqual([]);
  });

  it('checklist 28: of the strategy custom has both custom fields, of default and accurate none, and eager is known too', () => {
    const strategy = (scalingStrategy: object) => paths(keda({ scaledJob: { scalingStrategy } }));
    for (const word of ['default', 'accurate', 'eager', '']) expect(strategy({ strategy: word })).toEqual([]);
    expect(strategy({ strategy: 'custom' })).toHaveLength(2);
    const custom = { strategy: 'custom', customScalingQueueLengthDeduction: 1 };
    for (const share of ['50%', '0.5'])
      expect(strategy({ ...custom, customScalingRunningJobPercentage: share })).toEqual([]);
    expect(strategy({ ...custom, customScalingRunningJobPercentage: 'half' })).toHaveLength(1);
  });

  it('checklist 29: that is wrong in several fields is told all of them, with path, sentence and value', () => {
    const spec = { ...base, image: '', build: { ...build, timeout: 'soon', failedBuildsHistoryLimit: -1 } };
    expect(problems(spec)).toEqual([
      { path: 'spec.image', value: '', message: 'must be specified' },
      {
        path: 'spec.build.timeout',
        value: 'soon',
        message: 'must be a Go duration with its unit, such as 90s or 1h30m',
      },
      { path: 'spec.build.failedBuildsHistoryLimit', value: -1, message: 'cannot be less than 0' },
    ]);
  });

  it('is refused where a name that the types require is empty', () => {
    const spec = withBuild({
      shipwright: { strategy: { name: '' }, params: [{ name: '', value: '1' }] },
      srcRepo: { bundleContainer: { image: '' } },
    });
    expect(paths(spec)).toEqual([
      'spec.build.srcRepo.bundleContainer.image',
      'spec.build.shipwright.strategy.name',
      'spec.build.shipwright.params[0].name',
    ]);
  });
});

describe('a Function that is there', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startReconcileCluster();
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  it('checklist 30: is judged after an edit as after its creation, can always be deleted, and its status be written', async () => {
    const world = await createWorld(cluster);
    await world.create(gitSpec);
    await world.reconcile();
    await world.editSpec({ build: { timeout: '-1s' } });
    await world.reconcile();
    expect(await world.condition('Stalled')).toMatchObject({ status: 'True', reason: 'InvalidSpec' });
    expect((await world.condition('Stalled'))?.message).toContain(
      'spec.build.timeout cannot be less than 0, found "-1s"',
    );
    await world.writeStatus({ revision: { imageDigest: 'sha256:1' } });
    expect((await world.read()).status?.revision).toEqual({ imageDigest: 'sha256:1' });
    await world.kube.remove({ kind: kinds.function, namespace: world.namespace, name: 'f' });
    expect(await world.all(kinds.function)).toEqual([]);
  });
});
