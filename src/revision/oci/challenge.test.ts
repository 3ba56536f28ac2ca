import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseChallenges } from './challenge.ts';

describe('revision/oci/challenge', () => {
  it.for([
    [
      'Bearer realm="https://r.example/token?x=1",service="r.example",scope="repository:a:pull,push"',
      [
        {
          scheme: 'bearer',
          params: { realm: 'https://r.example/token?x=1', service: 'r.example', scope: 'repository:a:pull,push' },
        },
      ],
    ],
    ['Basic', [{ scheme: 'basic', params: {} }]],
    ['Negotiate dG9rZW4=', [{ scheme: 'negotiate', params: {} }]],
    [
      'Negotiate, Basic realm="a \\"b\\", c", BEARER Realm = x , service=y',
      [
        { scheme: 'negotiate', params: {} },
        { scheme: 'basic', params: { realm: 'a "b", c' } },
        { scheme: 'bearer', params: { realm: 'x', service: 'y' } },
      ],
    ],
    ['Basic realm="first", realm="second"', [{ scheme: 'basic', params: { realm: 'first' } }]],
    ['', []],
    ['"nonsense"', []],
  ] as const)('%s', ([header, expected]) => {
    expect(parseChallenges(header).map(({ scheme, params }) => ({ scheme, params: { ...params } }))).toEqual(expected);
  });

  it('any header ends in a list, in time', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), header => {
        expect(Array.isArray(parseChallenges(header))).toBe(true);
      }),
    );
  });
});
