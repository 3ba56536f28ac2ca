import { describe, expect, it } from 'vitest';
import { candidatesOf, isObjectId, isRefName, kindOf } from './ref.ts';

describe('revision/ref', () => {
  it.for(['main', 'a/b/c', 'fix#1', '50%', '分支', 'refs/heads/x', '-x', 'HEAD', 'a@b', 'a{', '@a'])(
    '%j can be the name of a ref',
    name => {
      expect(isRefName(name)).toBe(true);
    },
  );

  it.for([
    '',
    ' ',
    'a b',
    'a\tb',
    'a\u0000b',
    'a\u007f',
    'a..b',
    'a//b',
    '/a',
    'a/',
    'a.',
    '.a',
    'a/.b',
    'a.lock',
    'a.lock/b',
    'a~1',
    'a^',
    'a:b',
    'a?',
    'a*',
    'a[b',
    'a\\b',
    'a@{1}',
    '@',
    '\u{D800}',
  ])('%j cannot', name => {
    expect(isRefName(name)).toBe(false);
    expect(candidatesOf(name)).toEqual([]);
  });

  it('a short name is a branch, or else a tag; a full name and HEAD are themselves', () => {
    expect(candidatesOf('v1')).toEqual(['refs/heads/v1', 'refs/tags/v1']);
    expect(candidatesOf('refs/pull/1/head')).toEqual(['refs/pull/1/head']);
    expect(candidatesOf('HEAD')).toEqual(['HEAD']);
  });

  it.for([
    ['HEAD', { kind: 'default', name: 'HEAD' }],
    ['refs/heads/a/b', { kind: 'branch', name: 'a/b' }],
    ['refs/tags/v1', { kind: 'tag', name: 'v1' }],
    ['refs/pull/1/head', { kind: 'other', name: 'refs/pull/1/head' }],
  ] as const)('%s is known for what it is', ([ref, kind]) => {
    expect(kindOf(ref)).toEqual(kind);
  });

  it('an object id is 40 or 64 hex digits in lower case, and not all zeros', () => {
    expect([isObjectId('a'.repeat(40)), isObjectId('0'.repeat(63) + '1')]).toEqual([true, true]);
    for (const text of ['', 'a'.repeat(39), 'A'.repeat(40), 'g'.repeat(40), '0'.repeat(40), `${'a'.repeat(40)}\n`]) {
      expect(isObjectId(text)).toBe(false);
    }
  });
});
