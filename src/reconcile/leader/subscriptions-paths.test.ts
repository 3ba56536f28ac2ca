// When a source is asked again because other paths of it are wanted.
import { expect, it } from 'vitest';
import { createManualClock } from '../../../test/manual-clock.ts';
import type { Log } from '../../platform/log.ts';
import { createMemoryState } from '../../platform/state/memory.ts';
import { anonymous, SourceGraph } from '../../watch/graph.ts';
import { type SourceSpec, stateKeys } from '../../watch/source.ts';
import { type FunctionView, viewFunction } from './function-view.ts';
import { Subscriptions } from './subscriptions.ts';

const log: Log = { error() {}, warn() {}, info() {}, debug() {} };
const hourMs = 3_600_000;

function view(name: string, sourceSubPath: string): FunctionView {
  const annotations = {
    'openfunction.io/revision-controller': 'enable',
    'openfunction.io/revision-controller-params': 'polling-interval: 1h',
  };
  const srcRepo = { url: 'https://git.example/mono', revision: 'main', sourceSubPath };
  return viewFunction({
    apiVersion: 'core.openfunction.io/v1beta2',
    kind: 'Function',
    metadata: { namespace: 'n', name, uid: name, resourceVersion: '1', annotations },
    spec: { image: 'reg.example/f:v1', build: { builder: 'b', srcRepo } },
  });
}

it('a source is asked soon, once for all, when more of its paths are wanted, and in its time when it is less', async () => {
  const clock = createManualClock(1_000_000);
  const state = createMemoryState({ clock });
  const graph = new SourceGraph();
  const wakes: (number | undefined)[] = [];
  const wake = async (_: string, __: string, at?: number) => void wakes.push(at && at - clock.now());
  const credentials = {
    resolve: async () => ({ credential: undefined, credentialId: anonymous, warnings: [] }),
    forget() {},
  };
  const subscriptions = new Subscriptions({
    graph,
    credentials,
    state,
    queue: { wake },
    clock,
    log,
    buildImages: false,
  });
  const after = async (change: () => void) => {
    wakes.length = 0;
    change();
    await subscriptions.idle();
    return [...wakes];
  };

  expect((await after(() => subscriptions.put(view('a', 'apps/a'))))[0]).toBeUndefined();
  expect(await after(() => subscriptions.put(view('b', 'apps/b')))).toEqual([1_000]);
  expect(await after(() => subscriptions.put(view('b', 'apps/a')))).toEqual([hourMs]);
  expect(await after(() => subscriptions.drop('n/b'))).toEqual([]);
  const [key = ''] = graph.keys();
  expect(await after(() => subscriptions.reassert(key))).toEqual([hourMs]);
  const spec = JSON.parse((await state.get(stateKeys.spec(key))) ?? '{}') as SourceSpec;
  expect(spec.paths).toEqual({ main: ['apps/a'] });
});
