import { describe, expect, it } from 'vitest';
import { createManualClock } from '../manual-clock.ts';
import { selfSigned } from '../servers/certificate.ts';
import { startHttpServer } from '../servers/http-server.ts';
import { failureOf, startEdge, textOf, until } from './edge.ts';

const sized = { 'content-length': '2' };

describe('platform/http: connections', () => {
  it.for(['http', 'https'] as const)('asks over one kept connection (%s), HEAD too', async scheme => {
    const tls = await selfSigned();
    await using server = await startHttpServer(
      (_, response) => response.writeHead(200, sized).end('ok'),
      scheme === 'https' ? { tls } : {},
    );
    await using http = startEdge();

    for (let index = 0; index < 10; index += 1) {
      const method = index % 2 === 0 ? 'HEAD' : 'GET';
      await http.request({ method, url: server.url, tls: { ca: tls.certificate } });
    }

    expect(server.connections).toBe(1);
  });

  it('keeps the connection after a refusal', async () => {
    await using server = await startHttpServer((_, response) => response.writeHead(404).end('not here'));
    await using http = startEdge();

    await failureOf(http, { method: 'GET', url: server.url });
    await failureOf(http, { method: 'GET', url: server.url });

    expect(server.connections).toBe(1);
  });

  it('asks a host on 32 connections at most, and lets the rest wait', async () => {
    let held: (() => void)[] = [];
    await using server = await startHttpServer((_, response) => held.push(() => response.end('ok')));
    await using http = startEdge();

    const asked = Array.from({ length: 100 }, () => http.request({ method: 'GET', url: server.url }));
    let answered = 0;
    let most = 0;
    while (answered < 100) {
      await until(() => held.length === Math.min(32, 100 - answered));
      most = Math.max(most, held.length);
      answered += held.length;
      const now = held;
      held = [];
      for (const answer of now) answer();
    }
    await Promise.all(asked);

    expect(most).toBe(32);
    expect(server.connections).toBe(32);
  });

  it('lets a host that hangs not hold up another', async () => {
    await using hanging = await startHttpServer(() => {});
    await using well = await startHttpServer((_, response) => response.end('ok'));
    await using http = startEdge();
    const stop = new AbortController();

    const stuck = Array.from({ length: 50 }, () =>
      failureOf(http, { method: 'GET', url: hanging.url, signal: stop.signal }),
    );
    await until(() => hanging.requests.length === 32);

    expect(await http.request({ method: 'GET', url: well.url })).toMatchObject({ status: 200 });
    stop.abort();
    for (const failure of await Promise.all(stuck)) expect(failure).toMatchObject({ reason: 'Aborted' });
    expect(hanging.requests).toHaveLength(32);
  });

  it('opens a connection for a fresh question, and leaves the kept one alone', async () => {
    await using server = await startHttpServer((_, response) => response.end('ok'));
    await using http = startEdge();

    await http.request({ method: 'GET', url: server.url });
    await http.request({ method: 'GET', url: server.url, fresh: true });
    await http.request({ method: 'GET', url: server.url, fresh: true });
    await http.request({ method: 'GET', url: server.url });

    expect(server.connections).toBe(3);
    await until(() => server.open === 1);
  });

  it.for([
    ['GET', undefined, true],
    ['HEAD', undefined, true],
    ['POST', undefined, false],
    ['POST', true, true],
    ['GET', false, false],
  ] as const)('asks %s again when a kept connection died, repeatable %s: %s', async ([method, repeatable, again]) => {
    let cutting = false;
    await using server = await startHttpServer((_, response) => {
      if (cutting) {
        cutting = false;
        throw new Error('cut');
      }
      response.writeHead(200, sized).end('ok');
    });
    await using http = startEdge();
    const request = { method, url: server.url, ...(repeatable === undefined ? {} : { repeatable }) };
    await http.request(request);
    cutting = true;

    const second = await http.request(request).then(
      () => 'answered',
      error => error.reason,
    );

    expect(second).toBe(again ? 'answered' : 'NetworkError');
    expect(server.requests).toHaveLength(again ? 3 : 2);
  });

  it('asks no third time', async () => {
    let cutting = false;
    await using server = await startHttpServer((_, response) => {
      if (cutting) throw new Error('cut');
      response.end('ok');
    });
    await using http = startEdge();
    await http.request({ method: 'GET', url: server.url });
    cutting = true;

    expect(await failureOf(http, { method: 'GET', url: server.url })).toMatchObject({ reason: 'NetworkError' });
    expect(server.requests).toHaveLength(3);
  });

  it('goes on after the server closed all connections', async () => {
    await using server = await startHttpServer((_, response) => response.end('ok'));
    await using http = startEdge();
    await http.request({ method: 'POST', url: server.url });
    server.cutAll();
    await until(() => server.open === 0);
    await new Promise(resolve => setImmediate(resolve));

    expect(textOf((await http.request({ method: 'GET', url: server.url })).body)).toBe('ok');
  });

  it('leaves no connection behind when it is disposed', async () => {
    await using server = await startHttpServer(({ url }, response) => url === '/' && response.end('ok'));
    const http = startEdge();
    await http.request({ method: 'GET', url: server.url });
    const waiting = failureOf(http, { method: 'GET', url: `${server.url}/never` });
    await until(() => server.requests.length === 2);

    await http[Symbol.asyncDispose]();

    const later = await failureOf(http, { method: 'GET', url: server.url });
    expect([(await waiting).reason, later.reason]).toEqual(['Aborted', 'Aborted']);
    await until(() => server.open === 0);
    expect(server.requests).toHaveLength(2);
  });

  it.for(['an address', 'an error'])('takes no harm from a resolver that gives %s after the timeout', async way => {
    const clock = createManualClock();
    let answer = () => {};
    await using server = await startHttpServer((_, response) => response.end('ok'));
    await using http = startEdge({
      clock,
      resolve: () =>
        new Promise((resolve, reject) => {
          answer =
            way === 'an error' ? () => reject(new Error('late')) : () => resolve([{ address: '127.0.0.1', family: 4 }]);
        }),
    });
    const request = { method: 'GET', url: `http://slow.example:${server.port}/` } as const;

    const late = failureOf(http, request);
    await until(() => clock.pending === 1);
    clock.advance(10_000);
    expect(await late).toMatchObject({ reason: 'Timeout' });
    answer();

    expect(await http.request({ method: 'GET', url: server.url })).toMatchObject({ status: 200 });
    expect(server.requests).toHaveLength(1);
  });
});
