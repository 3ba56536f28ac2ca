import { describe, expect, test } from 'vitest';
import { duplicateFields } from './duplicates.ts';

describe('fields that are named twice', () => {
  test.each([
    ['{"a":1,"b":{"a":2}}', []],
    ['{"a":1,"a":2,"a":3}', ['a']],
    ['{"spec":{"size":1,"x":["size","size"],"size":2}}', ['spec.size']],
    ['{"l":[{"a":1},{"a":1,"b":[],"a":2}]}', ['l[1].a']],
    ['{"a\\"":1,"a":"{\\"a\\":1,\\"a\\":2}"}', []],
    ['[1,"a","a"]', []],
  ])('%s: %j', (text, paths) => {
    expect(duplicateFields(text)).toEqual(paths);
  });
});
