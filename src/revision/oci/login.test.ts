import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../platform/http/http.ts';
import type { RegistryAccess } from './access.ts';
import { Logins } from './login.ts';

const access: RegistryAccess = {
  registry: 'r.invalid',
  repository: 'a/b',
  credential: { username: 'me', password: 'a-password' },
  credentialId: 'id',
};
const withIdentity: RegistryAccess = { ...access, credential: { password: '', identityToken: 'an-identity' } };

/** Ports whose token address answers with this text. */
function portsOf(answer: string) {
  const requests: HttpRequest[] = [];
  const memory = { get: async () => undefined, set: async () => {} };
  const http = {
    async request(request: HttpRequest) {
      requests.push(request);
      return { status: 200, headers: {}, body: Buffer.from(answer), url: request.url };
    },
  };
  return { requests, context: { ports: { http, memory, now: () => 0 }, signal: undefined } };
}

describe('revision/oci/login', () => {
  it('adds service and scope to the address that the registry named, and keeps what stood there', async () => {
    const { requests, context } = portsOf('{"token":"t"}');
    const challenge = 'Bearer realm="https://auth.invalid/token?x=1",service="s"';
    expect(await new Logins().answer(access, challenge, context)).toBe('Bearer t');
    expect(requests[0]?.url).toBe('https://auth.invalid/token?x=1&service=s&scope=repository%3Aa%2Fb%3Apull');
    expect(requests[0]?.secretHeaders).toEqual({ authorization: `Basic ${btoa('me:a-password')}` });
  });

  it('sends an identity token in no body over plain HTTP', async () => {
    const { requests, context } = portsOf('{"token":"t"}');
    const challenge = 'Bearer realm="http://auth.invalid/token"';
    const answer = new Logins().answer(withIdentity, challenge, context);
    await expect(answer).rejects.toMatchObject({ reason: 'PlainHttpRefused' });
    expect(requests).toEqual([]);
    const allowed = { ...withIdentity, plainCredentials: true };
    expect(await new Logins().answer(allowed, challenge, context)).toBe('Bearer t');
  });

  it.for(['ftp://auth.invalid/', 'nonsense', 'https://me:secret@auth.invalid/'])(
    'goes to no address like %s',
    async realm => {
      const { requests, context } = portsOf('{"token":"t"}');
      const answer = new Logins().answer(access, `Bearer realm="${realm}"`, context);
      await expect(answer).rejects.toMatchObject({ reason: 'UnexpectedAnswer' });
      await expect(answer).rejects.not.toThrow('secret');
      expect(requests).toEqual([]);
    },
  );

  it.for(['', 'null', '[]', '{}', '{"token":""}', '{"token":1}', '{"token":"a\\r\\nx: y"}', '<html>'])(
    'takes %j for no token',
    async answer => {
      const { context } = portsOf(answer);
      const login = new Logins().answer(access, 'Bearer realm="https://auth.invalid/token"', context);
      await expect(login).rejects.toMatchObject({ reason: 'UnexpectedAnswer' });
    },
  );

  it('has nothing to say to a scheme that it does not know, nor to Basic without a credential', async () => {
    const { requests, context } = portsOf('{"token":"t"}');
    const anonymous = { ...access, credential: undefined };
    expect(await new Logins().answer(access, 'Negotiate', context)).toBeUndefined();
    expect(await new Logins().answer(access, undefined, context)).toBeUndefined();
    expect(await new Logins().answer(anonymous, 'Basic realm="r"', context)).toBeUndefined();
    expect(requests).toEqual([]);
  });
});
