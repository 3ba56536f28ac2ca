// Who listens to which source: images that builds are made with are sources beside what is watched, one for all who ask for it.
import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../../test/manual-clock.ts';
import { RetryableError } from '../../platform/errors.ts';
import type { Log } from '../../platform/log.ts';
import { createMemoryQueue } from '../../platform/queue/memory.ts';
import { createMemoryState } from '../../platform/state/memory.ts';
import type { Observation } from '../../revision/observation.ts';
import { anonymous, SourceGraph } from '../../watch/graph.ts';
import { imageConcerns } from './fan-out.ts';
import { type FunctionView, viewFunction } from './function-view.ts';
import { readSubscriber } from './subscriber.ts';
import { Subscriptions } from './subscriptions.ts';

const image = 'builders.example/go:1';
const log: Log = { error() {}, warn() {}, info() {}, debug() {} };

interface Parts {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly credentials?: string;
  readonly status?: object;
}

function view(name: string, { annotations = {}, credentials, status = {} }: Parts = {}): FunctionView {
  const build = {
    builder: image,
    srcRepo: { url: 'https://git.example/mono' },
    ...(credentials === undefined ? {} : { builderCredentials: { name: credentials } }),
  };
  return viewFunction({
    apiVersion: 'core.openfunction.io/v1beta2',
    kind: 'Function',
    metadata: {
      namespace: 'n',
      name,
      uid: name,
      resourceVersion: '1',
      annotations: { 'openfunction.io/rebuild-on': 'builder-image', ...annotations },
    },
    spec: { image: `reg.example/${name}:v1`, build },
    status,
  });
}

function world({ buildImages = true } = {}) {
  const clock = createManualClock(1_000_000);
  const state = createMemoryState({ clock });
  const queue = createMemoryQueue({ clock, log });
  const graph = new SourceGraph();
  const secrets = new Set(['there']);
  const credentials = {
    async resolve(secret: { readonly name: string } | undefined) {
      if (secret && !secrets.has(secret.name)) throw new RetryableError('SecretNotFound', 'it is not there');
      return { credential: undefined, credentialId: secret?.name ?? anonymous, warnings: [] };
    },
    forget() {},
  };
  const subscriptions = new Subscriptions({ graph, credentials, state, queue, clock, log, buildImages });
  const sources = () => [...graph.keys()].map(key => graph.spec(key)?.source);
  return { clock, queue, graph, secrets, subscriptions, sources };
}

describe('images that builds are made with', () => {
  it('are one source and one poll for ten thousand Functions, and of those an observation wakes exactly who differs', async () => {
    const { graph, queue, subscriptions } = world();
    const buildImages = [{ image, digest: 'sha256:1' }];
    const views = Array.from({ length: 10_000 }, (_, at) => view(`f-${at}`, { status: { watch: { buildImages } } }));
    for (const each of views) subscriptions.put(each);
    await subscriptions.idle();
    expect(graph.size).toBe(1);
    const { delayed, due } = await queue.counts('source');
    expect(delayed + due).toBe(1);

    const [key = ''] = graph.keys();
    const woken = (id: string) => {
      const heads = { 1: { kind: 'found', id, sightings: 1 } } as const;
      const observation: Observation = { at: 1, heads, intervalMs: 300_000 };
      return graph.subscribers(key).filter(subscriber => {
        const { key: functionKey, image: at = -1 } = readSubscriber(subscriber);
        const found = views.find(each => each.key === functionKey);
        const watch = found?.imageWatches[at];
        return found !== undefined && watch !== undefined && imageConcerns(found, watch, observation);
      });
    };
    // A hundred of them are enough to compare.
    views.splice(100);
    expect(woken('sha256:1')).toEqual([]);
    expect(woken('sha256:2')).toHaveLength(100);
    views[7] = view('f-7', { status: { watch: { buildImages: [{ image, digest: 'sha256:2' }] } } });
    expect(woken('sha256:2')).toHaveLength(99);
  });

  it('stand beside what a Function watches, and go with the annotation, the builder or the Function', async () => {
    const { sources, subscriptions } = world();
    const watched = { 'openfunction.io/revision-controller': 'enable' };
    subscriptions.put(view('f', { annotations: watched }));
    await subscriptions.idle();
    expect(sources().map(source => source?.kind)).toEqual(['git', 'image']);
    subscriptions.put(view('f', { annotations: { ...watched, 'openfunction.io/rebuild-on': '' } }));
    await subscriptions.idle();
    expect(sources().map(source => source?.kind)).toEqual(['git']);
    subscriptions.put(view('f'));
    await subscriptions.idle();
    expect(sources().map(source => source?.kind)).toEqual(['image']);
    subscriptions.drop('n/f');
    await subscriptions.idle();
    expect(sources()).toEqual([]);
  });

  it('whose Secret is not there take nothing from what is watched, and come with it', async () => {
    const { clock, secrets, sources, subscriptions } = world();
    const annotations = { 'openfunction.io/revision-controller': 'enable' };
    subscriptions.put(view('f', { annotations, credentials: 'missing' }));
    await subscriptions.idle();
    expect(sources().map(source => source?.kind)).toEqual(['git']);
    secrets.add('missing');
    clock.advance(60_000);
    await subscriptions.idle();
    expect(sources().map(source => source?.kind)).toEqual(['git', 'image']);
  });

  it('are not looked at beside OpenFunction, which builds itself', async () => {
    const { sources, subscriptions } = world({ buildImages: false });
    subscriptions.put(view('f'));
    await subscriptions.idle();
    expect(sources()).toEqual([]);
  });
});
