// What a leader that comes anew must still hear of.
import { describe, expect, it } from 'vitest';
import type { FunctionObject } from '../function/schema.ts';
import type { FunctionStatus } from '../function/status.ts';
import { isAskedFor } from './commands.ts';

const build = { state: 'Succeeded', resourceRef: 'b', inputHash: 'v1:1', sequence: 1 };
const serving = { state: 'Running', resourceRef: 's', inputHash: 'v1:2', sequence: 2 };
const theirs = { state: 'Succeeded', resourceRef: 'b', resourceHash: '7' };
const fn = (status: FunctionStatus, annotations: Record<string, string> = {}): FunctionObject => ({
  apiVersion: 'core.openfunction.io/v1beta2',
  kind: 'Function',
  metadata: { name: 'f', namespace: 'n', uid: 'u', annotations },
  spec: { image: 'i', build: { builder: 'b', srcRepo: { url: 'u' } }, serving: {} },
  status,
});
const said = (reason: string) => ({
  conditions: [
    { type: 'Built', status: 'True' as const, reason, message: 'm', lastTransitionTime: '2026-01-01T00:00:00Z' },
  ],
});

describe('a Function', () => {
  it.each<[string, FunctionStatus, Record<string, string>?]>([
    ['that is built and served', { build, serving }],
    ['that OpenFunction built', { build: theirs, serving }],
    ['that OpenFunction built, with our hash beside its own', { build: { ...theirs, inputHash: 'v1:1' }, serving }],
    ['that never came to be served', { build }],
    [
      'whose request was answered',
      { build, serving, lastHandledRebuild: 'a' },
      { 'openfunction.io/rebuild-requested': 'a' },
    ],
    ['that is still suspended', { build, serving, ...said('Suspended') }, { 'openfunction.io/suspend': 'true' }],
    ['that is still held', { build, serving, ...said('Held') }, { 'openfunction.io/hold': 'why' }],
  ])('%s asks for nothing', (_, status, annotations) => {
    expect(isAskedFor(fn(status, annotations))).toBe(false);
  });

  it.each<[string, FunctionStatus, Record<string, string>?]>([
    ['whose build was cleared', { serving }],
    ['whose build lost its name', { build: { ...build, resourceRef: '' }, serving }],
    ['whose build lost its hash', { build: { ...build, inputHash: '' }, serving }],
    [
      'whose build lost OpenFunction’s hash',
      { build: { state: 'Succeeded', resourceRef: 'b', inputHash: 'v1:1' }, serving },
    ],
    ['whose build has a blank hash of OpenFunction’s', { build: { ...build, resourceHash: '' }, serving }],
    ['whose serving lost its state', { build, serving: { ...serving, state: '' } }],
    ['whose serving has a blank hash', { build, serving: { ...serving, resourceHash: '' } }],
    ['with a new request', { build, serving, lastHandledRebuild: 'a' }, { 'openfunction.io/rebuild-requested': 'b' }],
    ['that is no longer suspended', { build, serving, ...said('Suspended') }],
    ['that is no longer held', { build, serving, ...said('Held') }],
  ])('%s asks for something', (_, status, annotations) => {
    expect(isAskedFor(fn(status, annotations))).toBe(true);
  });
});
