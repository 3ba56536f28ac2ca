import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { widget, widgetSchema } from '../../../../test/widget.ts';
import { applyDefaults } from './default.ts';
import { compileSchema } from './schema.ts';

const schema = compileSchema(widgetSchema);

describe('applyDefaults', () => {
  it.each([
    ['fills what is absent', { size: 1 }, { size: 1, color: 'red', nested: { depth: 3 }, replicas: 1 }],
    [
      'fills objects that are there',
      { size: 1, nested: {} },
      { size: 1, color: 'red', nested: { depth: 3 }, replicas: 1 },
    ],
    [
      'leaves what was sent',
      { size: 1, nested: { depth: 9 } },
      { size: 1, color: 'red', nested: { depth: 9 }, replicas: 1 },
    ],
    [
      'replaces null by the default unless the field is nullable',
      { size: 1, color: null, nested: null, nullable: null },
      { size: 1, color: 'red', nested: { depth: 3 }, nullable: null, replicas: 1 },
    ],
    [
      'drops null where there is no default',
      { size: 1, code: null },
      { size: 1, color: 'red', nested: { depth: 3 }, replicas: 1 },
    ],
    [
      'fills items of lists',
      { size: 1, steps: [{ name: 'a' }, { name: 'b', retries: 5 }] },
      {
        size: 1,
        color: 'red',
        nested: { depth: 3 },
        replicas: 1,
        steps: [
          { name: 'a', retries: 3 },
          { name: 'b', retries: 5 },
        ],
      },
    ],
  ])('%s (28, 29)', (_, sent, stored) => {
    const object = widget(sent);
    applyDefaults(schema, object);
    expect(object).toEqual(widget(stored));
  });

  it('gives each object a default of its own', () => {
    const [first, second] = [widget({ size: 1 }), widget({ size: 1 })];
    applyDefaults(schema, first);
    applyDefaults(schema, second);
    (first['spec'] as { nested: { depth: number } }).nested.depth = 7;
    expect(second).toHaveProperty('spec.nested.depth', 3);
  });

  it('changes nothing the second time', () => {
    const value = fc.oneof(fc.constant(null), fc.integer(), fc.object({ maxDepth: 2 }));
    const spec = fc.dictionary(
      fc.constantFrom('color', 'nested', 'steps', 'nullable', 'code', 'extra', 'limits'),
      value,
    );
    fc.assert(
      fc.property(spec, sent => {
        const object = widget(sent);
        applyDefaults(schema, object);
        const once = structuredClone(object);
        applyDefaults(schema, object);
        expect(object).toEqual(once);
      }),
    );
  });
});
