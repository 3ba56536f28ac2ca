// When the registry of an image is taken for insecure.
import { expect, it } from 'vitest';
import type { BuildParam } from '../function/schema-build.ts';
import type { BuildOrder } from './backend.ts';
import { isInsecure } from './insecure-registry.ts';

const order = (params: readonly BuildParam[], image = 'reg.example:5000/f:v1'): BuildOrder => ({
  builder: {
    apiVersion: 'core.openfunction.io/v1beta2',
    kind: 'Builder',
    metadata: { name: 'b', namespace: 'n', uid: 'u' },
    spec: { image, srcRepo: { url: 'https://git.example/f' }, shipwright: { params } },
  },
  revision: undefined,
});

it.each<[string, readonly BuildParam[], boolean]>([
  ['nothing says so', [], false],
  ['a list names it', [{ name: 'registries-insecure', values: [{ value: 'a' }, { value: 'reg.example:5000' }] }], true],
  ['a text names it among others', [{ name: 'registry-insecure', value: 'a, reg.example:5000' }], true],
  ['another port is named', [{ name: 'registry-insecure', value: 'reg.example' }], false],
  ['another parameter names it', [{ name: 'registries-search', values: [{ value: 'reg.example:5000' }] }], false],
  ['only a Secret knows', [{ name: 'registry-insecure', secretValue: { name: 's', key: 'k' } }], false],
])('%s', (_, params, expected) => {
  expect(isInsecure(order(params))).toBe(expected);
});

it('what the watch says wins, and an image without a host is on none of them', () => {
  expect(isInsecure({ ...order([]), insecureRegistry: true })).toBe(true);
  expect(isInsecure(order([{ name: 'registry-insecure', value: 'f' }], 'f'))).toBe(false);
});
