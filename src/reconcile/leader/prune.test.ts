// Which children of a Function are let go.
import { describe, expect, it } from 'vitest';
import type { ChildView } from '../kinds.ts';
import { type FunctionView, viewFunction } from './function-view.ts';
import { abandonedBuilders, surplusBuilders, surplusServings } from './prune.ts';

const metadata = { name: 'f', namespace: 'n', uid: 'u' };
const base = viewFunction({ apiVersion: 'core.openfunction.io/v1beta2', kind: 'Function', metadata });

const view = (over: Partial<FunctionView> = {}): FunctionView => ({ ...base, buildEnded: true, ...over });
const child = (sequence: number, ended?: 'succeeded' | 'failed'): ChildView => ({
  namespace: 'n',
  name: `c-${sequence}`,
  uid: `uid-${sequence}`,
  functionUid: 'u',
  function: 'f',
  builder: `c-${sequence}`,
  share: undefined,
  sequence,
  ended,
  cancelled: false,
  createdAt: 0,
});
const sequences = (children: readonly ChildView[]) => children.map(entry => entry.sequence).toSorted((a, b) => a - b);

describe('Builders that go on though they count no more', () => {
  it('are those before the one that counts, whether that is there yet or not', () => {
    const builders = [child(1), child(2, 'failed'), child(3), child(4), child(5)];
    expect(sequences(abandonedBuilders(builders, view({ buildSequence: 4 })))).toEqual([1, 3]);
    expect(sequences(abandonedBuilders([child(1)], view({ buildSequence: 2 })))).toEqual([1]);
  });

  it('are none while none counts', () => {
    expect(abandonedBuilders([child(1), child(2)], view())).toEqual([]);
  });
});

describe('the history of Builders', () => {
  const history = { succeeded: 1, failed: 1, maxAgeMs: 0 };

  it('keeps no succeeded one and the newest failed one by default', () => {
    const builders = [child(1, 'failed'), child(2, 'succeeded'), child(3, 'failed'), child(4, 'succeeded')];
    expect(sequences(surplusBuilders(builders, view(), 0))).toEqual([1, 2, 4]);
  });

  it('goes by sequence, newest first', () => {
    const builders = [child(1, 'succeeded'), child(10, 'succeeded'), child(9, 'succeeded')];
    expect(sequences(surplusBuilders(builders, view({ history }), 0))).toEqual([1, 9]);
  });

  it('never touches a running one', () => {
    expect(surplusBuilders([child(1), child(2)], view(), 0)).toEqual([]);
  });

  it('keeps the one that counts until the status has its end', () => {
    const builders = [child(2, 'succeeded')];
    expect(surplusBuilders(builders, view({ builder: 'c-2', buildEnded: false }), 0)).toEqual([]);
    expect(sequences(surplusBuilders(builders, view({ builder: 'c-2' }), 0))).toEqual([2]);
  });

  it('lets go of completed ones beyond their age', () => {
    const old = { succeeded: 5, failed: 5, maxAgeMs: 1_000 };
    const builders = [child(1, 'failed'), child(2)];
    expect(surplusBuilders(builders, view({ history: old }), 1_000)).toEqual([]);
    expect(sequences(surplusBuilders(builders, view({ history: old }), 1_001))).toEqual([1]);
  });
});

describe('earlier Servings', () => {
  it('go once the one that counts is there', () => {
    expect(sequences(surplusServings([child(1), child(3)], view({ serving: 'c-3' })))).toEqual([1]);
  });

  it('keep the one that ran last: it serves until another one runs', () => {
    const servings = [child(1), child(2), child(3)];
    expect(sequences(surplusServings(servings, view({ serving: 'c-3', lastServing: 'c-1' })))).toEqual([2]);
    expect(sequences(surplusServings(servings, view({ serving: 'c-3', lastServing: 'c-3' })))).toEqual([1, 2]);
  });

  it('stay while it is not there, and later ones stay always', () => {
    expect(surplusServings([child(1)], view({ serving: 'c-2' }))).toEqual([]);
    expect(surplusServings([child(2), child(3)], view({ serving: 'c-2' }))).toEqual([]);
  });

  it('go all when nothing is to be served', () => {
    expect(sequences(surplusServings([child(1), child(2)], view({ servesNothing: true })))).toEqual([1, 2]);
  });
});
