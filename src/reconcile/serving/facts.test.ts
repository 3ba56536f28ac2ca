// When what another controller serves is still what is asked for: its Serving is compared, since its hash cannot be.
import { expect, it } from 'vitest';
import { defaultPolicy } from '../../decide/facts.ts';
import { readAnnotations } from '../../function/annotations.ts';
import type { FunctionObject, ServingObject } from '../../function/schema.ts';
import { wantedServing } from '../../serving/plan.ts';
import type { Reading } from '../context.ts';
import { Draft } from '../draft.ts';
import { servingFacts } from './facts.ts';

const wrote = (at: string, part: object, subresource = '') => ({ time: at, subresource, fieldsV1: part });
const early = '2026-01-01T00:00:00Z';
const late = '2026-01-01T00:01:00Z';

function edited(params: Record<string, string>, specAt: string, served = 'reg.example/f:v1'): boolean {
  const metadata = {
    name: 'f',
    namespace: 'n',
    uid: 'u',
    managedFields: [wrote(specAt, { 'f:spec': {} }), wrote('2026-01-01T00:00:30Z', { 'f:status': {} }, 'status')],
  };
  const serving = { state: 'Running', resourceRef: 'serving-x', resourceHash: '7' };
  const fn: FunctionObject = {
    apiVersion: 'core.openfunction.io/v1beta2',
    kind: 'Function',
    metadata,
    spec: { image: 'reg.example/f:v1', serving: { params } },
    status: { serving },
  };
  const options = { kube: { get: async () => undefined, serves: async () => false }, policy: defaultPolicy };
  const steering = readAnnotations(undefined);
  const reading: Reading = { options, fn, steering, draft: new Draft(fn), findings: {}, now: 0 };
  const spec = wantedServing(fn, undefined);
  if (spec === undefined) throw new Error('something is served');
  const current: ServingObject = {
    apiVersion: fn.apiVersion,
    kind: 'Serving',
    metadata: { name: 'serving-x', namespace: 'n', uid: 's' },
    spec: { ...spec, params: { A: '1' }, image: served },
  };
  return servingFacts(reading, spec, current).editedSinceAdoption;
}

it.each([
  ['was written since and asks for another', { A: '2' }, late, undefined, true],
  ['was written since and asks for the same', { A: '1' }, late, undefined, false],
  ['was not written since', { A: '2' }, early, undefined, false],
  ['was not written since, but has another image', { A: '1' }, early, 'reg.example/f:v0', true],
] as const)('a Function that %s', (_, params, at, served, expected) => {
  expect(edited(params, at, served)).toBe(expected);
});
