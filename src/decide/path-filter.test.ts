import { describe, expect, it } from 'vitest';
import { judgePaths, namePaths } from './path-filter.ts';

const trouble = { reason: 'Timeout', message: 'no answer', count: 1, retryAt: 0 };

describe('the ids of watched paths', () => {
  it('that are those of the revision before say that nothing changed', () => {
    expect(judgePaths(['a', 'b'], { a: '1', b: 'absent' }, { paths: { a: '1', b: 'absent', c: '9' } })).toEqual({
      kind: 'unchanged',
    });
  });

  it('that are others name the paths that changed, that came and that went', () => {
    const seen = { paths: { a: '1', b: '3', c: 'absent', d: '4' } };
    expect(judgePaths(['a', 'b', 'c', 'd'], { a: '1', b: '2', c: '5', d: 'absent' }, seen)).toEqual({
      kind: 'changed',
      paths: ['b', 'c', 'd'],
    });
  });

  it('say that nothing changed, but that more or less is watched, where the paths are others', () => {
    expect(judgePaths(['a', 'b'], { a: '1' }, { paths: { a: '1', b: '2' } })).toEqual({ kind: 'widened' });
    expect(judgePaths(['a'], { a: '1', b: '2' }, { paths: { a: '1' } })).toEqual({ kind: 'widened' });
    expect(judgePaths(['a', 'b'], { a: '0' }, { paths: { a: '1', b: '2' } })).toEqual({
      kind: 'changed',
      paths: ['a'],
    });
  });

  it('are awaited while one of them is not known, and not any more when it was given up', () => {
    expect(judgePaths(['a', 'b'], { a: '1', b: '2' }, { paths: { a: '1' } })).toEqual({ kind: 'pending' });
    expect(judgePaths(['a'], { a: '1' }, { pathTrouble: { ...trouble, givenUp: false } })).toEqual({ kind: 'pending' });
    expect(judgePaths(['a'], { a: '1' }, { pathTrouble: { ...trouble, givenUp: true } })).toEqual({
      kind: 'unknown',
      why: 'no answer',
    });
  });

  it('mean nothing without those of the revision before', () => {
    const why = 'no ids were recorded with the revision before';
    expect(judgePaths(['a'], undefined, { paths: { a: '1' } })).toEqual({ kind: 'unknown', why });
    expect(judgePaths(['a'], { b: '1' }, { paths: { a: '1' } })).toEqual({ kind: 'unknown', why });
  });

  it('of paths that are named like members of every object are no others', () => {
    const own = JSON.parse('{"__proto__": "1", "constructor": "2"}') as Record<string, string>;
    expect(judgePaths(['__proto__', 'constructor'], own, { paths: own })).toEqual({ kind: 'unchanged' });
    expect(judgePaths(['constructor'], {}, { paths: own }).kind).toBe('unknown');
  });
});

it('many paths are named by a few of them', () => {
  expect([namePaths(['a']), namePaths(['a', 'b', 'c', 'd', 'e'])]).toEqual(['a', 'a, b, c and 2 more']);
});
