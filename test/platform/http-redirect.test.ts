import { describe, expect, it } from 'vitest';
import { createManualClock } from '../manual-clock.ts';
import { selfSigned } from '../servers/certificate.ts';
import { type HttpServer, startHttpServer } from '../servers/http-server.ts';
import { failureOf, startEdge, textOf, until } from './edge.ts';

const secretHeaders = { authorization: 'Bearer hunter2', 'private-token': 'hunter2' };
const headers = { accept: 'text/plain' };

/** `/to?URL` redirects there, anything else says which secrets came. */
function startForge(options: { tls?: Awaited<ReturnType<typeof selfSigned>>; status?: number } = {}) {
  return startHttpServer(({ url, headers }, response) => {
    const [path, to] = url.split('?');
    if (path === '/to') {
      return response.writeHead(options.status ?? 302, { location: decodeURIComponent(to ?? '') }).end();
    }
    return response.end(
      `${headers.authorization ?? 'none'} ${String(headers['private-token'] ?? 'none')} ${headers.accept}`,
    );
  }, options);
}

function to(server: HttpServer, location: string): string {
  return `${server.url}/to?${encodeURIComponent(location)}`;
}

describe('platform/http: redirects', () => {
  it.for([301, 302, 303, 307, 308])(
    'follows %s with its credential inside the same scheme, host and port',
    async status => {
      await using forge = await startForge({ status });
      await using http = startEdge();

      const answer = await http.request({ method: 'GET', url: to(forge, '/there'), headers, secretHeaders });

      expect(answer.url).toBe(`${forge.url}/there`);
      expect(textOf(answer.body)).toBe('Bearer hunter2 hunter2 text/plain');
    },
  );

  it('keeps HEAD a HEAD', async () => {
    await using forge = await startForge();
    await using http = startEdge();

    await http.request({ method: 'HEAD', url: to(forge, '/there') });

    expect(forge.requests.map(({ method }) => method)).toEqual(['HEAD', 'HEAD']);
  });

  it('drops the credential, and nothing else, where the host changes', async () => {
    await using forge = await startForge();
    await using http = startEdge();
    const url = to(forge, `http://other.example:${forge.port}/there`);

    const answer = await http.request({ method: 'GET', url, headers, secretHeaders });

    expect(textOf(answer.body)).toBe('none none text/plain');
  });

  it('drops the credential where the port changes', async () => {
    await using forge = await startForge();
    await using other = await startForge();
    await using http = startEdge();

    const answer = await http.request({ method: 'GET', url: to(forge, `${other.url}/there`), headers, secretHeaders });

    expect(textOf(answer.body)).toBe('none none text/plain');
  });

  it('drops the credential where the scheme changes', async () => {
    const tls = await selfSigned();
    await using secure = await startForge({ tls });
    await using plain = await startForge();
    await using http = startEdge();
    const request = { method: 'GET', headers, secretHeaders, tls: { ca: tls.certificate } } as const;

    const down = await http.request({ ...request, url: to(secure, `${plain.url}/there`) });
    const up = await http.request({ ...request, url: to(plain, `${secure.url}/there`) });

    expect([textOf(down.body), textOf(up.body)]).toEqual(['none none text/plain', 'none none text/plain']);
  });

  it('does not give the credential back when the way returns to the first host', async () => {
    await using forge = await startForge();
    await using other = await startForge();
    await using http = startEdge();
    const url = to(forge, to(other, `${forge.url}/there`));

    expect(textOf((await http.request({ method: 'GET', url, headers, secretHeaders })).body)).toBe(
      'none none text/plain',
    );
  });

  it('follows five redirects and refuses the sixth', async () => {
    await using forge = await startForge();
    await using http = startEdge();
    const chain = (hops: number) =>
      Array.from({ length: hops }, () => forge).reduce((url, server) => to(server, url), `${forge.url}/there`);

    expect(await http.request({ method: 'GET', url: chain(5) })).toMatchObject({ status: 200 });
    expect(await failureOf(http, { method: 'GET', url: chain(6) })).toMatchObject({ reason: 'RedirectRefused' });
  });

  it('ends a circle at its first repetition', async () => {
    await using server = await startHttpServer(({ url }, response) =>
      response.writeHead(302, { location: url === '/a' ? '/b' : '/a' }).end(),
    );
    await using http = startEdge();

    const failure = await failureOf(http, { method: 'GET', url: `${server.url}/a` });

    expect(failure).toMatchObject({ reason: 'RedirectRefused', message: expect.stringContaining('circle') });
    expect(server.requests).toHaveLength(2);
  });

  it.for(['POST', 'PUT', 'PATCH', 'DELETE'] as const)('does not follow %s, and gives the 3xx back', async method => {
    await using forge = await startForge({ status: 307 });
    await using http = startEdge();

    const answer = await http.request({ method, url: to(forge, '/there'), body: 'secret body', secretHeaders });

    expect(answer).toMatchObject({ status: 307, headers: { location: '/there' } });
    expect(forge.requests).toHaveLength(1);
  });

  it('gives the 3xx back where the caller follows by itself', async () => {
    await using forge = await startForge();
    await using http = startEdge();

    const answer = await http.request({ method: 'GET', url: to(forge, '/there'), redirect: 'manual' });

    expect(answer).toMatchObject({ status: 302, headers: { location: '/there' } });
  });

  it('gives a 3xx without a location back', async () => {
    await using server = await startHttpServer((_, response) => response.writeHead(302).end());
    await using http = startEdge();

    expect(await http.request({ method: 'GET', url: server.url })).toMatchObject({ status: 302 });
  });

  it.for(['file:///etc/passwd', 'gopher://other.example/', 'http://user:hunter2@other.example/', 'http://[bad/'])(
    'refuses to follow to %s',
    async location => {
      await using forge = await startForge();
      await using http = startEdge();

      const failure = await failureOf(http, { method: 'GET', url: to(forge, location) });

      expect(failure).toMatchObject({ reason: 'RedirectRefused', message: expect.not.stringContaining('hunter2') });
    },
  );

  it.for(['http://169.254.169.254/latest/meta-data/', 'http://[fd00:ec2::254]/', 'http://0/', 'http://2852039166/'])(
    'judges each hop: a redirect to %s is not followed',
    async location => {
      await using forge = await startForge();
      await using http = startEdge();

      expect(await failureOf(http, { method: 'GET', url: to(forge, location) })).toMatchObject({
        reason: 'EgressDenied',
      });
    },
  );

  it('judges each hop: a redirect to our own API server is not followed', async () => {
    await using forge = await startForge();
    await using own = await startForge();
    await using http = startEdge({ egress: { refuse: [`127.0.0.1:${own.port}`] } });

    const failure = await failureOf(http, { method: 'GET', url: to(forge, `http://innocent.example:${own.port}/`) });

    expect(failure).toMatchObject({ reason: 'EgressDenied' });
    expect(own.connections).toBe(0);
  });

  it('counts all hops into one timeout', async () => {
    const clock = createManualClock();
    await using server = await startHttpServer(({ url }, response) => {
      if (url !== '/first') return;
      clock.advance(6_000);
      response.writeHead(302, { location: '/second' }).end();
    });
    await using http = startEdge({ clock });

    const failing = failureOf(http, { method: 'GET', url: `${server.url}/first` });
    await until(() => server.requests.length === 2);
    clock.advance(4_000);

    expect(await failing).toMatchObject({ reason: 'Timeout' });
  });
});
