import { describe, expect, test } from 'vitest';
import { labelSelector } from './label-selector.ts';

const objects: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  a: { app: 'a', tier: 'x', size: '3' },
  b: { app: 'b' },
  none: {},
};

function selected(text: string): string {
  const matches = labelSelector(text);
  return Object.entries(objects)
    .filter(([, labels]) => matches?.(labels) ?? true)
    .map(([name]) => name)
    .join(' ');
}

describe('label selectors', () => {
  test.each([
    ['', 'a b none'],
    ['app=a', 'a'],
    ['app==a,tier=x', 'a'],
    ['app!=a', 'b none'],
    ['app in (a, b)', 'a b'],
    ['app notin (a)', 'b none'],
    ['tier', 'a'],
    ['!tier', 'b none'],
    ['app,!tier', 'b'],
    ['size>2', 'a'],
    ['size<3', ''],
    ['app=', ''],
  ])('%j selects %j', (text, names) => {
    expect(selected(text)).toBe(names);
  });

  test.each([
    ['app in (a', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['app=a=b', "found '=', expected: ',' or 'end of string'"],
    ['=', "found '=', expected: !, identifier, or 'end of string'"],
    ['bad key=x', "unable to parse requirement: found 'key', expected: in, notin, =, ==, !=, gt, lt"],
    ['app=a,', "found '', expected: identifier after ','"],
  ])('%j is refused', (text, message) => {
    expect(() => labelSelector(text)).toThrow(message);
  });
});
