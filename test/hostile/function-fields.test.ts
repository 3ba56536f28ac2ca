// Functions whose fields hold what they do not take: the API server refuses them and names the field; where it lets them pass, the
// reconcile does, and touches nothing else.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import { showValue } from '../../src/function/problem.ts';
import { KubeError, type KubeObject } from '../../src/platform/kube/kube.ts';
import { checkFunction } from '../../src/reconcile/check.ts';
import { startReconcileCluster } from '../flow/cluster.ts';
import type { TestCluster } from '../servers/api-server.ts';
import { fieldCases, fields } from './field-cases.ts';

const { apiVersion, kind } = kinds.function;

function functionOf(spec: unknown, metadata: object = {}): KubeObject {
  return { apiVersion, kind, metadata: { name: 'f', namespace: 'ns', uid: 'u', ...metadata }, spec };
}

/** What is wrong with a Function, as lines of `path message, found value`; empty when nothing is. */
function problemsOf(
  object: KubeObject,
): readonly { readonly path: string; readonly value: unknown; readonly message: string }[] {
  const checked = checkFunction(object);
  return 'problems' in checked ? checked.problems : [];
}

const show = (wrong: unknown) => JSON.stringify(wrong);
const named = fieldCases.map(one => ({ ...one, shown: show(one.wrong) }));

describe('a field of a wrong type', () => {
  it('is any of some hundreds', () => {
    expect(fields.length).toBeGreaterThan(200);
    expect(fieldCases.length).toBeGreaterThan(900);
  });

  it.each(named)('$path: $shown is found by the reconcile', ({ path, wrong, specWith }) => {
    const problems = problemsOf(functionOf(specWith(wrong)));
    expect(problems.map(problem => problem.path)).toContain(path);
    expect(problems.find(problem => problem.path === path)).toMatchObject({ value: wrong });
  });
});

describe('an API server', () => {
  let cluster: TestCluster;
  let namespace: string;
  beforeAll(async () => {
    cluster = await startReconcileCluster();
    namespace = await cluster.namespace();
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  async function refusal(spec: unknown): Promise<KubeError> {
    const object = { apiVersion, kind, metadata: { name: 'f', namespace }, spec };
    const made = cluster.kube.create(kinds.function, object);
    return made.then(
      () => expect.fail(`it was taken: ${showValue(spec)}`),
      (error: unknown) => (error instanceof KubeError ? error : Promise.reject(error)),
    );
  }

  it('refuses each wrong type, and names the field', async () => {
    // Of a number's format it makes nothing: the reconcile holds its range.
    const refused = fieldCases.filter(({ wrong }) => wrong !== 2 ** 40);
    for (let at = 0; at < refused.length; at += 16) {
      await Promise.all(
        refused.slice(at, at + 16).map(async ({ path, wrong, specWith }) => {
          const error = await refusal(specWith(wrong));
          expect({ path, wrong, status: error.status, reason: error.reason }).toEqual({
            path,
            wrong,
            status: 422,
            reason: 'Invalid',
          });
          expect(error.message).toContain(path);
        }),
      );
    }
  });

  it.each([undefined, null, {}, 'x', []])('refuses a spec that is %j', async spec => {
    expect(await refusal(spec)).toMatchObject({ status: 422, reason: 'Invalid' });
  });
});

/** The rules that types cannot hold. */
const build = (over: object) => ({ image: 'i', build: { builder: 'b', srcRepo: { url: 'https://h/r' }, ...over } });
const scale = (over: object) => ({ image: 'i', serving: { scaleOptions: over } });
const keda = (over: object) => scale({ keda: over });
const scaled = (over: object) => keda({ scaledObject: over });
const behavior = (side: string, over: object) =>
  scaled({ advanced: { horizontalPodAutoscalerConfig: { behavior: { [side]: over } } } });
const job = (over: object) => keda({ scaledJob: over });
const strategy = (over: object) => job({ scalingStrategy: over });
const hpa = 'spec.serving.scaleOptions.keda.scaledObject.advanced.horizontalPodAutoscalerConfig.behavior';
const ofKeda = 'spec.serving.scaleOptions.keda';
const ofStrategy = `${ofKeda}.scaledJob.scalingStrategy`;

const rules: readonly (readonly [path: string, value: unknown, spec: object])[] = [
  ['spec.image', '', { image: '', serving: {} }],
  ['spec.imageCredentials.name', '', { ...build({}), imageCredentials: { name: '' } }],
  ['spec.imageCredentials.name', undefined, { ...build({}), imageCredentials: {} }],
  ['spec.build.builder', undefined, { image: 'i', build: { srcRepo: { url: 'u' } } }],
  ['spec.build.srcRepo', {}, build({ srcRepo: {} })],
  ['spec.build.srcRepo', { url: '' }, build({ srcRepo: { url: '' } })],
  ['spec.build.timeout', '-1s', build({ timeout: '-1s' })],
  ['spec.build.timeout', 'soon', build({ timeout: 'soon' })],
  ['spec.build.successfulBuildsHistoryLimit', -1, build({ successfulBuildsHistoryLimit: -1 })],
  ['spec.build.failedBuildsHistoryLimit', -1, build({ failedBuildsHistoryLimit: -1 })],
  ['spec.build.builderMaxAge', '-1ns', build({ builderMaxAge: '-1ns' })],
  ['spec.build.shipwright.strategy.kind', 'test', build({ shipwright: { strategy: { name: 's', kind: 'test' } } })],
  ['spec.build.shipwright.timeout', '-5m', build({ shipwright: { timeout: '-5m' } })],
  ['spec.serving.scaleOptions.minReplicas', -1, scale({ minReplicas: -1 })],
  ['spec.serving.scaleOptions.maxReplicas', -1, scale({ maxReplicas: -1 })],
  ['spec.serving.scaleOptions.minReplicas', 5, scale({ minReplicas: 5, maxReplicas: 0 })],
  ['spec.serving.scaleOptions.minReplicas', 11, scale({ minReplicas: 11 })],
  [ofKeda, ['scaledObject', 'scaledJob'], keda({ scaledObject: {}, scaledJob: {} })],
  [`${ofKeda}.httpScaledObject.targetPendingRequests`, -1, keda({ httpScaledObject: { targetPendingRequests: -1 } })],
  [`${ofKeda}.httpScaledObject.cooldownPeriod`, -1, keda({ httpScaledObject: { cooldownPeriod: -1 } })],
  [`${ofKeda}.scaledObject.pollingInterval`, -1, scaled({ pollingInterval: -1 })],
  [`${ofKeda}.scaledObject.cooldownPeriod`, -1, scaled({ cooldownPeriod: -1 })],
  [`${ofKeda}.scaledObject.fallback.failureThreshold`, 0, scaled({ fallback: { failureThreshold: 0, replicas: 1 } })],
  [`${ofKeda}.scaledObject.fallback.replicas`, -1, scaled({ fallback: { failureThreshold: 1, replicas: -1 } })],
  ...['scaleUp', 'scaleDown'].flatMap(side => {
    const policies = (over: object) =>
      behavior(side, { policies: [{ type: 'Pods', value: 1, periodSeconds: 1, ...over }] });
    return [
      [`${hpa}.${side}.stabilizationWindowSeconds`, -1, behavior(side, { stabilizationWindowSeconds: -1 })],
      [`${hpa}.${side}.stabilizationWindowSeconds`, 3601, behavior(side, { stabilizationWindowSeconds: 3601 })],
      [`${hpa}.${side}.selectPolicy`, 'test', behavior(side, { selectPolicy: 'test' })],
      [`${hpa}.${side}.policies[0].type`, 'test', policies({ type: 'test' })],
      [`${hpa}.${side}.policies[0].periodSeconds`, -1, policies({ periodSeconds: -1 })],
    ] as const;
  }),
  [`${ofKeda}.scaledJob.restartPolicy`, 'Sometimes', job({ restartPolicy: 'Sometimes' })],
  [`${ofKeda}.scaledJob.pollingInterval`, -1, job({ pollingInterval: -1 })],
  [`${ofKeda}.scaledJob.successfulJobsHistoryLimit`, -1, job({ successfulJobsHistoryLimit: -1 })],
  [`${ofKeda}.scaledJob.failedJobsHistoryLimit`, -1, job({ failedJobsHistoryLimit: -1 })],
  [`${ofStrategy}.strategy`, 'brave', strategy({ strategy: 'brave' })],
  [
    `${ofStrategy}.customScalingQueueLengthDeduction`,
    undefined,
    strategy({ strategy: 'custom', customScalingRunningJobPercentage: '0.5' }),
  ],
  [
    `${ofStrategy}.customScalingRunningJobPercentage`,
    undefined,
    strategy({ strategy: 'custom', customScalingQueueLengthDeduction: 1 }),
  ],
  [`${ofStrategy}.customScalingQueueLengthDeduction`, -1, strategy({ customScalingQueueLengthDeduction: -1 })],
  [`${ofStrategy}.customScalingRunningJobPercentage`, 'half', strategy({ customScalingRunningJobPercentage: 'half' })],
  ['spec.serving.triggers.http.engine', '', { image: 'i', serving: { triggers: { http: { engine: '' } } } }],
  ['spec.serving.triggers.http.engine', 'foo', { image: 'i', serving: { triggers: { http: { engine: 'foo' } } } }],
  ['spec.serving.timeout', 'later', { image: 'i', serving: { timeout: 'later' } }],
  ['spec.serving', undefined, { image: 'i' }],
];

describe('a rule that types cannot hold', () => {
  it.each(rules)('%s that is %j is named first', (path, value, spec) => {
    expect(problemsOf(functionOf(spec))[0]).toEqual({ path, value, message: expect.any(String) });
  });

  it.each([
    [keda({})],
    [scale({ minReplicas: 3, maxReplicas: 3 })],
    [
      behavior('scaleUp', {
        stabilizationWindowSeconds: 3600,
        policies: [{ type: 'Percent', value: 1, periodSeconds: 0 }],
      }),
    ],
    [build({ builder: undefined, dockerfile: 'Dockerfile' })],
    [build({ srcRepo: { bundleContainer: { image: 'b' }, url: 'u' } })],
    [{ image: 'i', serving: { triggers: { http: { engine: 'keda' } } } }],
  ])('takes %j', spec => {
    expect(problemsOf(functionOf(spec))).toEqual([]);
  });
});
