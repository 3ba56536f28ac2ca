import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StoredWidget } from '../../../../test/stored-widget.ts';
import type { Json } from '../object.ts';

describe('any apply', () => {
  // Nobody owns an empty list of items, so one that is applied over others comes only with the second apply.
  const steps = fc.uniqueArray(
    fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), image: fc.constantFrom('1', '2') }),
    {
      minLength: 1,
      selector: step => step.name,
    },
  );
  const spec = fc.record(
    {
      size: fc.constantFrom(1, 2),
      color: fc.constantFrom('red', 'green'),
      steps,
      tags: fc.uniqueArray(fc.constantFrom('x', 'y', 'z'), { minLength: 1 }),
      limits: fc.dictionary(fc.constantFrom('cpu', 'memory'), fc.constantFrom('1', '2')),
      extra: fc.object({ maxDepth: 2, values: [fc.integer(), fc.constant(null)] }),
      args: fc.array(fc.constantFrom('p', 'q')),
    },
    { requiredKeys: ['size'] },
  );
  const writes = fc.array(fc.tuple(fc.constantFrom('m1', 'm2', 'm3'), spec), { minLength: 1, maxLength: 5 });

  it('done twice is done once, and what was applied is there', () => {
    fc.assert(
      fc.property(writes, list => {
        const one = new StoredWidget();
        for (const [manager, sent] of list) {
          const result = one.apply(manager, sent, { force: true });
          const before = structuredClone(one.object);
          expect(one.apply(manager, sent, { force: true })).toEqual(result);
          expect(one.object).toEqual(before);
          for (const name of ['size', 'color', 'args'] as const)
            if (sent[name]) expect(result[name]).toEqual(sent[name]);
          for (const step of sent.steps ?? []) expect(result['steps']).toContainEqual({ retries: 3, ...step });
        }
      }),
    );
  });

  it('given up by all leaves nothing behind but defaults', () => {
    fc.assert(
      fc.property(writes, list => {
        const one = new StoredWidget();
        for (const [manager, sent] of list) one.apply(manager, sent, { force: true });
        for (const manager of ['m1', 'm2', 'm3']) one.apply(manager, undefined);
        expect(one.owners()).toEqual([]);
        expect(
          Object.keys((one.object?.['spec'] ?? {}) as Json).filter(
            name => !['color', 'nested', 'replicas'].includes(name),
          ),
        ).toEqual([]);
      }),
    );
  });
});
