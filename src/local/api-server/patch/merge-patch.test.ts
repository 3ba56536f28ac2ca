import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJson, type Json } from '../object.ts';
import { applyMergePatch } from './merge-patch.ts';

/** The merge patch that turns `from` into `to`; neither has nulls. */
function difference(from: Json, to: Json): Json {
  const removed = Object.keys(from).filter(name => !Object.hasOwn(to, name));
  const set = Object.entries(to).map(([name, value]) => {
    const before = from[name];
    return [name, isJson(before) && isJson(value) ? difference(before, value) : value] as const;
  });
  return Object.fromEntries([...removed.map(name => [name, null] as const), ...set]);
}

const names = fc.constantFrom('a', 'b', 'c', 'd');
const { object } = fc.letrec<{ value: unknown; object: Json }>(tie => ({
  value: fc.oneof({ maxDepth: 3 }, fc.integer(), fc.string(), fc.array(fc.integer()), tie('object')),
  object: fc.dictionary(names, tie('value')),
}));

describe('applyMergePatch', () => {
  it.each([
    ['null deletes', { a: { b: 1, c: 2 } }, { a: { b: null } }, { a: { c: 2 } }],
    ['lists are replaced', { a: [1, 2] }, { a: [3] }, { a: [3] }],
    ['an object takes the place of a scalar, without its nulls', { a: 1 }, { a: { b: 2, c: null } }, { a: { b: 2 } }],
    ['a scalar takes the place of an object', { a: { b: 1 } }, { a: 1 }, { a: 1 }],
    ['deleting what is absent is nothing', {}, { a: null }, {}],
  ])('%s (52)', (_, document, patch, result) => {
    expect(applyMergePatch(document, patch)).toEqual(result);
  });

  it('turns one object into another by their difference, and leaves both alone', () => {
    fc.assert(
      fc.property(object, object, (from, to) => {
        const before = structuredClone(from);
        expect(applyMergePatch(from, difference(from, to))).toEqual(to);
        expect(from).toEqual(before);
      }),
    );
  });

  it('cannot reach the prototype of objects', () => {
    const patched = applyMergePatch({}, JSON.parse('{"__proto__": {"polluted": true}}') as Json);
    expect(Object.getPrototypeOf(patched)).toBe(Object.prototype);
    expect({}).not.toHaveProperty('polluted');
  });
});
