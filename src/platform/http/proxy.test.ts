import { describe, expect, it } from 'vitest';
import { createProxyChoice } from './proxy.ts';
import { parseTarget } from './target.ts';

const both = { httpProxy: 'http://plain.example:3128', httpsProxy: 'http://secure.example:3129' };

function hostFor(url: string, noProxy?: string): string | undefined {
  return createProxyChoice({ ...both, noProxy })(parseTarget(url))?.host;
}

describe('platform/http/proxy', () => {
  it('takes the proxy of the scheme', () => {
    expect(hostFor('http://forge.example/')).toBe('plain.example');
    expect(hostFor('https://forge.example/')).toBe('secure.example');
  });

  it('takes none where none is set for the scheme', () => {
    const choose = createProxyChoice({ httpsProxy: 'secure.example:3129' });

    expect(choose(parseTarget('http://forge.example/'))).toBeUndefined();
    expect(choose(parseTarget('https://forge.example/'))).toMatchObject({ host: 'secure.example', port: 3129 });
  });

  it.for(['http://localhost:3000/', 'http://127.0.0.1/', 'http://[::1]:5000/', 'http://a.localhost/'])(
    'takes none for %s',
    url => {
      expect(hostFor(url)).toBeUndefined();
    },
  );

  it.for([
    ['*', 'https://forge.example/', true],
    ['forge.example', 'https://forge.example/', true],
    ['forge.example', 'https://FORGE.example./', true],
    ['forge.example', 'https://a.forge.example/', true],
    ['forge.example', 'https://notforge.example/', false],
    ['.example', 'https://forge.example/', true],
    ['*.example', 'https://forge.example/', true],
    ['.forge.example', 'https://forge.example/', false],
    ['forge.example:8443', 'https://forge.example:8443/', true],
    ['forge.example:8443', 'https://forge.example/', false],
    ['10.0.0.0/8', 'https://10.1.2.3/', true],
    ['10.0.0.0/8', 'https://11.1.2.3/', false],
    ['10.1.2.3', 'https://10.1.2.3/', true],
    ['10.1.2.3:8443', 'https://10.1.2.3:8443/', true],
    ['10.1.2.3:8443', 'https://10.1.2.3/', false],
    ['fd00::/8', 'https://[fd12::1]/', true],
    ['[fd12::0001]:8443', 'https://[fd12::1]:8443/', true],
    ['other.example, forge.example', 'https://forge.example/', true],
    ['other.example forge.example', 'https://forge.example/', true],
    ['2.3', 'https://10.1.2.3/', false],
    ['', 'https://forge.example/', false],
  ] as const)('NO_PROXY "%s" spares %s: %s', ([noProxy, url, spared]) => {
    expect(hostFor(url, noProxy) === undefined).toBe(spared);
  });

  it('makes a login of the user and password in the address', () => {
    const choose = createProxyChoice({ httpsProxy: 'https://us%40er:p%C3%A4ss@proxy.example' });

    expect(choose(parseTarget('https://forge.example/'))).toEqual({
      secure: true,
      host: 'proxy.example',
      port: 443,
      authorization: `Basic ${Buffer.from('us@er:päss').toString('base64')}`,
    });
  });

  it.for(['socks5://user:hunter2@proxy.example', 'http://', 'http://user:hunter2@proxy.example:99999'])(
    'refuses %s, without its password',
    httpsProxy => {
      expect(() => createProxyChoice({ httpsProxy })).toThrow(
        expect.objectContaining({ reason: 'ProxyInvalid', message: expect.not.stringContaining('hunter2') }),
      );
    },
  );
});
