import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseImage } from './image.ts';

const sha256 = `sha256:${'a1'.repeat(32)}`;
const sha512 = `sha512:${'b2'.repeat(64)}`;

describe('watch/image', () => {
  it.for([
    ['nginx', 'registry-1.docker.io', 'library/nginx', undefined],
    ['library/nginx', 'registry-1.docker.io', 'library/nginx', undefined],
    ['docker.io/nginx:1', 'registry-1.docker.io', 'library/nginx', '1'],
    ['index.docker.io/library/nginx', 'registry-1.docker.io', 'library/nginx', undefined],
    ['registry-1.docker.io/library/nginx', 'registry-1.docker.io', 'library/nginx', undefined],
    ['registry-1.docker.io/nginx', 'registry-1.docker.io', 'library/nginx', undefined],
    ['docker.io:443/o/r:v1', 'registry-1.docker.io', 'o/r', 'v1'],
    ['openfunctiondev/v1beta2:latest', 'registry-1.docker.io', 'openfunctiondev/v1beta2', 'latest'],
    ['ghcr.io/o/r', 'ghcr.io', 'o/r', undefined],
    ['GHCR.io:443/o/r', 'ghcr.io', 'o/r', undefined],
    ['localhost/a', 'localhost', 'a', undefined],
    ['LOCALHOST/a', 'localhost', 'a', undefined],
    ['localhost:5000/a/b', 'localhost:5000', 'a/b', undefined],
    ['127.0.0.1:5000/a:b', '127.0.0.1:5000', 'a', 'b'],
    ['[::1]:5000/a', '[::1]:5000', 'a', undefined],
    ['registry:5000/a', 'registry:5000', 'a', undefined],
    ['registry:443/a', 'registry:443', 'a', undefined],
    ['Registry/a', 'registry:443', 'a', undefined],
    ['a--b/c__d.e', 'registry-1.docker.io', 'a--b/c__d.e', undefined],
    ['r.example/a/b/c/d/e:T_a-g.1', 'r.example', 'a/b/c/d/e', 'T_a-g.1'],
  ] as const)('%s is %s / %s', ([text, registry, repository, tag]) => {
    expect(parseImage(text)).toEqual({ registry, repository, ...(tag === undefined ? {} : { tag }) });
  });

  it.for([sha256, sha512])('a digest is kept, with and without a tag', digest => {
    expect(parseImage(`r.example/a@${digest}`)).toEqual({ registry: 'r.example', repository: 'a', digest });
    expect(parseImage(`r.example/a:t@${digest}`)).toEqual({ registry: 'r.example', repository: 'a', tag: 't', digest });
  });

  it.for([
    ['', 'empty'],
    ['a b', 'white space'],
    ['https://r.example/a', 'scheme'],
    ['r.example/', 'no repository'],
    ['r.example/a//b', 'empty part'],
    ['/a', 'empty part'],
    ['r.example/Aa', '"Aa" must be lower case'],
    ['r.example/a:', 'is no tag'],
    ['r.example/a:-t', '"-t" is no tag'],
    [`r.example/a:${'t'.repeat(129)}`, 'is no tag'],
    ['r.example:0/a', 'is no registry host'],
    ['r.example:99999/a', 'is no registry host'],
    ['-r.example/a', 'is no registry host'],
    ['r.example/a@sha256:abc', 'no digest'],
    [`r.example/a@${sha256}@${sha256}`, 'more than one'],
    ['r.example/a_-b', 'is no part'],
    [`r.example/${'a/'.repeat(200)}a`, 'longer than 255'],
  ] as const)('%j is refused: %s', ([text, message]) => {
    expect(parseImage(text)).toEqual({ error: expect.stringContaining(message) });
  });

  it('a password in front of the host is never quoted', () => {
    expect(JSON.stringify(parseImage('me:hunter2@r.example/a:1'))).not.toContain('hunter2');
  });

  it('any text is parsed or refused, and what is parsed parses to itself', () => {
    const part = fc.stringMatching(/^[a-zA-Z0-9._:@/[\]-]{0,30}$/);
    fc.assert(
      fc.property(part, part, (left, right) => {
        const parsed = parseImage(`${left}/${right}`);
        if ('error' in parsed) return parsed.error.length > 0;
        const tag = parsed.tag === undefined ? '' : `:${parsed.tag}`;
        const digest = parsed.digest === undefined ? '' : `@${parsed.digest}`;
        expect(parseImage(`${parsed.registry}/${parsed.repository}${tag}${digest}`)).toEqual(parsed);
        return true;
      }),
    );
  });
});
