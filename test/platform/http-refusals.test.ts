import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createManualClock } from '../manual-clock.ts';
import { startHttpServer } from '../servers/http-server.ts';
import { failureOf, startEdge, textOf, until } from './edge.ts';

describe('platform/http: refusals', () => {
  it.for([
    [400, 'UnexpectedAnswer'],
    [401, 'Unauthorized'],
    [403, 'Forbidden'],
    [404, 'NotFound'],
    [405, 'UnexpectedAnswer'],
    [407, 'NetworkError'],
    [408, 'Timeout'],
    [410, 'NotFound'],
    [414, 'UnexpectedAnswer'],
    [422, 'UnexpectedAnswer'],
    [429, 'RateLimited'],
    [451, 'Forbidden'],
    [500, 'ServerError'],
    [502, 'ServerError'],
    [503, 'ServerError'],
  ] as const)('%s is %s, with host and status in the message', async ([status, reason]) => {
    await using server = await startHttpServer((_, response) => response.writeHead(status).end('<html>'));
    await using http = startEdge();

    const failure = await failureOf(http, { method: 'GET', url: server.url });

    expect(failure).toMatchObject({ name: 'RetryableError', reason });
    expect(failure.message).toContain(`127.0.0.1:${server.port} answered ${status}`);
  });

  it('gives a status back that the caller accepts, whole', async () => {
    await using server = await startHttpServer((_, response) => response.writeHead(404).end('x'.repeat(200_000)));
    await using http = startEdge();

    const answer = await http.request({ method: 'GET', url: server.url }, [404]);

    expect(answer.status).toBe(404);
    expect(answer.body).toHaveLength(200_000);
  });

  it('says when to come back, counted from the answer’s own Date', async () => {
    const clock = createManualClock();
    const headers = {
      date: 'Thu, 01 Jan 2026 05:00:00 GMT',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(Date.parse('2026-01-01T05:10:00Z') / 1_000),
    };
    await using server = await startHttpServer((_, response) => response.writeHead(403, headers).end());
    await using http = startEdge({ clock });

    const failure = await failureOf(http, { method: 'GET', url: server.url });

    expect(failure).toMatchObject({ reason: 'RateLimited', retryAt: clock.now() + 601_000 });
  });

  it('knows the secondary limit by its words, and waits a minute', async () => {
    const clock = createManualClock();
    await using server = await startHttpServer((_, response) =>
      response.writeHead(403).end('{"message":"You have exceeded a secondary rate limit."}'),
    );
    await using http = startEdge({ clock });

    const failure = await failureOf(http, { method: 'GET', url: server.url });

    expect(failure).toMatchObject({ reason: 'RateLimited', retryAt: clock.now() + 60_000 });
  });

  it('obeys Retry-After on a 503, and gives no time for a 500', async () => {
    const clock = createManualClock();
    await using server = await startHttpServer(({ url }, response) =>
      url === '/503' ? response.writeHead(503, { 'retry-after': '9' }).end() : response.writeHead(500).end(),
    );
    await using http = startEdge({ clock });

    const busy = await failureOf(http, { method: 'GET', url: `${server.url}/503` });
    const broken = await failureOf(http, { method: 'GET', url: `${server.url}/500` });

    expect([busy.retryAt, broken.retryAt]).toEqual([clock.now() + 9_000, undefined]);
  });

  it.for(['endless', 'silent', 'cut'])('keeps the status of a refusal whose body is %s', async way => {
    const clock = createManualClock();
    let begun = false;
    await using server = await startHttpServer(({ url }, response) => {
      if (url === '/fence') return void response.end();
      response.writeHead(429, { 'retry-after': '5' });
      response.write(way === 'endless' ? Buffer.alloc(500_000) : 'slow down');
      begun = true;
      if (way === 'cut') setImmediate(() => response.socket?.resetAndDestroy());
    });
    await using http = startEdge({ clock });

    const failing = failureOf(http, { method: 'GET', url: server.url });
    await until(() => begun);
    if (way === 'silent') {
      // What was sent before this answer has arrived before it.
      await http.request({ method: 'GET', url: `${server.url}/fence`, fresh: true });
      clock.advance(10_000);
    }

    expect(await failing).toMatchObject({ reason: 'RateLimited', retryAt: clock.now() + 5_000 });
    await until(() => server.open === 0);
  });

  it('reads the words of a compressed refusal, and keeps the status of a damaged one', async () => {
    const words = gzipSync('You have exceeded a secondary rate limit.');
    await using server = await startHttpServer(({ url }, response) =>
      response.writeHead(403, { 'content-encoding': 'gzip' }).end(url === '/whole' ? words : words.subarray(0, 9)),
    );
    await using http = startEdge();

    const whole = await failureOf(http, { method: 'GET', url: `${server.url}/whole` });
    const damaged = await failureOf(http, { method: 'GET', url: `${server.url}/damaged` });

    expect([whole.reason, damaged.reason]).toEqual(['RateLimited', 'Forbidden']);
  });

  it('goes on asking after a refusal', async () => {
    let asked = 0;
    await using server = await startHttpServer((_, response) => {
      asked += 1;
      return asked === 1 ? response.writeHead(500).end() : response.end('well');
    });
    await using http = startEdge();

    await failureOf(http, { method: 'GET', url: server.url });

    expect(textOf((await http.request({ method: 'GET', url: server.url })).body)).toBe('well');
  });
});
