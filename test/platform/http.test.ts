import { once } from 'node:events';
import { createServer } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { createManualClock } from '../manual-clock.ts';
import { startHttpServer } from '../servers/http-server.ts';
import { failureOf, startEdge, textOf, until } from './edge.ts';

/** A server that speaks bytes, not HTTP. */
async function startRaw(answer: string | undefined) {
  const server = createServer(socket => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => (answer === undefined ? socket.resetAndDestroy() : socket.end(answer)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

describe('platform/http: one exchange', () => {
  it('sends method, headers and body, and gives status, headers and body back', async () => {
    await using server = await startHttpServer(({ method, headers, body }, response) => {
      response.setHeader('X-Two', ['a', 'b']);
      response.setHeader('Set-Cookie', ['c=1', 'd=2']);
      response.writeHead(201).end(`${method} ${String(headers['x-one'])} ${headers['user-agent']} ${body}`);
    });
    await using http = startEdge();

    const answer = await http.request({
      method: 'POST',
      url: `${server.url}/p?q=1#f`,
      headers: { 'x-one': '1' },
      body: 'ä',
    });

    expect(answer).toMatchObject({ status: 201, url: `${server.url}/p?q=1` });
    expect(answer.headers).toMatchObject({ 'x-two': 'a, b', 'set-cookie': 'c=1, d=2' });
    expect(textOf(answer.body)).toBe('POST 1 revflow/test ä');
    expect(server.requests[0]).toMatchObject({ url: '/p?q=1', headers: { 'content-length': '2' } });
  });

  it('gives HEAD its headers and no body', async () => {
    await using server = await startHttpServer((_, response) => response.setHeader('etag', '"1"').end());
    await using http = startEdge();

    const answer = await http.request({ method: 'HEAD', url: server.url });

    expect(answer.headers['etag']).toBe('"1"');
    expect(answer.body).toHaveLength(0);
  });

  it('gives 304 back as an answer', async () => {
    await using server = await startHttpServer((_, response) => response.writeHead(304).end());
    await using http = startEdge();

    expect(await http.request({ method: 'GET', url: server.url })).toMatchObject({ status: 304 });
  });

  it('ends a server that never answers at the timeout', async () => {
    const clock = createManualClock();
    await using server = await startHttpServer(() => {});
    await using http = startEdge({ clock });

    const failing = failureOf(http, { method: 'GET', url: server.url });
    await until(() => server.requests.length === 1);
    clock.advance(10_000);

    expect(await failing).toMatchObject({
      reason: 'Timeout',
      message: `127.0.0.1:${server.port} did not answer within 10 s`,
    });
    await until(() => server.open === 0);
  });

  it('ends a slow drip at the timeout, however much came until then', async () => {
    const clock = createManualClock();
    let dripped = 0;
    await using server = await startHttpServer(async (_, response) => {
      response.writeHead(200);
      while (!response.closed) {
        response.write('.');
        dripped += 1;
        await systemClock.sleep(1);
      }
    });
    await using http = startEdge({ clock });

    const failing = failureOf(http, { method: 'GET', url: server.url, timeoutMs: 3_000 });
    for (let second = 1; second <= 3; second += 1) {
      const before = dripped;
      await until(() => dripped > before + 3);
      clock.advance(1_000);
    }

    expect(await failing).toMatchObject({ reason: 'Timeout' });
    await until(() => server.open === 0);
  });

  it.for([
    ['announced', { 'content-length': '2000' }],
    ['not announced', {}],
  ] as const)('cuts off an answer longer than allowed (%s)', async ([, headers]) => {
    await using server = await startHttpServer((_, response) =>
      response.writeHead(200, headers).end('x'.repeat(2_000)),
    );
    await using http = startEdge();

    const failure = await failureOf(http, { method: 'GET', url: server.url, maxBytes: 1_999 });
    const whole = await http.request({ method: 'GET', url: server.url, maxBytes: 2_000 });

    expect(failure).toMatchObject({ reason: 'AnswerTooLarge', message: expect.stringContaining('1999') });
    expect(whole.body).toHaveLength(2_000);
  });

  it('reads one MiB unless told otherwise, and stops an endless answer there', async () => {
    await using server = await startHttpServer((_, response) => {
      const chunk = Buffer.alloc(65_536);
      const more = () => {
        while (!response.closed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    });
    await using http = startEdge();

    expect(await failureOf(http, { method: 'GET', url: server.url })).toMatchObject({ reason: 'AnswerTooLarge' });
    await until(() => server.open === 0);
  });

  it.for([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['identity', (body: Buffer) => body],
  ] as const)('decodes %s', async ([encoding, encode]) => {
    await using server = await startHttpServer((_, response) =>
      response.setHeader('content-encoding', encoding).end(encode(Buffer.from('hello'))),
    );
    await using http = startEdge();

    expect(textOf((await http.request({ method: 'GET', url: server.url })).body)).toBe('hello');
  });

  it('limits what comes out of a compressed answer, not what went in', async () => {
    await using server = await startHttpServer((_, response) =>
      response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(10_000_000))),
    );
    await using http = startEdge();

    expect(await failureOf(http, { method: 'GET', url: server.url })).toMatchObject({ reason: 'AnswerTooLarge' });
  });

  it.for([
    ['damaged', 'gzip'],
    ['compressed in an unknown way', 'zstd-of-old'],
    ['compressed twice', 'gzip, gzip'],
  ] as const)('refuses an answer that is %s', async ([, encoding]) => {
    await using server = await startHttpServer((_, response) =>
      response.setHeader('content-encoding', encoding).end('no gzip'),
    );
    await using http = startEdge();

    expect(await failureOf(http, { method: 'GET', url: server.url })).toMatchObject({ reason: 'UnexpectedAnswer' });
  });

  it.for([
    ['garbage', 'SSH-2.0-OpenSSH_9.2\r\n', 'UnexpectedAnswer'],
    ['a truncated body', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', 'NetworkError'],
    ['a truncated chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\nhalf', 'NetworkError'],
    ['truncated headers', 'HTTP/1.1 200 OK\r\nx-a', 'NetworkError'],
    ['endless headers', `HTTP/1.1 200 OK\r\nx-a: ${'a'.repeat(100_000)}\r\n\r\n`, 'AnswerTooLarge'],
    ['a switch of protocols', 'HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n', 'NetworkError'],
    ['nothing', '', 'NetworkError'],
    ['a reset', undefined, 'NetworkError'],
  ] as const)('classifies %s', async ([, answer, reason]) => {
    await using server = await startRaw(answer);
    await using http = startEdge();

    expect(await failureOf(http, { method: 'GET', url: server.url })).toMatchObject({ name: 'RetryableError', reason });
  });

  it('classifies a port where nothing listens, and a name that does not resolve', async () => {
    await using http = startEdge({
      resolve: async host => {
        if (host === 'gone.example') throw Object.assign(new Error('no'), { code: 'ENOTFOUND' });
        return [{ address: '127.0.0.1', family: 4 }];
      },
    });

    const closed = await failureOf(http, { method: 'GET', url: 'http://closed.example:1/' });
    const unknown = await failureOf(http, { method: 'GET', url: 'http://gone.example/' });

    expect(closed).toMatchObject({ reason: 'NetworkError', message: expect.stringContaining('nothing listens there') });
    expect(unknown).toMatchObject({
      reason: 'NetworkError',
      message: expect.stringContaining('its name is not known'),
    });
  });

  it('gives up at the signal: before the question, while it waits, and in the midst of the answer', async () => {
    await using server = await startHttpServer(({ url }, response) => {
      if (url === '/half') response.write('half');
    });
    await using http = startEdge();
    const early = AbortSignal.abort();
    const [waiting, midway] = [new AbortController(), new AbortController()];

    const failures = [
      failureOf(http, { method: 'GET', url: server.url, signal: early }),
      failureOf(http, { method: 'GET', url: `${server.url}/never`, signal: waiting.signal }),
      failureOf(http, { method: 'GET', url: `${server.url}/half`, signal: midway.signal }),
    ];
    await until(() => server.requests.length === 2);
    waiting.abort();
    midway.abort();

    for (const failure of await Promise.all(failures)) expect(failure).toMatchObject({ reason: 'Aborted' });
    expect(server.requests).toHaveLength(2);
    await until(() => server.open === 0);
  });

  it('throws faults of our own as they are', async () => {
    await using http = startEdge();
    const bad = { method: 'GET', url: 'http://127.0.0.1:1/', headers: { 'x-a': 'line\nbreak' } } as const;

    expect(await failureOf(http, bad)).toBeInstanceOf(TypeError);
  });

  it('tells of each exchange with its host and how it ended', async () => {
    await using server = await startHttpServer(({ url }, response) =>
      response.writeHead(url === '/' ? 200 : 503).end(),
    );
    await using http = startEdge();

    await http.request({ method: 'GET', url: `${server.url}/` });
    await failureOf(http, { method: 'GET', url: `${server.url}/ill` });
    await failureOf(http, { method: 'GET', url: 'http://closed.example:1/' });

    expect(http.exchanges.map(({ host, status }) => ({ host, status }))).toEqual([
      { host: `127.0.0.1:${server.port}`, status: 200 },
      { host: `127.0.0.1:${server.port}`, status: 503 },
      { host: 'closed.example:1', status: 'NetworkError' },
    ]);
  });
});
