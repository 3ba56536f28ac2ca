import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGitUrl } from './git-url.ts';

describe('watch/git-url', () => {
  it.for([
    ['https://github.com/o/r', 'https://github.com/o/r'],
    ['https://github.com/o/r.git', 'https://github.com/o/r'],
    ['https://github.com/o/r.git/', 'https://github.com/o/r'],
    ['https://github.com/o/r/', 'https://github.com/o/r'],
    ['HTTPS://GitHub.com:443/o/r', 'https://github.com/o/r'],
    ['https://github.com./o/r', 'https://github.com/o/r'],
    ['http://git.example:80/o/r', 'http://git.example/o/r'],
    ['http://127.0.0.1:8080/o/r.git', 'http://127.0.0.1:8080/o/r'],
    ['https://[::1]:8443/o/r', 'https://[::1]:8443/o/r'],
    ['https://git@github.com/o/r', 'https://github.com/o/r'],
    ['https://gitlab.example/a/b/c/d.git', 'https://gitlab.example/a/b/c/d'],
    ['https://gitlab.example//a///b', 'https://gitlab.example/a/b'],
    ['https://gitlab.example/a/./x/../b', 'https://gitlab.example/a/b'],
    ['https://h.example/%7Eme/r%20s/%61', 'https://h.example/~me/r%20s/a'],
    ['https://h.example/a%2Fb/c', 'https://h.example/a%2Fb/c'],
    ['https://h.example/größe', 'https://h.example/gr%C3%B6%C3%9Fe'],
    ['https://bücher.example/a', 'https://xn--bcher-kva.example/a'],
    ['https://h.example/srv/.git', 'https://h.example/srv/.git'],
    ['git@github.com:o/r.git', 'https://github.com/o/r'],
    ['git@GitHub.com:/o/r/', 'https://github.com/o/r'],
    ['git@h.example:42/r', 'https://h.example/42/r'],
    ['h.example:o/r', 'https://h.example/o/r'],
    ['git@[::1]:o/r', 'https://[::1]/o/r'],
    ['git@h.example:o/50%', 'https://h.example/o/50%25'],
    ['ssh://git@github.com/o/r.git', 'https://github.com/o/r'],
    ['ssh://h.example:22/o/r', 'https://h.example/o/r'],
    ['git+ssh://git@h.example/o/r', 'https://h.example/o/r'],
    ['ssh://git@ssh.github.com:443/o/r', 'https://github.com/o/r'],
  ] as const)('%s is polled at %s', ([text, url]) => {
    expect(parseGitUrl(text)).toMatchObject({ url });
  });

  it('the port of ssh is told apart from that of https', () => {
    expect(parseGitUrl('ssh://git@h.example:2222/o/r')).toEqual({
      url: 'https://h.example/o/r',
      ssh: true,
      sshPort: '2222',
    });
    expect(parseGitUrl('https://h.example:2222/o/r')).toEqual({ url: 'https://h.example:2222/o/r', ssh: false });
  });

  it.for([
    ['', 'must be an address'],
    ['github.com/o/r', 'must be an address'],
    ['https:/github.com/o/r', 'must be an address'],
    ['h.example:8080/o/r', 'must be an address'],
    ['ext::sh -c true', 'white space'],
    ['ext::sh', 'must be an address'],
    ['../r', 'must be an address'],
    ['/srv/r', 'must be an address'],
    ['file:///srv/r', 'must begin with'],
    ['git://h.example/r', 'must begin with'],
    ['https://', 'must be an address'],
    ['https://h.example', 'names no repository'],
    ['https://h.example/', 'names no repository'],
    ['https://h.example/..', 'names no repository'],
    ['https://h.example/o/r?ref=x', 'no query'],
    ['https://h.example/o/r#x', 'no query'],
    ['https://h.example/o/50%', 'percent sign'],
    ['https://h.example/o\\r', 'must be an address'],
    ['https://h.example:99999/o/r', 'must be an address'],
    [`https://h.example/${'a'.repeat(2048)}`, 'longer than'],
  ] as const)('%j is refused: %s', ([text, message]) => {
    expect(parseGitUrl(text)).toEqual({ error: expect.stringContaining(message) });
  });

  it.for([
    'https://hunter2@h.example/o/r',
    'https://me:hunter2@h.example/o/r',
    'https://git:hunter2@h.example/o/r',
    'https://:hunter2@h.example/o/r',
    'https://x:hunter2@h.example:99999/o/r',
    'ssh://hunter2@h.example/o/r',
    'hunter2@h.example:o/r',
    'me:hunter2@h.example:o/r',
    'me:hunter2@h.example/o/r',
  ])('a user is refused and not shown: %s', text => {
    const parsed = parseGitUrl(text);
    expect(parsed).toEqual({ error: expect.stringContaining('a credential belongs into the Secret') });
    expect(JSON.stringify(parsed)).not.toContain('hunter2');
  });

  const segment = fc.stringMatching(/^[a-zA-Z0-9._~%@:+()äß-]{0,12}$/);
  const path = fc.array(segment, { maxLength: 5 }).map(parts => parts.join('/'));
  const host = fc.constantFrom('h.example', 'H.Example:8443', 'localhost:3000', '[::1]', '127.0.0.1', 'a.b.');
  const head = fc.constantFrom('https://', 'http://', 'ssh://git@', 'ssh://', 'git@', '');

  it('any text is read or refused, and what is read reads as itself', () => {
    fc.assert(
      fc.property(head, host, fc.constantFrom('/', ':'), path, (start, name, joint, rest) => {
        const parsed = parseGitUrl(`${start}${name}${joint}${rest}`);
        if ('error' in parsed) return parsed.error.length > 0;
        expect(parseGitUrl(parsed.url)).toEqual({ url: parsed.url, ssh: false });
        expect(parsed.url).toMatch(/^https?:\/\/[^/@]+\/[^?#\s]*[^/?#\s]$/);
        return true;
      }),
      { numRuns: 2000 },
    );
  });

  it('no text makes it throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        expect(() => parseGitUrl(text)).not.toThrow();
      }),
    );
  });

  it('.git and a slash at the end change nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z0-9-]{1,8}$/), { minLength: 1, maxLength: 4 }), parts => {
        const plain = `https://h.example/${parts.join('/')}`;
        const forms = [`${plain}.git`, `${plain}/`, `${plain}.git/`, `ssh://git@h.example/${parts.join('/')}.git`];
        for (const form of [...forms, `git@h.example:${parts.join('/')}`]) {
          expect(parseGitUrl(form)).toMatchObject({ url: plain });
        }
      }),
    );
  });
});
