// The smallest merge patch, and whether one is applied already.
import { describe, expect, it } from 'vitest';
import { isApplied, mergePatch } from './merge-patch.ts';

describe('a merge patch', () => {
  it.each<[string, object, object, object | undefined]>([
    ['of the same', { a: { b: [1, { c: 2 }] } }, { a: { b: [1, { c: 2 }] } }, undefined],
    ['of a change', { a: 1, b: 2 }, { a: 1, b: 3 }, { b: 3 }],
    ['of a new member', {}, { a: { b: 1 } }, { a: { b: 1 } }],
    ['of a member that is gone', { a: 1, b: { c: 1, d: 2 } }, { b: { d: 2 } }, { a: null, b: { c: null } }],
    ['of a list', { a: [1, 2] }, { a: [2] }, { a: [2] }],
    ['of an undefined member', { a: undefined }, { b: undefined }, undefined],
  ])('%s', (_, from, to, expected) => {
    expect(mergePatch(from, to)).toEqual(expected);
  });

  it('is applied when nothing would change', () => {
    expect(isApplied({ spec: { state: 'x' } }, { spec: { state: 'x', other: 1 } })).toBe(true);
    expect(isApplied({ spec: { state: 'x' } }, { spec: {} })).toBe(false);
    expect(isApplied({ a: null }, {})).toBe(true);
    expect(isApplied({ a: null }, { a: 1 })).toBe(false);
  });
});
