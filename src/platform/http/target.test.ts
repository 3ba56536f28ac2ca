import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RetryableError } from '../errors.ts';
import { parseHostPort, parseTarget } from './target.ts';

describe('platform/http/target', () => {
  it('takes a URL apart', () => {
    expect(parseTarget('https://Forge.Example.:8443/a%20b?x=1#f')).toEqual({
      secure: true,
      host: 'forge.example',
      port: 8443,
      authority: 'forge.example:8443',
      path: '/a%20b?x=1',
      url: 'https://forge.example:8443/a%20b?x=1',
    });
  });

  it.for([
    ['http://0x7f.1/', '127.0.0.1'],
    ['http://2130706433/', '127.0.0.1'],
    ['http://0251.0376.0251.0376/', '169.254.169.254'],
    ['http://[::FFFF:169.254.169.254]/', '::ffff:a9fe:a9fe'],
    ['http://①⑥⑨.254.169.254/', '169.254.169.254'],
  ] as const)('%s is the address %s, however it is written', ([url, host]) => {
    expect(parseTarget(url).host).toBe(host);
  });

  it.for([
    'https://user:hunter2@forge.example/',
    'https://hunter2@forge.example/',
    'hunter2',
    'file:///hunter2',
    'ssh://git@hunter2/',
  ])('refuses %s and does not quote it', url => {
    expect(() => parseTarget(url)).toThrow(
      expect.objectContaining({ reason: 'EgressDenied', message: expect.not.stringContaining('hunter2') }),
    );
  });

  it('any text is a target or a refusal', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl()), text => {
        try {
          expect(parseTarget(text).port).toBeGreaterThanOrEqual(0);
        } catch (error) {
          expect(error).toBeInstanceOf(RetryableError);
        }
      }),
    );
  });

  it.for([
    ['h.example', { host: 'h.example', port: undefined }],
    ['H.example.:80', { host: 'h.example', port: 80 }],
    ['[::1]:6379', { host: '::1', port: 6379 }],
    ['::1', { host: '::1', port: undefined }],
    ['h.example:0', undefined],
    ['h.example:70000', undefined],
    ['a:b:c', undefined],
    ['', undefined],
  ] as const)('the host and port of "%s"', ([text, expected]) => {
    expect(parseHostPort(text)).toEqual(expected);
  });
});
