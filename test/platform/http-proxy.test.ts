import { describe, expect, it } from 'vitest';
import { createManualClock } from '../manual-clock.ts';
import { selfSigned } from '../servers/certificate.ts';
import { startForwardProxy } from '../servers/forward-proxy.ts';
import { startHttpServer } from '../servers/http-server.ts';
import { failureOf, startEdge, textOf, until } from './edge.ts';

function startOk(options: Parameters<typeof startHttpServer>[1] = {}) {
  return startHttpServer(({ url, headers }, response) => response.end(`${url} ${headers.host}`), options);
}

function through(port: number, noProxy?: string, login = '') {
  const address = `http://${login}127.0.0.1:${port}`;
  return { proxies: { httpProxy: address, httpsProxy: address, noProxy } };
}

describe('platform/http: proxies', () => {
  it('asks http:// with the whole URL, over one kept connection', async () => {
    await using server = await startOk();
    await using proxy = await startForwardProxy();
    await using http = startEdge(through(proxy.port));
    const url = `http://forge.example:${server.port}/p?q=1`;

    const answer = await http.request({ method: 'GET', url });
    await http.request({ method: 'GET', url });

    expect(textOf(answer.body)).toBe(`/p?q=1 forge.example:${server.port}`);
    expect(proxy.asked).toEqual([`GET ${url}`, `GET ${url}`]);
  });

  it('asks https:// through a tunnel that is kept; the certificate is the host’s', async () => {
    const tls = await selfSigned();
    await using server = await startOk({ tls });
    await using proxy = await startForwardProxy();
    await using http = startEdge({ ...through(proxy.port), resolve: async () => [{ address: '10.9.9.9', family: 4 }] });
    const request = { method: 'GET', url: `https://forge.example:${server.port}/p` } as const;

    const answer = await http.request({ ...request, tls: { skipVerify: true } });
    await http.request({ ...request, tls: { skipVerify: true } });
    const unverified = await failureOf(http, { ...request, tls: { ca: tls.certificate } });

    expect(textOf(answer.body)).toBe(`/p forge.example:${server.port}`);
    expect(unverified).toMatchObject({ reason: 'TlsError', message: expect.stringContaining('ALTNAME') });
    expect(proxy.asked).toEqual(Array(2).fill(`CONNECT forge.example:${server.port}`));
  });

  it('speaks TLS to a proxy that wants it', async () => {
    const tls = await selfSigned();
    await using server = await startOk({ tls });
    await using plain = await startOk();
    await using proxy = await startForwardProxy({ tls });
    const address = `https://localhost:${proxy.port}`;
    await using http = startEdge({ proxies: { httpProxy: address, httpsProxy: address }, caPem: tls.certificate });

    await http.request({ method: 'GET', url: `https://forge.example:${server.port}/`, tls: { skipVerify: true } });
    await http.request({ method: 'GET', url: `http://forge.example:${plain.port}/` });

    expect(proxy.asked).toEqual([`CONNECT forge.example:${server.port}`, `GET http://forge.example:${plain.port}/`]);
  });

  it('logs in at the proxy, and shows the login to nobody else', async () => {
    const tls = await selfSigned();
    await using server = await startOk({ tls });
    await using plain = await startOk();
    await using proxy = await startForwardProxy({ login: 'me:hunter2' });
    await using http = startEdge(through(proxy.port, undefined, 'me:hunter2@'));

    await http.request({ method: 'GET', url: `https://forge.example:${server.port}/`, tls: { skipVerify: true } });
    await http.request({ method: 'GET', url: `http://forge.example:${plain.port}/` });

    const seen = [...server.requests, ...plain.requests].map(({ headers }) => headers['proxy-authorization']);
    expect(seen).toEqual([undefined, undefined]);
  });

  it('says that the proxy wants a login', async () => {
    await using proxy = await startForwardProxy({ login: 'me:hunter2' });
    await using http = startEdge(through(proxy.port, undefined, 'me:wrong@'));

    const failures = [
      await failureOf(http, { method: 'GET', url: 'https://forge.example/' }),
      await failureOf(http, { method: 'GET', url: 'http://forge.example/' }),
    ];

    for (const failure of failures) {
      expect(failure).toMatchObject({
        reason: 'NetworkError',
        message: expect.stringMatching(/proxy.*407|407.*proxy/),
      });
      expect(failure.message).not.toMatch(/wrong|hunter2/);
    }
  });

  it('names the proxy when it is down, refuses, or is silent', async () => {
    const clock = createManualClock();
    await using silent = await startForwardProxy({ silent: true });
    await using refusing = await startForwardProxy();
    await using stuck = startEdge({ ...through(silent.port), clock });
    await using refused = startEdge(through(refusing.port));
    await using down = startEdge(through(1));

    const waiting = failureOf(stuck, { method: 'GET', url: 'https://forge.example/', timeoutMs: 60_000 });
    await until(() => silent.asked.length === 1);
    clock.advance(10_000);

    expect(await waiting).toMatchObject({ reason: 'Timeout', message: expect.stringContaining('the proxy 127.0.0.1') });
    expect(await failureOf(refused, { method: 'GET', url: 'https://forge.example:1/' })).toMatchObject({
      reason: 'NetworkError',
      message: expect.stringContaining('answered 502 for forge.example:1'),
    });
    expect(await failureOf(down, { method: 'GET', url: 'http://forge.example/' })).toMatchObject({
      reason: 'NetworkError',
      message: expect.stringContaining('the proxy 127.0.0.1:1 cannot be reached'),
    });
  });

  it('goes past the proxy for what NO_PROXY names, and for loopback', async () => {
    await using server = await startOk();
    await using proxy = await startForwardProxy();
    await using http = startEdge(through(proxy.port, '.corp.example,10.0.0.0/8'));

    await http.request({ method: 'GET', url: `http://git.corp.example:${server.port}/` });
    await http.request({ method: 'GET', url: server.url });

    expect(proxy.asked).toEqual([]);
    expect(server.requests).toHaveLength(2);
  });

  it.for([
    ['a metadata address', 'http://169.254.169.254/', '127.0.0.1'],
    ['a name of a metadata address', 'https://innocent.example/', '169.254.169.254'],
    ['a metadata name that only the proxy knows', 'http://metadata.google.internal/', undefined],
    ['what is denied by name', 'https://denied.example/', undefined],
    ['what is denied by address', 'https://innocent.example/', '10.6.6.6'],
    ['our own Redis', 'http://innocent.example:6379/', '10.0.0.5'],
  ] as const)('does not ask a proxy for %s', async ([, url, address]) => {
    await using proxy = await startForwardProxy();
    await using http = startEdge({
      ...through(proxy.port),
      egress: { deny: ['denied.example', '10.6.0.0/16'], refuse: ['10.0.0.5:6379'] },
      resolve: async () => {
        if (address === undefined) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
        return [{ address, family: 4 }];
      },
    });

    expect(await failureOf(http, { method: 'GET', url })).toMatchObject({ reason: 'EgressDenied' });
    expect(proxy.asked).toEqual([]);
  });

  it('asks the proxy for names that only the proxy can resolve', async () => {
    await using server = await startOk();
    await using proxy = await startForwardProxy();
    await using http = startEdge({
      ...through(proxy.port),
      resolve: async () => {
        throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
      },
    });

    expect(await http.request({ method: 'GET', url: `http://outside.example:${server.port}/` })).toMatchObject({
      status: 200,
    });
  });
});
