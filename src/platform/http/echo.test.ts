import { describe, expect, it } from 'vitest';
import { withoutEcho } from './echo.ts';

const token = 'tok3n-of-somebody';
const login = Buffer.from(`me:${token}`).toString('base64');
const reply = (over: { status?: number; headers?: Record<string, string>; body?: string }) => ({
  status: over.status ?? 200,
  headers: over.headers ?? {},
  body: Buffer.from(over.body ?? ''),
});

describe('platform/http/echo', () => {
  it.each([
    ['a token', `Bearer ${token}`, token],
    ['a token alone', token, token],
    ['a login as it was sent', `Basic ${login}`, login],
    ['the password of a login', `Basic ${login}`, token],
    ['a password as URLs write it', `Basic ${Buffer.from('me:p4ss wörd').toString('base64')}`, 'p4ss%20w%C3%B6rd'],
    ['a password as headers are read', `Basic ${Buffer.from('me:p4ss-wörd').toString('base64')}`, 'p4ss-wÃ¶rd'],
  ])('%s in the answer makes it one that is not used', (_, authorization, echoed) => {
    const secrets = { authorization };
    const unused = /^h gave the credential back in its answer, of which nothing is used$/;
    expect(() => withoutEcho('h', reply({ headers: { etag: `"${echoed}"` } }), secrets)).toThrow(unused);
    expect(() => withoutEcho('h', reply({ body: `<p>${echoed}</p>` }), secrets)).toThrow(unused);
    const moved = { status: 302, headers: { location: `https://x/${echoed}` } };
    expect(() => withoutEcho('h', reply(moved), secrets)).toThrow(unused);
  });

  it('a refusal stays what it is, without the headers that hold a credential', () => {
    const refusal = reply({ status: 401, headers: { 'retry-after': '1', 'www-authenticate': token }, body: token });
    expect(withoutEcho('h', refusal, { authorization: `Bearer ${token}` })).toEqual({
      ...refusal,
      headers: { 'retry-after': '1' },
    });
  });

  it.each([
    ['nothing was sent', undefined, token],
    ['the credential is a word', { authorization: 'Bearer main-branch' }, 'main-branch'],
    ['the credential is short', { authorization: 'Bearer a1' }, 'a1'],
    ['something else came', { authorization: `Bearer ${token}` }, 'tok3n-of-nobody'],
  ])('an answer is used where %s', (_, secrets, body) => {
    const answer = reply({ body });
    expect(withoutEcho('h', answer, secrets)).toBe(answer);
  });
});
