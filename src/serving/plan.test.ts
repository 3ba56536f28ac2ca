// What makes a Serving another one, and which image it runs.
import { describe, expect, it } from 'vitest';
import type { FunctionObject } from '../function/schema.ts';
import type { ServingFields } from '../function/schema-serving.ts';
import { servingImage, servingInputHash, wantedServing } from './plan.ts';

const fn = (serving: ServingFields, spec: Partial<FunctionObject['spec']> = {}): FunctionObject => ({
  apiVersion: 'core.openfunction.io/v1beta2',
  kind: 'Function',
  metadata: { name: 'f', namespace: 'n', uid: 'u' },
  spec: { image: 'reg.example/f:v1', serving, ...spec },
});
const hash = (serving: ServingFields, spec: Partial<FunctionObject['spec']> = {}) => {
  const wanted = wantedServing(fn(serving, spec), undefined);
  return wanted && servingInputHash(wanted);
};

describe('the image that is served', () => {
  it.each([
    ['reg.example/f:v1', undefined, 'reg.example/f:v1'],
    ['reg.example/f:v1', 'sha256:1', 'reg.example/f:v1@sha256:1'],
    ['reg.example/f', 'sha256:1', 'reg.example/f@sha256:1'],
    ['reg.example/f:v1@sha256:0', 'sha256:1', 'reg.example/f:v1@sha256:1'],
  ])('%s with %s is %s', (image, digest, expected) => {
    expect(servingImage(image, digest)).toBe(expected);
  });
});

describe('the hash of a Serving', () => {
  it('does not change when a default or the same duration is written out', () => {
    expect(hash({ triggers: { http: { port: 8080 } } })).toBe(hash({}));
    expect(hash({}, { version: 'latest' })).toBe(hash({}));
    expect(hash({ timeout: '5m' })).toBe(hash({ timeout: '300s' }));
    expect(hash({}, { imageCredentials: {} })).toBe(hash({}));
    expect(hash({ labels: {}, outputs: [], workloadType: '' })).toBe(hash({}));
  });

  it('does not change when a quantity is written in other words', () => {
    const pod = (cpu: string | number, memory: string): ServingFields => ({
      template: {
        containers: [{ name: 'function', resources: { limits: { memory }, requests: { cpu } } }],
        volumes: [{ name: 'v', emptyDir: { sizeLimit: memory } }],
      },
    });
    expect(hash(pod('1', '1Gi'))).toBe(hash(pod('1000m', '1024Mi')));
    expect(hash(pod(0.5, '1G'))).toBe(hash(pod('500m', '1000M')));
    expect(hash(pod('1', '1Gi'))).not.toBe(hash(pod('1', '1G')));
  });

  it('changes with a route, a quantity, version and credentials', () => {
    const cpu = (text: string): ServingFields => ({
      template: { containers: [{ name: 'function', resources: { requests: { cpu: text } } }] },
    });
    expect(hash(cpu('100m'))).not.toBe(hash(cpu('200m')));
    expect(hash({ triggers: { http: { route: { hostnames: ['a.example'] } } } })).not.toBe(hash({}));
    expect(hash({}, { version: 'v2' })).not.toBe(hash({}));
    expect(hash({}, { imageCredentials: { name: 'pull' } })).not.toBe(hash({}));
  });
});
