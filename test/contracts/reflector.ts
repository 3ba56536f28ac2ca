// What a reflector holds and tells, whatever happens between it and the API server.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Kube, Ref, Reflector } from '../../src/platform/kube/kube.ts';
import { createManualClock } from '../manual-clock.ts';
import { isRealCluster, startTestCluster, type TestCluster } from '../servers/api-server.ts';
import type { Fault, FaultProxy, ProxiedRequest } from '../servers/fault-proxy.ts';
import { type Widget, widget, widgetDefinition, widgetKind } from './widget.ts';

const isWatch = (request: ProxiedRequest) => request.url.includes('watch=true');
const json = { 'content-type': 'application/json' };

/** A list's answer with other metadata. */
function withMetadata(body: string, metadata: object): string {
  const list = JSON.parse(body) as { metadata: object };
  return JSON.stringify({ ...list, metadata: { ...list.metadata, ...metadata } });
}

/** The suite, over the API server that `startTestCluster` finds, with a proxy between it and the reflector. */
export function reflectorContract(): void {
  describe(`reflector over ${isRealCluster ? 'a real' : 'the embedded'} API server`, () => {
    const clock = createManualClock();
    let cluster: TestCluster;
    let proxy: FaultProxy;
    let kube: Kube;
    let watching: Kube;
    let namespace: string;
    let reflector: Reflector<string> | undefined;
    let told: string[];

    beforeAll(async () => {
      cluster = await startTestCluster();
      await cluster.install([widgetDefinition]);
      kube = cluster.kube;
      const breakable = await cluster.breakable();
      proxy = breakable.proxy;
      watching = await cluster.connect({ kubeconfig: breakable.kubeconfig, clock });
    });
    afterAll(() => cluster[Symbol.asyncDispose]());
    beforeEach(async () => {
      proxy.reset();
      namespace = await cluster.namespace();
      told = [];
    });
    afterEach(async () => {
      proxy.reset();
      proxy.thaw();
      await reflector?.[Symbol.asyncDispose]();
    });

    const ref = (name: string): Ref => ({ kind: widgetKind, namespace, name });
    const make = (name: string, size = 1) => kube.create<Widget>(widgetKind, widget(namespace, name, { size }));
    const grow = (name: string, size: number) => kube.patch<Widget>(ref(name), { spec: { size } });

    function reflect(): Reflector<string> {
      reflector = watching.reflect<string>({
        kind: widgetKind,
        namespace,
        project: ({ metadata, spec }) => `${metadata.name}=${(spec as Widget['spec'])?.size}`,
        changed: (now, before) => told.push(before === undefined ? `+${now}` : `${before}>${now}`),
        gone: last => told.push(`-${last}`),
      });
      return reflector;
    }

    /** Lets time pass until it is so; backoffs and silences take none of ours. */
    async function untilItIs(check: () => void): Promise<void> {
      await vi.waitFor(
        () => {
          clock.advance(1_000);
          check();
        },
        { timeout: 20_000, interval: 20 },
      );
    }
    const watches = () => proxy.requests.filter(isWatch);
    const watched = (count = 1) => expect.poll(() => watches().length, { timeout: 10_000 }).toBe(count);

    test('it holds what is there and tells what happens after', async () => {
      await make('a');
      const held = reflect();
      await held.synced;
      expect([...held.values()]).toEqual(['a=1']);
      await watched();
      await make('b');
      await grow('a', 2);
      await kube.remove(ref('b'));
      await expect.poll(() => told).toEqual(['+a=1', '+b=1', 'a=1>a=2', '-b=1']);
      expect(held.get(namespace, 'a')).toBe('a=2');
      expect(held.get(namespace, 'b')).toBeUndefined();
      expect(held.size).toBe(1);
    });

    test('it never sees managed fields and what kubectl last applied', async () => {
      const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', kept: 'yes' };
      await kube.create(widgetKind, { ...widget(namespace, 'a'), metadata: { namespace, name: 'a', annotations } });
      const seen: object[] = [];
      const whole = watching.reflect<object>({
        kind: widgetKind,
        namespace,
        project: object => object.metadata,
        changed: now => seen.push(now),
        gone: () => {},
      });
      await whole.synced;
      expect(seen).toEqual([expect.objectContaining({ name: 'a', annotations: { kept: 'yes' } })]);
      expect(seen[0]).not.toHaveProperty('managedFields');
      await whole[Symbol.asyncDispose]();
    });

    test('it asks for bookmarks, an end, and goes on from the list', async () => {
      await reflect().synced;
      await watched();
      const query = new URL(watches()[0]?.url ?? '', proxy.url).searchParams;
      expect(query.get('allowWatchBookmarks')).toBe('true');
      expect(Number(query.get('timeoutSeconds'))).toBeGreaterThanOrEqual(240);
      expect(Number(query.get('timeoutSeconds'))).toBeLessThanOrEqual(300);
      expect(query.get('resourceVersion')).toMatch(/^\d+$/);
    });

    test('what happens while a watch is cut is told once, after a look at the version and without another list', async () => {
      await make('a');
      await reflect().synced;
      await watched();
      await grow('a', 2);
      await expect.poll(() => told).toEqual(['+a=1', 'a=1>a=2']);
      const before = proxy.requests.length;
      proxy.cutAll();
      await make('b');
      await untilItIs(() => expect(told).toEqual(['+a=1', 'a=1>a=2', '+b=1']));
      const asked = proxy.requests.slice(before).filter(({ url }) => !url.includes('watch=true'));
      expect(asked.filter(({ url }) => new URL(url, proxy.url).searchParams.get('limit') !== '1')).toEqual([]);
    });

    test.each([
      ['the stream', 200, '{"type":"ERROR","object":{"kind":"Status","reason":"Expired","code":410}}\n'],
      ['the answer', 410, '{"kind":"Status","reason":"Gone","code":410}'],
    ])('a lost history told in %s leads to a new list', async (_, status, body) => {
      await make('a');
      await make('b');
      await reflect().synced;
      await watched();
      let refusals = 0;
      proxy.fault = request => {
        if (!isWatch(request) || refusals > 0) return undefined;
        refusals += 1;
        // While nobody watches, one object goes and one changes.
        const meanwhile = () => Promise.all([kube.remove(ref('a')), grow('b', 5)]);
        return { before: meanwhile, answer: { status, body, headers: json } };
      };
      proxy.cutAll();
      await untilItIs(() => expect(told).toEqual(['+a=1', '+b=1', '-a=1', 'b=1>b=5']));
    });

    test('an object that was deleted and made again is another one', async () => {
      await make('a');
      await reflect().synced;
      await watched();
      proxy.fault = request => (isWatch(request) ? { answer: { status: 500 } } : undefined);
      proxy.cutAll();
      await kube.remove(ref('a'));
      await make('a', 7);
      await untilItIs(() => expect(told).toEqual(['+a=1', '-a=1', '+a=7']));
    });

    const failures: readonly [string, Fault][] = [
      ['cut before', { cut: 'before' }],
      ['cut midway', { cut: 'midway' }],
      ['a 500', { answer: { status: 500 } }],
      ['a 403', { answer: { status: 403 } }],
      ['a 404', { answer: { status: 404 } }],
      ['a 429', { answer: { status: 429, headers: { 'retry-after': '1' } } }],
      ['a page of a login', { answer: { status: 200, body: '<html>' } }],
      ['an empty object', { answer: { status: 200, body: '{}', headers: json } }],
      ['a watch event that is none', { rewrite: () => '{"type":"WHAT","object":{}}\n' }],
    ];
    test.each(failures)('every error is retried, and nothing is lost: %s', async (_, fault) => {
      let faults = 0;
      proxy.fault = () => (faults++ < 4 ? fault : undefined);
      await make('a');
      reflect();
      await untilItIs(() => expect(told).toEqual(['+a=1']));
      await make('b');
      await untilItIs(() => expect(told).toEqual(['+a=1', '+b=1']));
      faults = 0;
      proxy.cutAll();
      await grow('b', 3);
      await untilItIs(() => expect(told).toEqual(['+a=1', '+b=1', 'b=1>b=3']));
    });

    test('a list of many pages is whole, and one that fails half way deletes nothing', async () => {
      const names = Array.from({ length: 510 }, (_, index) => `w${String(index).padStart(3, '0')}`);
      for (let start = 0; start < names.length; start += 30) {
        await Promise.all(names.slice(start, start + 30).map(name => make(name)));
      }
      expect(await kube.list(widgetKind, { namespace })).toHaveLength(510);
      const held = reflect();
      await held.synced;
      expect(held.size).toBe(510);
      await watched();
      told = [];
      proxy.reset();
      // The watch is lost, then the second page fails a few times, in each way, while an object of the second page is removed.
      await kube.remove(ref('w509'));
      await expect.poll(() => told).toEqual(['-w509=1']);
      const second = failures.slice(0, 4).map(([, fault]) => fault);
      const expired = '{"type":"ERROR","object":{"kind":"Status","reason":"Expired","code":410}}\n';
      let expiries = 0;
      proxy.fault = request => {
        if (isWatch(request)) return expiries++ === 0 ? { answer: { status: 200, body: expired } } : undefined;
        return request.url.includes('continue=') ? second.shift() : undefined;
      };
      proxy.cutAll();
      await untilItIs(() => expect(second).toHaveLength(0));
      await kube.remove(ref('w000'));
      await untilItIs(() => expect(told).toEqual(['-w509=1', '-w000=1']));
      expect(held.size).toBe(508);
    });

    test('history lost between two pages is no deletion either', async () => {
      await make('a');
      await make('b');
      let first = true;
      proxy.fault = request => {
        if (request.url.includes('continue=')) return { answer: { status: 410, body: '{"reason":"Expired"}' } };
        if (!first || isWatch(request)) return undefined;
        first = false;
        return { rewrite: body => withMetadata(body, { continue: 'more' }) };
      };
      await reflect().synced;
      expect(told).toEqual(['+a=1', '+b=1']);
    });

    test('a watch that went silent is opened anew', async () => {
      await make('a');
      const held = reflect();
      await held.synced;
      await watched();
      await grow('a', 2);
      await expect.poll(() => told).toHaveLength(2);
      proxy.freeze();
      const before = held.lastAliveAt;
      await make('b');
      clock.advance(90_001);
      proxy.thaw();
      await untilItIs(() => expect(told).toContain('+b=1'));
      expect(watches().length).toBeGreaterThan(1);
      expect(held.lastAliveAt).toBeGreaterThan(before);
    });

    test('an API server restored from an older copy is listed anew', async () => {
      await make('a');
      await make('b');
      await reflect().synced;
      await watched();
      // Before the watched version, as after a restore: the watch would wait for it for ever.
      const lists: string[] = [];
      proxy.fault = request => {
        if (isWatch(request)) return undefined;
        const limit = new URL(request.url, proxy.url).searchParams.get('limit') ?? '';
        lists.push(limit);
        return limit === '1' ? { rewrite: body => withMetadata(body, { resourceVersion: '1' }) } : undefined;
      };
      clock.advance(90_001);
      await untilItIs(() => expect(lists).toEqual(['1', '500']));
    });

    test('a handler that throws is logged, and the next event arrives', async () => {
      const errors: string[] = [];
      const log = { error: (message: string) => errors.push(message), warn() {}, info() {}, debug() {} };
      const client = await cluster.connect({ log });
      const seen: string[] = [];
      const bold = client.reflect<string>({
        kind: widgetKind,
        namespace,
        project: object => object.metadata.name,
        changed: name => {
          if (name === 'a') throw new Error('not a');
          seen.push(name);
        },
        gone: () => {},
      });
      await bold.synced;
      await make('a');
      await make('b');
      await expect.poll(() => seen).toEqual(['b']);
      expect(errors).toEqual(['reflector handler threw']);
    });

    test('a closed reflector tells nothing more, and one that never listed says so', async () => {
      const held = reflect();
      await held.synced;
      await held[Symbol.asyncDispose]();
      await make('a');
      proxy.fault = () => ({ drop: true });
      const never = reflect();
      await expect.poll(() => proxy.requests.at(-1)?.url).not.toContain('watch=true');
      await never[Symbol.asyncDispose]();
      await expect(never.synced).rejects.toMatchObject({ reason: 'Aborted' });
      expect(told).toEqual([]);
    });
  });
}
