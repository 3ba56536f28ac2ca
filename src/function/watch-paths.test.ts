import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { annotations } from './names.ts';
import { problemText } from './problem.ts';
import type { FunctionObject } from './schema.ts';
import { readWatchPaths } from './watch-paths.ts';

interface Said {
  readonly subPath?: string;
  readonly dockerfile?: string;
  readonly added?: string;
  readonly filter?: string;
}

function read({ subPath, dockerfile, added, filter }: Said) {
  const srcRepo = { url: 'https://git.example/o/r', ...(subPath === undefined ? {} : { sourceSubPath: subPath }) };
  const fn = {
    apiVersion: 'core.openfunction.io/v1beta2',
    kind: 'Function',
    metadata: {
      name: 'f',
      namespace: 'ns',
      uid: 'u',
      annotations: {
        ...(added === undefined ? {} : { [annotations.watchPaths]: added }),
        ...(filter === undefined ? {} : { [annotations.pathFilter]: filter }),
      },
    },
    spec: { image: 'i', build: { srcRepo, ...(dockerfile === undefined ? {} : { dockerfile }) } },
  } satisfies FunctionObject;
  return readWatchPaths(fn);
}

describe('the paths that a Function watches', () => {
  it.for([
    ['apps/a', ['apps/a']],
    ['./apps//a/', ['apps/a']],
    ['/apps/a', ['apps/a']],
    ['apps/x/../a', ['apps/a']],
    [' a b ', [' a b ']],
    ['[x]*', ['[x]*']],
  ] as const)('are the sub-path %s in one spelling', ([subPath, paths]) => {
    expect(read({ subPath })).toEqual({ paths, warnings: [], problems: [] });
  });

  it.for([undefined, '', '.', './', '/', 'a/..'])('are the whole repository where the sub-path is %s', subPath => {
    expect(read(subPath === undefined ? {} : { subPath })).toEqual({ paths: [], warnings: [], problems: [] });
  });

  it.for(['..', 'a/../../b', 'a\nb', 'x'.repeat(600)])(
    'are the whole repository, with a word, where the sub-path %j is none',
    subPath => {
      const { paths, warnings, problems } = read({ subPath });
      expect({ paths, problems }).toEqual({ paths: [], problems: [] });
      expect(warnings.join()).toContain('sourceSubPath is no path within the repository');
    },
  );

  it.for([
    ['lib, go.mod', ['apps/a', 'go.mod', 'lib']],
    ['lib\ngo.mod\n', ['apps/a', 'go.mod', 'lib']],
    ['- lib\n- "go.mod"', ['apps/a', 'go.mod', 'lib']],
    ['[lib, go.mod]', ['apps/a', 'go.mod', 'lib']],
    ['apps/a/src, ./lib/, lib/x', ['apps/a', 'lib']],
    ['apps', ['apps']],
    ['a b/c, -x', ['-x', 'a b/c', 'apps/a']],
    [' \n', ['apps/a']],
    ['.', []],
  ] as const)('are joined by watch-paths %j', ([added, paths]) => {
    expect(read({ subPath: 'apps/a', added })).toEqual({ paths, warnings: [], problems: [] });
  });

  it.for([
    ['/lib', 'without a slash before it'],
    ['lib/../x', 'must not contain ..'],
    ['apps/*/lib', 'patterns are not understood'],
    ['- 1', 'must be the path of a folder or file'],
    ['- {a: b}', 'must be the path of a folder or file'],
    ['[lib', 'must be a YAML list'],
    ['[a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a]', 'must not name more than 16 paths'],
    ['["a\\tb"]', 'must not contain control characters'],
    [`x${'/x'.repeat(300)}`, 'longer than 512'],
    ['x,'.repeat(5_000), 'longer than 8192'],
  ] as const)('are refused, with place and value, where watch-paths is %j', ([added, why]) => {
    const texts = read({ subPath: 'apps/a', added }).problems.map(problemText);
    expect(texts.length).toBeGreaterThan(0);
    expect(texts.join('\n')).toContain(why);
    expect(texts[0]).toContain('metadata.annotations["openfunction.io/watch-paths"]');
  });

  it('are more than the sub-path where a Dockerfile lies outside of it, in either reading', () => {
    expect(read({ subPath: 'apps/a', dockerfile: 'Dockerfile' }).paths).toEqual(['Dockerfile', 'apps/a']);
    expect(read({ subPath: 'apps/a', dockerfile: 'apps/a/Dockerfile' }).paths).toEqual(['apps/a']);
    expect(read({ subPath: 'apps/a', dockerfile: '../../docker/D' }).paths).toEqual(['apps/a', 'docker/D']);
  });

  it('are the whole repository with path-filter off, and as before with a word that means nothing', () => {
    expect(read({ subPath: 'apps/a', added: '../x', filter: 'off' })).toEqual({
      paths: [],
      warnings: [],
      problems: [],
    });
    expect(read({ subPath: 'apps/a', filter: 'on' })).toEqual({ paths: ['apps/a'], warnings: [], problems: [] });
    const odd = read({ subPath: 'apps/a', filter: 'OFF' });
    expect(odd.paths).toEqual(['apps/a']);
    expect(odd.warnings.join()).toContain('openfunction.io/path-filter "OFF" means nothing');
  });

  it('are not narrowed by watch-paths where the whole repository is built', () => {
    const { paths, warnings } = read({ added: 'lib' });
    expect(paths).toEqual([]);
    expect(warnings.join()).toContain('watch-paths adds nothing');
  });

  it('never throw, and none lies within another, whatever is written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (subPath, added) => {
        const { paths } = read({ subPath, added });
        for (const path of paths) {
          expect(path).not.toMatch(/^\/|\/$|\/\/|(?:^|\/)\.{1,2}(?:\/|$)/);
          expect(paths.filter(other => other !== path && path.startsWith(`${other}/`))).toEqual([]);
        }
      }),
    );
  });
});
