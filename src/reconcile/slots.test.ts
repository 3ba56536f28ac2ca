// Who gets a build slot, and when.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Claim } from './claim.ts';
import { SlotKeeper } from './slots.ts';

const claim = (namespace: string, name: string, sequence = 1): Claim => ({
  namespace,
  name,
  uid: `${namespace}-${name}`,
  sequence,
  builder: `builder-${name}-${sequence}`,
});

const granted = (keeper: SlotKeeper, now = 0): readonly Claim[] =>
  keeper.grantNext(now).flatMap(({ claim: one, answer }) => (answer === 'granted' ? [one] : []));

describe('build slots', () => {
  it('are granted at once while there are free ones', () => {
    const keeper = new SlotKeeper({ cluster: 2, namespace: Infinity });
    expect([keeper.take(claim('a', '1'), 0), keeper.take(claim('a', '2'), 0), keeper.take(claim('a', '3'), 0)]).toEqual(
      ['granted', 'granted', 'wait'],
    );
  });

  it('stay granted to a claim that asks again, and count once when its run is seen', () => {
    const keeper = new SlotKeeper({ cluster: 1, namespace: Infinity });
    keeper.take(claim('a', '1'), 0);
    keeper.runLives(claim('a', '1'));
    expect(keeper.take(claim('a', '1'), 0)).toBe('granted');
    expect(keeper.taken).toBe(1);
  });

  it('go to namespaces in turn when one of them waits with many', () => {
    const keeper = new SlotKeeper({ cluster: 1, namespace: Infinity });
    keeper.take(claim('a', '0'), 0);
    for (const name of ['1', '2', '3']) keeper.take(claim('a', name), 0);
    keeper.take(claim('b', '1'), 0);
    const order: string[] = [];
    let running = claim('a', '0');
    for (;;) {
      keeper.runEnded(running);
      const [next] = granted(keeper);
      if (!next) break;
      order.push(`${next.namespace}/${next.name}`);
      running = next;
    }
    expect(order).toEqual(['a/1', 'b/1', 'a/2', 'a/3']);
  });

  it('are not taken by a newcomer while others wait', () => {
    const keeper = new SlotKeeper({ cluster: 1, namespace: Infinity });
    keeper.take(claim('a', '1'), 0);
    keeper.take(claim('a', '2'), 0);
    keeper.runEnded(claim('a', '1'));
    expect(keeper.take(claim('b', '1'), 0)).toBe('wait');
    expect(granted(keeper).map(one => one.name)).toEqual(['2']);
  });

  it('hold the limit of a namespace while another one goes on', () => {
    const keeper = new SlotKeeper({ cluster: 10, namespace: 1 });
    expect(keeper.take(claim('a', '1'), 0)).toBe('granted');
    expect(keeper.take(claim('a', '2'), 0)).toBe('wait');
    expect(granted(keeper)).toEqual([]);
    expect(keeper.take(claim('b', '1'), 0)).toBe('wait');
    expect(granted(keeper).map(one => one.namespace)).toEqual(['b']);
  });

  it('come back when a grant is not used for two minutes', () => {
    const keeper = new SlotKeeper({ cluster: 1, namespace: Infinity });
    keeper.take(claim('a', '1'), 0);
    keeper.take(claim('a', '2'), 0);
    expect(granted(keeper, 120_000)).toEqual([]);
    expect(granted(keeper, 120_001).map(one => one.name)).toEqual(['2']);
  });

  it('come back when the Function is gone before its run was made', () => {
    const keeper = new SlotKeeper({ cluster: 1, namespace: Infinity });
    keeper.take(claim('a', '1'), 0);
    keeper.take(claim('a', '2'), 0);
    keeper.functionGone('a-1');
    expect(granted(keeper).map(one => one.name)).toEqual(['2']);
  });

  it('pass from an older attempt of a Function to its newer one', () => {
    const keeper = new SlotKeeper({ cluster: 1, namespace: Infinity });
    keeper.take(claim('a', '1', 1), 0);
    expect(keeper.take(claim('a', '1', 2), 0)).toBe('granted');
    expect(keeper.taken).toBe(1);
  });

  it('never exceed the limits, and leave no claim behind, whatever happens', () => {
    const action = fc.record({
      kind: fc.constantFrom('take', 'lives', 'ended', 'next', 'gone'),
      namespace: fc.constantFrom('a', 'b', 'c'),
      name: fc.constantFrom('1', '2', '3', '4'),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), actions => {
        const keeper = new SlotKeeper({ cluster: 3, namespace: 2 });
        const holds = new Set<string>();
        for (const { kind, namespace, name } of actions) {
          const one = claim(namespace, name);
          if (kind === 'take' && keeper.take(one, 0) === 'granted') holds.add(one.uid);
          if (kind === 'lives' && holds.has(one.uid)) keeper.runLives(one);
          if (kind === 'ended') {
            keeper.runEnded(one);
            holds.delete(one.uid);
          }
          if (kind === 'next') for (const next of granted(keeper)) holds.add(next.uid);
          expect(keeper.taken).toBeLessThanOrEqual(3);
        }
        for (const namespace of ['a', 'b', 'c']) {
          for (const name of ['1', '2', '3', '4']) keeper.runEnded(claim(namespace, name));
        }
        while (keeper.waiting > 0) {
          const next = granted(keeper);
          expect(next.length).toBeGreaterThan(0);
          for (const one of next) keeper.runEnded(one);
        }
        expect(keeper.taken).toBe(0);
      }),
    );
  });
});
