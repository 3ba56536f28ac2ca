import { describe, expect, it } from 'vitest';
import { TerminalError } from '../platform/errors.ts';
import type { GitSource } from '../watch/source.ts';
import { field, foundHead, headsOf, ownerAndName, repositoryPath, unchangedHead } from './forge.ts';
import { apiOf } from './github/github.ts';
import type { Head } from './observation.ts';

function source(url: string, baseUrl?: string): GitSource {
  return { kind: 'git', forge: 'gitlab', url, ...(baseUrl === undefined ? {} : { baseUrl }) };
}

describe('revision/forge', () => {
  it.for([
    ['https://h.invalid/a/b', undefined, 'a/b'],
    ['https://h.invalid/g/s/t/b', undefined, 'g/s/t/b'],
    ['https://h.invalid/gitlab/a/b', 'https://h.invalid/gitlab', 'a/b'],
    ['https://h.invalid/gitlab/a/b', 'https://h.invalid/gitlab/', 'a/b'],
    ['https://h.invalid/gitlab/a/b', 'https://other.invalid/gitlab', 'gitlab/a/b'],
    ['https://h.invalid/gitlabx/a', 'https://h.invalid/gitlab', 'gitlabx/a'],
    ['https://h.invalid/%E5%88%86/a%2Eb', undefined, '分/a.b'],
  ] as const)('%s with base-url %s is the repository %s', ([url, baseUrl, path]) => {
    expect(repositoryPath(source(url, baseUrl))).toBe(path);
  });

  it.for(['https://h.invalid/a', 'https://h.invalid/a/b/c', 'https://h.invalid/a/', 'https://h.invalid/%zz/b'])(
    '%s is no OWNER/NAME, and never will be',
    url => {
      expect(() => ownerAndName(source(url))).toThrow(TerminalError);
    },
  );

  it.for([
    ['https://github.com/o/r', undefined, 'https://api.github.com'],
    ['https://www.github.com/o/r', undefined, 'https://api.github.com'],
    ['https://github.com/o/r', 'https://api.github.com', 'https://api.github.com'],
    ['https://acme.ghe.com/o/r', undefined, 'https://api.acme.ghe.com'],
    ['https://ghe.invalid/o/r', undefined, 'https://ghe.invalid/api/v3'],
    ['https://ghe.invalid:8443/o/r', 'https://ghe.invalid:8443/api/v3/', 'https://ghe.invalid:8443/api/v3'],
    ['https://git.invalid/o/r', 'https://ghe.invalid', 'https://ghe.invalid/api/v3'],
  ] as const)('the GitHub API for %s with base-url %s is %s', ([url, baseUrl, api]) => {
    expect(apiOf(source(url, baseUrl))).toBe(api);
  });

  it('asks a short name as branch and then as tag, and stops at the first that is there', async () => {
    const asked: string[] = [];
    const previous: Record<string, Head> = { v1: { kind: 'found', id: 'x', ref: 'refs/tags/v1', validator: 'e' } };
    const question = { ...base, wants: ['v1', 'refs/pull/1/head', 'a..b'], previous };
    const answer = await headsOf(question, async ref => {
      asked.push(`${ref.kind} ${ref.name} ${ref.previous?.validator}`);
      return ref.kind === 'tag' ? { kind: 'found', id: 'y' } : { kind: 'missing' };
    });
    expect(asked).toEqual(['branch v1 undefined', 'tag v1 e']);
    expect(answer.heads).toEqual({
      v1: { kind: 'found', id: 'y', ref: 'refs/tags/v1' },
      'refs/pull/1/head': { kind: 'missing' },
      'a..b': { kind: 'missing' },
    });
  });

  it('takes nothing for an id that is none, and no 304 that was not asked for', () => {
    for (const id of [undefined, '', 'main', 1, 'a'.repeat(39)]) {
      expect(() => foundHead(id, {}, 'X')).toThrow('the API of X answered without a commit id');
    }
    expect(() => unchangedHead(undefined, 'X')).toThrow('was not asked that');
  });

  it('reads fields of what may be anything', () => {
    expect(field({ a: { b: 1 } }, 'a', 'b')).toBe(1);
    for (const value of [undefined, null, 'text', 1, [], { a: null }, { a: 'b' }]) {
      expect(field(value, 'a', 'b')).toBeUndefined();
    }
    expect(field({}, 'constructor', 'name')).toBeUndefined();
  });
});

const base = {
  source: source('https://h.invalid/a/b'),
  credential: undefined,
  credentialId: 'anonymous',
  signal: new AbortController().signal,
};
