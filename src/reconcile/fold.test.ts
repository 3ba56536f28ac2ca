// How what the steps say becomes conditions.
import { describe, expect, it } from 'vitest';
import { findCondition } from '../function/conditions.ts';
import { lintStatus } from '../function/lint-status.ts';
import type { FunctionObject } from '../function/schema.ts';
import type { FunctionStatus } from '../function/status.ts';
import { foldStatus, type StepResult } from './fold.ts';
import { done, nextTime, type Outcome, type Said, stalled, waiting } from './outcome.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const fn: FunctionObject = {
  apiVersion: 'core.openfunction.io/v1beta2',
  kind: 'Function',
  metadata: { name: 'f', namespace: 'n', uid: 'u', generation: 3 },
  spec: { image: 'i', serving: {} },
};
const good: Said = { status: 'True', reason: 'Built', message: 'built' };
const bad: Said = { status: 'False', reason: 'BuildFailed', message: 'failed' };
const building: Said = { status: 'Unknown', reason: 'Building', message: 'builds' };
const noRuntime: Said = { status: 'Unknown', reason: 'NoRuntime', message: 'no runtime' };
const unseen: Said = { status: 'False', reason: 'ServerError', message: '503' };

function fold(status: FunctionStatus, build: Outcome, serving: Outcome, watch: Outcome = done(good)): FunctionStatus {
  const results: readonly StepResult[] = [
    { condition: 'Watching', vital: false, outcome: watch },
    { condition: 'Built', vital: true, outcome: build },
    { condition: 'Served', vital: true, outcome: serving },
  ];
  const folded = foldStatus({ fn, status, results, now });
  expect(lintStatus({ ...fn, status: folded })).toEqual([]);
  return folded;
}

function conditions(status: FunctionStatus): string {
  const kept = (status.conditions ?? []).filter(({ type }) => ['Ready', 'Reconciling', 'Stalled'].includes(type));
  return kept.map(({ type, status: value, reason }) => `${type}=${value} ${reason}`).join(', ');
}

describe('the fold', () => {
  const running: FunctionStatus = { build: { state: 'Failed' }, serving: { state: 'Running' } };
  const succeeded: FunctionStatus = { build: { state: 'Succeeded' }, serving: { state: 'Created' } };
  const serves: Said = { status: 'True', reason: 'Running', message: 'runs' };

  it.each<[string, FunctionStatus, Outcome, Outcome, string]>([
    [
      'a healthy workload is ready though a newer build failed',
      running,
      stalled(bad),
      done(serves),
      'Ready=True Serving',
    ],
    [
      'and while one runs',
      { ...running, build: { state: 'Building' } },
      waiting(building),
      done(serves),
      'Ready=True Serving, Reconciling=True Progressing',
    ],
    [
      'nothing serves and nothing moves',
      succeeded,
      done(good),
      stalled(noRuntime),
      'Ready=False NotServing, Stalled=True NoRuntime',
    ],
    [
      'waiting wins over stalling',
      { build: { state: 'Building' } },
      waiting(building),
      stalled(noRuntime),
      'Ready=False NotServing, Reconciling=True Progressing',
    ],
  ])('%s', (_, status, build, serving, expected) => {
    expect(conditions(fold(status, build, serving))).toBe(expected);
  });

  it('keeps trouble with watching in its own condition', () => {
    const folded = fold(running, stalled(bad), done(serves), waiting(unseen, now + 1));
    expect(conditions(folded)).toBe('Ready=True Serving');
    expect(findCondition(folded.conditions, 'Watching')?.reason).toBe('ServerError');
  });

  it('gives the very same status for the same words, however late', () => {
    const once = fold(succeeded, done(good), stalled(noRuntime));
    const results: readonly StepResult[] = [{ condition: 'Built', vital: true, outcome: done(good) }];
    const later = foldStatus({
      fn,
      status: once,
      results: [...results, { condition: 'Served', vital: true, outcome: stalled(noRuntime) }],
      now: now + 1e6,
    });
    expect(later).toEqual(once);
  });

  it('makes one line of what an engine reports, and hides a user of a URL', () => {
    const message = 'line one\n  line two https://user:secret@git.example/f.git';
    const folded = fold({ build: { state: 'Failed' } }, stalled({ ...bad, message }), stalled(noRuntime));
    const text = findCondition(folded.conditions, 'Built')?.message ?? '';
    expect(text).not.toContain('\n');
    expect(text).not.toContain('secret');
  });

  it('comes back at the earliest time', () => {
    expect(nextTime([done(good, 5), waiting(building, 3), stalled(bad)])).toBe(3);
    expect(nextTime([done(good), waiting(building)])).toBeUndefined();
  });
});
