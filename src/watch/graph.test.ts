import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anonymous, type GraphChange, gateOf, gateOfKey, SourceGraph, type Subscription, sourceKey } from './graph.ts';
import type { GitSource, SourceSpec } from './source.ts';

const repository: GitSource = { kind: 'git', forge: 'git', url: 'https://h.example/o/r' };

interface Wish {
  readonly source?: GitSource;
  readonly want?: string;
  readonly paths?: readonly string[];
  readonly secret?: string;
  readonly intervalMs?: number;
  readonly namespace?: string;
  readonly credentialId?: string;
}

function wish({ namespace = 'a', credentialId = 'c', ...rest }: Wish = {}): Subscription {
  const { source = repository, want = 'main', paths = [], secret = 's', intervalMs = 5000 } = rest;
  const narrow = paths.length === 0 ? {} : { paths };
  const watch = { type: 'source', source, want, ...narrow, secret, intervalMs, warnings: [] } as const;
  return { watch, namespace, credentialId };
}

describe('watch/graph', () => {
  it('folds watches of one repository and credential into one source', () => {
    const graph = new SourceGraph();
    const { added } = graph.subscribe('a/f', wish());
    expect(added).toEqual({
      key: sourceKey(repository, 'c'),
      source: repository,
      wants: ['main'],
      secrets: [{ namespace: 'a', name: 's' }],
      credentialId: 'c',
      intervalMs: 5000,
      namespaces: ['a'],
    });
    expect(graph.subscribe('a/g', wish())).toEqual({});
    const { changed } = graph.subscribe('b/f', wish({ namespace: 'b', want: 'dev', secret: 't', intervalMs: 2000 }));
    expect(changed).toMatchObject({
      wants: ['dev', 'main'],
      secrets: [
        { namespace: 'a', name: 's' },
        { namespace: 'b', name: 't' },
      ],
      intervalMs: 2000,
      namespaces: ['a', 'b'],
    });
    expect(graph.size).toBe(1);
    expect(graph.subscribers(sourceKey(repository, 'c'))).toEqual(['a/f', 'a/g', 'b/f']);
  });

  it('joins the paths that are wanted of each ref, and forgets those that nobody wants any more', () => {
    const graph = new SourceGraph();
    const paths = () => graph.spec(sourceKey(repository, 'c'))?.paths;
    graph.subscribe('a/all', wish());
    expect(paths()).toBeUndefined();
    graph.subscribe('a/f', wish({ paths: ['lib', 'x'] }));
    graph.subscribe('a/g', wish({ paths: ['lib', 'apps/g'] }));
    graph.subscribe('a/h', wish({ want: 'dev', paths: ['h'] }));
    expect(paths()).toEqual({ main: ['apps/g', 'lib', 'x'], dev: ['h'] });
    expect(graph.subscribe('a/g', wish({ paths: ['lib', 'apps/g'] }))).toEqual({});
    expect(graph.subscribe('a/f', wish({ paths: ['lib'] })).changed?.paths?.['main']).toEqual(['apps/g', 'lib']);
    graph.unsubscribe('a/h');
    graph.subscribe('a/f', wish());
    graph.subscribe('a/g', wish());
    expect(paths()).toBeUndefined();
  });

  it.for([
    ['credential', wish({ credentialId: 'd' })],
    ['address', wish({ source: { ...repository, url: 'https://h.example/o/s' } })],
    ['forge', wish({ source: { ...repository, forge: 'gitlab' } })],
    ['base URL', wish({ source: { ...repository, baseUrl: 'https://api.example' } })],
    ['TLS option', wish({ source: { ...repository, skipVerify: true } })],
  ] as const)('another %s is another source', ([, other]) => {
    const graph = new SourceGraph();
    graph.subscribe('a/f', wish());
    expect(graph.subscribe('a/g', other).added).toBeDefined();
    expect(graph.size).toBe(2);
  });

  it('a key begins with the gate of its host and credential', () => {
    expect(gateOfKey(sourceKey(repository, 'c'))).toBe(gateOf('h.example', 'c'));
    expect(gateOfKey(sourceKey({ ...repository, url: 'https://h.example/x' }, 'c'))).toBe(gateOf('h.example', 'c'));
    expect(gateOfKey(sourceKey(repository, 'd'))).not.toBe(gateOf('h.example', 'c'));
  });

  it('gives back what a Function no longer asks for', () => {
    const graph = new SourceGraph();
    graph.subscribe('a/f', wish({ intervalMs: 2000 }));
    graph.subscribe('b/f', wish({ namespace: 'b', want: 'dev' }));
    expect(graph.unsubscribe('a/f').changed).toMatchObject({ wants: ['dev'], intervalMs: 5000, namespaces: ['b'] });
    expect(graph.unsubscribe('b/f')).toEqual({ removed: sourceKey(repository, 'c') });
    expect(graph.unsubscribe('b/f')).toEqual({});
    expect([...graph.keys()]).toEqual([]);
    expect(graph.spec(sourceKey(repository, 'c'))).toBeUndefined();
  });

  it('a Function that moves leaves its former source', () => {
    const graph = new SourceGraph();
    const [one, other] = [sourceKey(repository, 'c'), sourceKey(repository, 'd')];
    graph.subscribe('a/f', wish());
    expect(graph.subscribe('a/f', wish({ credentialId: 'd' }))).toMatchObject({ added: { key: other }, removed: one });
    graph.subscribe('a/g', wish({ want: 'dev' }));
    graph.subscribe('a/h', wish());
    const change = graph.subscribe('a/f', wish({ want: 'x' }));
    expect(change).toMatchObject({ changed: { key: one, wants: ['dev', 'main', 'x'] }, removed: other });
    expect(graph.subscribe('a/f', wish({ credentialId: 'd' }))).toMatchObject({ left: { wants: ['dev', 'main'] } });
    expect(graph.sourceOf('a/f')).toBe(other);
  });

  it('the operator sets a floor to the interval', () => {
    const graph = new SourceGraph({ minIntervalMs: 10_000 });
    expect(graph.subscribe('a/f', wish()).added?.intervalMs).toBe(10_000);
    expect(graph.subscribe('a/f', wish({ intervalMs: 20_000 })).changed?.intervalMs).toBe(20_000);
  });

  it('anonymous sources name no Secret', () => {
    const graph = new SourceGraph();
    expect(graph.subscribe('a/f', wish({ credentialId: anonymous })).added?.secrets).toEqual([]);
  });

  it('names a few Secrets and namespaces of thousands', () => {
    const graph = new SourceGraph();
    for (let at = 0; at < 3000; at += 1) graph.subscribe(`n${at}/f`, wish({ namespace: `n${at}` }));
    const spec = graph.spec(sourceKey(repository, 'c'));
    expect(spec?.secrets).toHaveLength(4);
    expect(spec?.namespaces).toHaveLength(16);
    expect(graph.unsubscribe('n2999/f')).toEqual({});
    expect(graph.unsubscribe('n0/f').changed?.secrets[0]).toEqual({ namespace: 'n1', name: 's' });
  });

  it('whatever order changes come in, the graph is what its subscriptions say, and tells every change', () => {
    const step = fc.record({
      fn: fc.constantFrom('a/f', 'a/g', 'b/f', 'b/g', 'c/f'),
      drop: fc.boolean(),
      want: fc.constantFrom('main', 'dev', 'x'),
      intervalMs: fc.constantFrom(1000, 2000, 5000),
      credentialId: fc.constantFrom('c', 'd'),
      paths: fc.subarray(['lib', 'x', 'y']),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const graph = new SourceGraph();
        const subscriptions = new Map<string, Subscription>();
        const told = new Map<string, SourceSpec>();
        for (const { fn, drop, ...rest } of steps) {
          const subscription = wish({ ...rest, namespace: fn[0] ?? '' });
          if (drop) subscriptions.delete(fn);
          else subscriptions.set(fn, subscription);
          follow(told, drop ? graph.unsubscribe(fn) : graph.subscribe(fn, subscription));
          expect(told).toEqual(afresh(subscriptions));
          expect(new Map([...graph.keys()].map(key => [key, graph.spec(key)]))).toEqual(told);
        }
      }),
      { numRuns: 50 },
    );
  });
});

function follow(told: Map<string, SourceSpec>, { added, changed, left, removed }: GraphChange): void {
  for (const spec of [added, changed, left]) if (spec) told.set(spec.key, spec);
  if (removed !== undefined) told.delete(removed);
}

/** What a graph that never saw anything else holds. */
function afresh(subscriptions: ReadonlyMap<string, Subscription>): Map<string, SourceSpec> {
  const graph = new SourceGraph();
  const told = new Map<string, SourceSpec>();
  for (const [fn, subscription] of subscriptions) follow(told, graph.subscribe(fn, subscription));
  return told;
}
