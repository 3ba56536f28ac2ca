// The heap against a sorted list.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Heap, type Timed } from './heap.ts';

test('the first entry is the earliest after any puts, moves and removals', () => {
  const step = fc.record({ name: fc.nat(20), at: fc.option(fc.nat(50), { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), steps => {
      const heap = new Heap<Timed>();
      const entries = new Map<number, Timed>();
      const times = new Map<number, number>();
      for (const { name, at } of steps) {
        const entry = entries.get(name) ?? { at: 0, slot: -1 };
        entries.set(name, entry);
        if (at === undefined) heap.remove(entry);
        else heap.put(entry, at);
        if (at === undefined) times.delete(name);
        else times.set(name, at);
        expect(heap.first?.at).toBe([...times.values()].toSorted((a, b) => a - b)[0]);
        expect(heap.size).toBe(times.size);
      }
    }),
  );
});
