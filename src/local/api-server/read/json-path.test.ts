import { describe, expect, test } from 'vitest';
import { jsonPath } from './json-path.ts';

const object = {
  metadata: { name: 'x', annotations: { 'a.b/c': 'dotted' } },
  list: [
    { name: 'p', on: true, value: 1 },
    { name: 'q', value: 2 },
  ],
};

describe('the paths of printer columns', () => {
  test.each([
    ['.metadata.name', ['x']],
    ['metadata.name', ['x']],
    ['{.metadata.name}', ['x']],
    ['.list[0].name', ['p']],
    ['.list[-1].name', ['q']],
    ['.list[*].value', [1, 2]],
    ['.list[?(@.name=="q")].value', [2]],
    [".list[?(@.name!='q')].value", [1]],
    ['.list[?(@.on==true)].name', ['p']],
    ['.list[?(@.value==2)].name', ['q']],
    ['.metadata.annotations.a\\.b/c', ['dotted']],
    ["['metadata']['name']", ['x']],
    ['.absent.name', []],
    ['.list[?(', []],
  ])('%s finds %j', (path, values) => {
    expect(jsonPath(path)(object)).toEqual(values);
  });
});
