import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selfSigned } from '../servers/certificate.ts';
import { startHttpServer } from '../servers/http-server.ts';
import { failureOf, startEdge, textOf, until } from './edge.ts';

const secretHeaders = { authorization: 'Bearer hunter2' };

function startOk(options: Parameters<typeof startHttpServer>[1] = {}) {
  return startHttpServer((_, response) => response.end('ok'), options);
}

describe('platform/http: TLS', () => {
  it('refuses a certificate that nobody vouches for, before anything is sent', async () => {
    await using server = await startOk({ tls: await selfSigned() });
    await using http = startEdge();

    const failure = await failureOf(http, { method: 'GET', url: server.url, secretHeaders });

    expect(failure).toMatchObject({ reason: 'TlsError', message: expect.stringContaining('ca.crt') });
    expect(server.requests).toHaveLength(0);
  });

  it('trusts the authority of the Secret, and the one of the operator', async () => {
    const tls = await selfSigned();
    await using server = await startOk({ tls });
    await using bySecret = startEdge();
    await using byOperator = startEdge({ caPem: `A comment\n${tls.certificate}\n${(await selfSigned()).certificate}` });

    await using unused = startEdge({ caPem: (await selfSigned()).certificate });

    const answers = await Promise.all([
      bySecret.request({ method: 'GET', url: server.url, tls: { ca: tls.certificate } }),
      byOperator.request({ method: 'GET', url: server.url }),
      unused.request({ method: 'GET', url: server.url, tls: { ca: tls.certificate } }),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('refuses a certificate of another name, though its authority is trusted', async () => {
    const tls = await selfSigned();
    await using server = await startOk({ tls });
    await using http = startEdge();
    const url = `https://other.example:${server.port}/`;

    const failure = await failureOf(http, { method: 'GET', url, tls: { ca: tls.certificate } });

    expect(failure).toMatchObject({
      reason: 'TlsError',
      message: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID'),
    });
  });

  it('takes any certificate where verification is skipped', async () => {
    await using server = await startOk({ tls: await selfSigned() });
    await using http = startEdge();

    expect(await http.request({ method: 'GET', url: server.url, tls: { skipVerify: true } })).toMatchObject({
      status: 200,
    });
  });

  it('never uses a connection of less trust for a request of more', async () => {
    const tls = await selfSigned();
    await using server = await startOk({ tls });
    await using http = startEdge();

    await http.request({ method: 'GET', url: server.url, tls: { skipVerify: true } });
    const plain = await failureOf(http, { method: 'GET', url: server.url, secretHeaders });
    await http.request({ method: 'GET', url: server.url, tls: { ca: tls.certificate } });
    const other = await failureOf(http, {
      method: 'GET',
      url: server.url,
      tls: { ca: (await selfSigned()).certificate },
    });

    expect([plain.reason, other.reason]).toEqual(['TlsError', 'TlsError']);
  });

  it('says TlsError for a server that speaks no TLS, with the code as cause', async () => {
    await using server = await startOk();
    await using http = startEdge();

    const failure = await failureOf(http, { method: 'GET', url: server.url.replace('http:', 'https:') });

    expect(failure).toMatchObject({ reason: 'TlsError', cause: { code: 'EPROTO' } });
  });

  it.for(['', 'no PEM', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'])(
    'says so when the authority cannot be read: %j',
    async ca => {
      await using http = startEdge();

      expect(await failureOf(http, { method: 'GET', url: 'https://forge.example/', tls: { ca } })).toMatchObject({
        reason: 'TlsError',
        message: expect.stringContaining('ca.crt'),
      });
      expect(() => startEdge({ caPem: ca })).toThrow(expect.objectContaining({ reason: 'CaFileInvalid' }));
    },
  );
});

describe('platform/http: credentials', () => {
  it('sends none over plain HTTP to another machine, not even a connection is made', async () => {
    await using server = await startOk();
    await using http = startEdge();
    const url = `http://forge.example:${server.port}/`;

    const failure = await failureOf(http, { method: 'GET', url, secretHeaders });

    expect(failure).toMatchObject({
      reason: 'PlainHttpRefused',
      message: expect.stringContaining('insecure-registry'),
    });
    expect(server.connections).toBe(0);
  });

  it('sends them over plain HTTP where the Function says so, and to loopback', async () => {
    await using server = await startOk();
    await using http = startEdge();

    await http.request({
      method: 'GET',
      url: `http://forge.example:${server.port}/`,
      secretHeaders,
      plainCredentials: true,
    });
    await http.request({ method: 'GET', url: `http://localhost:${server.port}/`, secretHeaders });
    await http.request({ method: 'GET', url: server.url, secretHeaders });

    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill('Bearer hunter2'));
  });

  it('asks plain HTTP without credentials', async () => {
    await using server = await startOk();
    await using http = startEdge();

    await http.request({ method: 'GET', url: `http://forge.example:${server.port}/`, secretHeaders: {} });

    expect(server.requests).toHaveLength(1);
  });

  it('does not believe a resolver that leads names of this machine elsewhere', async () => {
    await using server = await startOk();
    await using http = startEdge({ resolve: async () => [{ address: '192.0.2.1', family: 4 }] });
    const url = `http://registry.localhost:${server.port}/`;

    expect(await http.request({ method: 'GET', url, secretHeaders })).toMatchObject({ status: 200 });
  });

  it.for(['hunter2\nx-injected: 1', 'hunter2\r\n\r\nGET / HTTP/1.1', '密码hunter2'])(
    'refuses the credential %j, without quoting it',
    async authorization => {
      await using server = await startOk();
      await using http = startEdge();

      const failure = await failureOf(http, { method: 'GET', url: server.url, secretHeaders: { authorization } });

      expect(failure).toMatchObject({ reason: 'Unauthorized', message: expect.not.stringContaining('hunter2') });
      expect(server.requests).toHaveLength(0);
    },
  );

  it('refuses a URL with user name or password', async () => {
    await using server = await startOk();
    await using http = startEdge();
    const url = `http://me:hunter2@127.0.0.1:${server.port}/`;

    const failure = await failureOf(http, { method: 'GET', url });

    expect(failure).toMatchObject({ reason: 'EgressDenied', message: expect.not.stringContaining('hunter2') });
    expect(server.connections).toBe(0);
  });

  it('no secret is in any message or log, whichever way a request fails', async () => {
    await using server = await startHttpServer(({ url }, response) => {
      if (url.startsWith('/cut')) throw new Error('cut');
      if (url.startsWith('/raw')) return response.socket?.end('hunter2 hunter2');
      response.writeHead(Number(url.slice(1, 4)), {
        location: `http://hunter2@other.example/?hunter2`,
        'x-leak': 'hunter2',
        'www-authenticate': 'Basic realm="hunter2"',
        'content-encoding': url.includes('gz') ? 'gzip' : 'identity',
      });
      return response.end('{"message":"hunter2"}');
    });
    await using http = startEdge();
    const ways = ['302', '401', '403', '404', '418', '429', '500', '200gz', 'cut', 'raw', '200big'];

    for (const way of ways) {
      const request = {
        method: 'GET',
        url: `${server.url}/${way}?token=hunter2`,
        headers: { 'x-own': 'hunter2' },
        secretHeaders,
        body: 'hunter2',
        ...(way === '200big' ? { maxBytes: 3 } : {}),
      } as const;
      const failure = await failureOf(http, request);
      expect(failure.name).toBe('RetryableError');
      expect(failure.message).toContain(`127.0.0.1:${server.port}`);
      const told = [failure.message, failure.stack, String(failure.cause), JSON.stringify(failure.cause)];
      expect(told.join('\n')).not.toContain('hunter2');
    }
    expect(http.logged()).toContain('a request failed');
    expect(http.logged()).not.toContain('hunter2');
  });
});

describe('platform/http: egress', () => {
  it.for([
    'http://169.254.169.254/latest/meta-data/',
    'http://0xa9fea9fe/',
    'http://0251.0376.0251.0376/',
    'http://[::ffff:169.254.169.254]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
    'http://0.0.0.0/',
    'http://[::]/',
    'http://100.100.100.200/',
  ])('never connects to %s', async url => {
    await using http = startEdge({ egress: { allow: ['*'] } });

    expect(await failureOf(http, { method: 'GET', url })).toMatchObject({ reason: 'EgressDenied' });
  });

  it('judges the address that a name resolves to', async () => {
    await using http = startEdge({ resolve: async () => [{ address: '169.254.169.254', family: 4 }] });

    expect(await failureOf(http, { method: 'GET', url: 'https://innocent.example/' })).toMatchObject({
      reason: 'EgressDenied',
      message: expect.stringContaining('innocent.example:443'),
    });
  });

  it('connects only to those addresses of a name that are allowed', async () => {
    await using server = await startOk();
    await using http = startEdge({
      resolve: async () => [
        { address: '169.254.169.254', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ],
    });

    expect(await http.request({ method: 'GET', url: `http://mixed.example:${server.port}/` })).toMatchObject({
      status: 200,
    });
  });

  it('connects to the very address that was judged: a name that changes in between does no harm', async () => {
    await using allowed = await startHttpServer((_, response) => response.end('allowed'), { address: '127.0.0.2' });
    await using inner = await startHttpServer((_, response) => response.end('inner'), { port: allowed.port });
    const answers = ['127.0.0.2'];
    await using http = startEdge({
      egress: { loopback: false, allow: [`127.0.0.2:${allowed.port}`] },
      resolve: async () => [{ address: answers.shift() ?? '127.0.0.1', family: 4 }],
    });
    const request = { method: 'GET', url: `http://rebinding.example:${allowed.port}/` } as const;

    const first = await http.request(request);
    const kept = await http.request(request);
    const rebound = await failureOf(http, { ...request, fresh: true });

    expect([textOf(first.body), textOf(kept.body)]).toEqual(['allowed', 'allowed']);
    expect(rebound).toMatchObject({ reason: 'EgressDenied' });
    expect(inner.connections).toBe(0);
  });

  it('refuses loopback outside local mode, however it is named, unless address and port are opened', async () => {
    await using server = await startOk();
    await using closed = startEdge({ egress: { loopback: false } });
    await using opened = startEdge({ egress: { loopback: false, allow: [`127.0.0.1:${server.port}`] } });

    for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '2130706433', 'innocent.example']) {
      const failure = await failureOf(closed, { method: 'GET', url: `http://${host}:${server.port}/` });
      expect(failure).toMatchObject({
        reason: 'EgressDenied',
        message: expect.stringContaining('--egress-allow'),
      });
    }
    expect(server.connections).toBe(0);
    expect(await opened.request({ method: 'GET', url: server.url })).toMatchObject({ status: 200 });
  });

  it('never connects to our own servers, in local mode too', async () => {
    await using server = await startOk();
    const own = `localhost:${server.port}`;
    await using http = startEdge({ egress: { refuse: [own], allow: ['*', own, `127.0.0.1:${server.port}`] } });

    for (const host of ['127.0.0.1', 'localhost', '127.0.0.9', 'innocent.example']) {
      const failure = await failureOf(http, { method: 'GET', url: `http://${host}:${server.port}/` });
      expect(failure).toMatchObject({ reason: 'EgressDenied' });
    }
    expect(server.connections).toBe(0);
  });

  it('any spelling of an address that is never asked is refused', async () => {
    await using http = startEdge({ egress: { allow: ['*'] } });
    const octet = fc.integer({ min: 0, max: 255 });
    const spelled = fc
      .tuple(octet, octet, fc.constantFrom('dotted', 'number', 'hex', 'octal', 'mapped'))
      .map(([c, d, form]) => {
        const number = ((169 << 24) | (254 << 16) | (c << 8) | d) >>> 0;
        if (form === 'number') return String(number);
        if (form === 'hex') return `0x${number.toString(16)}`;
        if (form === 'octal') return [169, 254, c, d].map(part => `0${part.toString(8)}`).join('.');
        return form === 'mapped' ? `[::ffff:169.254.${c}.${d}]` : `169.254.${c}.${d}`;
      });

    await fc.assert(
      fc.asyncProperty(spelled, async host => {
        expect(await failureOf(http, { method: 'GET', url: `http://${host}/` })).toMatchObject({
          reason: 'EgressDenied',
        });
      }),
    );
  });

  it('asks a resolver once for each connection, not for each request', async () => {
    await using server = await startOk();
    let resolved = 0;
    await using http = startEdge({
      resolve: async () => {
        resolved += 1;
        return [{ address: '127.0.0.1', family: 4 }];
      },
    });

    for (let index = 0; index < 5; index += 1) {
      await http.request({ method: 'GET', url: `http://forge.example:${server.port}/` });
    }

    expect(resolved).toBe(1);
    await until(() => server.open === 1);
  });
});
