// What the kube port makes of an API server that is ill, slow or away: one KubeError each, with a time to try again where it says so.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Kube, Ref } from '../../src/platform/kube/kube.ts';
import { createManualClock } from '../manual-clock.ts';
import { isRealCluster, startTestCluster, type TestCluster } from '../servers/api-server.ts';
import type { Fault, FaultProxy } from '../servers/fault-proxy.ts';
import { refused } from './kube.ts';
import { widget, widgetDefinition, widgetKind } from './widget.ts';

const json = { 'content-type': 'application/json' };

/** The suite, over the API server that `startTestCluster` finds, with a proxy between. */
export function kubeFaultsContract(): void {
  describe(`kube port before ${isRealCluster ? 'a real' : 'the embedded'} API server that fails`, () => {
    const clock = createManualClock();
    let cluster: TestCluster;
    let proxy: FaultProxy;
    let kube: Kube;
    let ref: Ref;

    beforeAll(async () => {
      cluster = await startTestCluster();
      await cluster.install([widgetDefinition]);
      const breakable = await cluster.breakable();
      proxy = breakable.proxy;
      kube = await cluster.connect({ kubeconfig: breakable.kubeconfig, clock });
      ref = { kind: widgetKind, namespace: await cluster.namespace(), name: 'one' };
      await kube.create(widgetKind, widget(ref.namespace ?? '', 'one'));
    });
    afterAll(() => cluster[Symbol.asyncDispose]());
    beforeEach(() => proxy.reset());

    const answering = (status: number, body = '', headers = {}): Fault => ({ answer: { status, body, headers } });

    test.each([
      ['seconds', '7', 7_000],
      ['a date', 'Thu, 01 Jan 2026 01:00:00 GMT', 3_600_000],
      ['a date that is past', 'Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ])('Retry-After as %s is the time of the next try', async (_, value, ms) => {
      proxy.fault = () => answering(429, '', { 'retry-after': value });
      const start = Date.parse('2026-01-01T00:00:00Z');
      const error = await refused(kube.get(ref));
      expect(error).toMatchObject({ status: 429, reason: 'TooManyRequests', retryAt: start + ms });
    });

    test('a Status body says when to try again too', async () => {
      const status = { kind: 'Status', reason: 'Timeout', code: 504, details: { retryAfterSeconds: 3 } };
      proxy.fault = () => answering(504, JSON.stringify(status), json);
      expect(await refused(kube.get(ref))).toMatchObject({ reason: 'Timeout', retryAt: clock.now() + 3_000 });
    });

    test.each([
      [400, 'BadRequest'],
      [401, 'Unauthorized'],
      [403, 'Forbidden'],
      [409, 'Conflict'],
      [410, 'Expired'],
      [422, 'Invalid'],
      [500, 'InternalError'],
      [502, 'InternalError'],
      [503, 'ServiceUnavailable'],
      [504, 'Timeout'],
    ])('a %d without a Status is %s', async (status, reason) => {
      proxy.fault = () => answering(status, '<html>no</html>');
      const error = await refused(kube.patch(ref, {}));
      expect(error).toMatchObject({ status, reason, retryAt: undefined });
      expect(error.message).not.toContain('html');
    });

    test.each(['<html>login</html>', '', '[]', '"text"', '{"kind": "Widget"}', '{"kind": "Widget", "metadata'])(
      'the answer %j is BadAnswer',
      async body => {
        proxy.fault = () => answering(200, body, json);
        expect(await refused(kube.get(ref))).toMatchObject({ status: 200, reason: 'BadAnswer' });
      },
    );

    test.each(['{}', '{"kind":"WidgetList","metadata":{"resourceVersion":"1"}}', '{"kind":"Status","items":[]}'])(
      'a list answered with %s is BadAnswer, never an empty list',
      async body => {
        proxy.fault = () => answering(200, body, json);
        expect(await refused(kube.list(widgetKind))).toMatchObject({ reason: 'BadAnswer' });
      },
    );

    test.each(['before', 'after', 'midway'] as const)('a connection cut %s the answer is Unreachable', async cut => {
      proxy.fault = () => ({ cut });
      expect(await refused(kube.get(ref))).toMatchObject({ status: 0, reason: 'Unreachable' });
    });

    test('no method tries again by itself', async () => {
      proxy.fault = () => ({ cut: 'before' });
      await refused(kube.get(ref));
      await refused(kube.patch(ref, {}));
      await refused(kube.remove(ref));
      expect(proxy.requests.map(request => request.method)).toEqual(['GET', 'PATCH', 'DELETE']);
    });

    test('a server that never answers is a Timeout', async () => {
      proxy.fault = () => ({ drop: true });
      const answer = refused(kube.get(ref));
      await expect.poll(() => proxy.requests.length).toBe(1);
      clock.advance(31_000);
      expect(await answer).toMatchObject({ status: 0, reason: 'Timeout' });
    });

    test('a caller who no longer waits gets Aborted', async () => {
      proxy.fault = () => ({ drop: true });
      const impatience = new AbortController();
      const answer = refused(kube.get(ref, impatience.signal));
      await expect.poll(() => proxy.requests.length).toBe(1);
      impatience.abort();
      expect(await answer).toMatchObject({ status: 0, reason: 'Aborted' });
    });

    test('an answer without end is cut off', async () => {
      proxy.fault = () => answering(200, `{"metadata": "${'x'.repeat(9 * 1024 * 1024)}"}`, json);
      expect(await refused(kube.get(ref))).toMatchObject({ reason: 'AnswerTooLarge' });
    });

    test('a server that is not there is Unreachable and the message says how', async () => {
      const gone = await cluster.breakable();
      await gone.proxy[Symbol.asyncDispose]();
      const client = await cluster.connect({ kubeconfig: gone.kubeconfig });
      const error = await refused(client.get(ref));
      expect(error).toMatchObject({ status: 0, reason: 'Unreachable' });
      expect(error.message).toContain('ECONNREFUSED');
    });

    test('a certificate of another authority is refused', async () => {
      const client = await cluster.connect({ kubeconfig: await cluster.withoutAuthority() });
      expect(await refused(client.get(ref))).toMatchObject({ status: 0, reason: 'Unreachable' });
    });

    test('discovery is asked once a minute, and a failure is not remembered', async () => {
      proxy.fault = () => answering(503);
      expect(await refused(kube.serves(widgetKind))).toMatchObject({ status: 503 });
      proxy.reset();
      expect(await Promise.all([kube.serves(widgetKind), kube.serves(widgetKind)])).toEqual([true, true]);
      clock.advance(59_000);
      await kube.serves(widgetKind);
      expect(proxy.requests.length).toBe(1);
      clock.advance(2_000);
      await kube.serves(widgetKind);
      expect(proxy.requests.length).toBe(2);
    });

    test('every exchange is told to the observer', async () => {
      const told: string[] = [];
      const client = await cluster.connect({
        observe: ({ verb, plural, status }) => told.push(`${verb} ${plural} ${status}`),
      });
      await client.get(ref);
      await client.get({ ...ref, name: 'absent' });
      expect(told).toEqual(['get widgets 200', 'get widgets 404']);
    });
  });
}
