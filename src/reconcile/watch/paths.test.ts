import { describe, expect, it } from 'vitest';
import { keptPaths, lostSource } from './paths.ts';

describe('a build that failed', () => {
  it.for([
    ['Failed', 'exit 128: GitRevisionNotFound: no such commit', true],
    ['Failed', 'GitError: exit status 128', true],
    ['Failed', 'Tasks Completed: 1 (Failed: 1, Cancelled 0), Skipped: 1: fetch: "step-fetch" exited with code 1', true],
    [
      'Failed',
      'Tasks Completed: 2 (Failed: 1, Cancelled 0), Skipped: 0: build: "step-build" exited with code 1',
      false,
    ],
    ['Failed', 'exit 1: the code does not fetch: it sends', false],
    ['Succeeded', 'GitError', false],
    ['Canceled', 'GitError', false],
  ] as const)('%s with %j had no commit: %s', ([state, message, isLost]) => {
    expect(lostSource({ state, message })).toBe(isLost);
  });

  it('that is none had none to lose', () => {
    expect(lostSource()).toBe(false);
  });
});

describe('the ids that a status keeps', () => {
  const head = (id: string, paths: Record<string, string>) => ({ kind: 'found', id, paths }) as const;
  const watch = { paths: ['a', 'b'] };

  it('are those of the revision that was attempted, whatever was seen since', () => {
    const old = { a: '1', b: '2' };
    expect(keptPaths(watch, { old, head: head('y', { a: '9', b: '2' }), baseline: 'x' })).toBe(old);
    expect(keptPaths(watch, { old, head: undefined, baseline: 'x' })).toBe(old);
    expect(keptPaths(watch, { old, head: { kind: 'missing' }, baseline: 'x' })).toBe(old);
  });

  it('are those of the head where it is that revision, or where other paths are watched and none of the old ones changed', () => {
    const seen = head('x', { a: '1', b: '2', c: '3' });
    expect(keptPaths(watch, { old: undefined, head: seen, baseline: 'x' })).toEqual({ a: '1', b: '2' });
    expect(keptPaths(watch, { old: { a: '1', c: '0' }, head: seen, baseline: 'w' })).toEqual({ a: '1', b: '2' });
    expect(keptPaths(watch, { old: { a: '0', c: '0' }, head: seen, baseline: 'w' })).toEqual({ a: '0', c: '0' });
  });

  it('are none where the whole repository is watched', () => {
    expect(keptPaths({}, { old: { a: '1' }, head: head('x', { a: '1' }), baseline: 'x' })).toBeUndefined();
  });
});
