// Who gets a build slot, and when.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Claim, Share } from './claim.ts';
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

describe('runs that several Functions share', () => {
  const keeper = (cluster = 10) => new SlotKeeper({ cluster, namespace: Infinity });
  const sharing = (namespace: string, name: string, share: Partial<Share> = {}): Claim => ({
    ...claim(namespace, name),
    share: { key: 'k', own: false, ...share },
  });
  const first = { function: '1', builder: 'builder-1-1' };

  it('are granted to the first, and named to the others, which take no slot', () => {
    const slots = keeper(1);
    expect(slots.take(sharing('a', '1'), 0)).toBe('granted');
    expect(slots.take(sharing('a', '2'), 0)).toEqual(first);
    slots.runLives(sharing('a', '1', { own: true }));
    expect(slots.take(sharing('a', '3'), 0)).toEqual(first);
    expect([slots.taken, slots.waiting]).toEqual([1, 0]);
  });

  it('are never named across namespaces, nor for other inputs', () => {
    const slots = keeper();
    slots.take(sharing('a', '1'), 0);
    expect(slots.take(sharing('b', '2'), 0)).toBe('granted');
    expect(slots.take(sharing('a', '3', { key: 'other' }), 0)).toBe('granted');
    expect(slots.take(claim('a', '4'), 0)).toBe('granted');
  });

  it('are not for those who want their own, which others may follow', () => {
    const slots = keeper();
    slots.take(sharing('a', '1'), 0);
    expect(slots.take(sharing('a', '2', { own: true }), 0)).toBe('granted');
    slots.runEnded(sharing('a', '1'));
    expect(slots.take(sharing('a', '3'), 0)).toEqual({ function: '2', builder: 'builder-2-1' });
  });

  it('are not named again to one that followed in vain, nor when they have ended', () => {
    const slots = keeper();
    slots.take(sharing('a', '1'), 0);
    expect(slots.take(sharing('a', '2', { past: first.builder }), 0)).toBe('granted');
    slots.runEnded(sharing('a', '1'));
    slots.runEnded(sharing('a', '2'));
    expect(slots.take(sharing('a', '3'), 0)).toBe('granted');
  });

  it('are not followed when the grant is taken back, or its Function is gone', () => {
    for (const end of ['late', 'gone'] as const) {
      const slots = keeper();
      slots.take(sharing('a', '1'), 0);
      if (end === 'gone') slots.functionGone('a-1');
      else slots.grantNext(120_001);
      expect(slots.take(sharing('a', '2'), 120_001)).toBe('granted');
    }
  });

  it('are not followed by newcomers once they are asked to stop, nor when their Function is deleted', () => {
    for (const end of ['cancel', 'delete'] as const) {
      const slots = keeper();
      slots.take(sharing('a', '1'), 0);
      slots.runLives(sharing('a', '1', { own: true }));
      if (end === 'delete') slots.functionGone('a-1');
      else slots.runLives(claim('a', '1'));
      expect(slots.take(sharing('a', '2'), 0)).toBe('granted');
      expect(slots.taken).toBe(2);
    }
  });

  it('are named to those who waited for a slot as soon as one of them has it', () => {
    const slots = keeper(1);
    slots.take(claim('b', '0'), 0);
    for (const name of ['1', '2', '3']) expect(slots.take(sharing('a', name), 0)).toBe('wait');
    slots.runEnded(claim('b', '0'));
    const answered = slots.grantNext(0).map(({ claim: { name }, answer }) => [name, answer]);
    expect(answered).toEqual([
      ['1', 'granted'],
      ['2', first],
      ['3', first],
    ]);
    expect([slots.taken, slots.waiting]).toEqual([1, 0]);
  });

  it('are as many as there are different ones, whoever asks when, and however few slots there are', () => {
    const one = fc.record({ namespace: fc.constantFrom('a', 'b'), key: fc.constantFrom('k', 'l', 'm') });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 7 }), (all, cluster) => {
        const slots = keeper(cluster);
        const claims = all.map(({ namespace, key }, at) => sharing(namespace, String(at), { key }));
        const ran = claims.filter(each => slots.take(each, 0) === 'granted');
        const live = [...ran];
        while (slots.waiting > 0) {
          // While any of them waits, the runs of the others go on: what is shared is asked for while it lives.
          const ended = live.shift();
          if (ended) slots.runEnded(ended);
          const next = slots.grantNext(0).flatMap(({ claim: each, answer }) => (answer === 'granted' ? [each] : []));
          ran.push(...next);
          live.push(...next);
        }
        const kinds = new Set(claims.map(({ namespace, share }) => `${namespace} ${share?.key}`));
        const built = ran.map(({ namespace, share }) => `${namespace} ${share?.key}`);
        expect(new Set(built)).toEqual(kinds);
        expect(built.length).toBe(kinds.size);
      }),
    );
  });
});
