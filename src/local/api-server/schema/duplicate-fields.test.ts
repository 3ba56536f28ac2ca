import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { duplicateFields } from './duplicate-fields.ts';

describe('duplicateFields', () => {
  it.each([
    ['{"spec":{"size":1,"size":2}}', ['spec.size']],
    ['{"a":1,"a":{"b":1},"c":[{"d":1},{"d":1,"d":2}]}', ['a', 'c[1].d']],
    ['{"a":{"x":1},"b":{"x":1},"c":[1,1,["a","a"]]}', []],
    ['{"a":"{\\"a\\":1,\\"a\\":2}","b":", ,","c":null,"d":-1.5e3,"e":true}', []],
    ['{ "\\u0061" : 1 , "a" : 2 }', ['a']],
    ['[]', []],
  ])('in %s are %j (31)', (json, paths) => {
    expect(duplicateFields(json)).toEqual(paths);
  });

  it('are none in what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        expect(duplicateFields(JSON.stringify(value, undefined, 1))).toEqual([]);
      }),
    );
  });
});
