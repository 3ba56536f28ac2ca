import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { widget, widgetSchema } from '../../../../test/widget.ts';
import { prune } from './prune.ts';
import { compileSchema } from './schema.ts';

const schema = compileSchema(widgetSchema);

describe('prune', () => {
  it('removes unknown fields at all levels and names them in order (30, 31)', () => {
    const object = widget(
      {
        size: 1,
        unknown: 1,
        nested: { unknown: 2, depth: 4 },
        extra: { any: [1, { x: null }] },
        steps: [{ name: 'a', wrong: 3 }],
      },
      { top: 'x', metadata: { name: 'w', wrong: 1, labels: { any: 'label' } } },
    );
    expect(prune(schema, object)).toEqual([
      'metadata.wrong',
      'spec.nested.unknown',
      'spec.steps[0].wrong',
      'spec.unknown',
      'top',
    ]);
    expect(object).toEqual(
      widget(
        { size: 1, nested: { depth: 4 }, extra: { any: [1, { x: null }] }, steps: [{ name: 'a' }] },
        { metadata: { name: 'w', labels: { any: 'label' } } },
      ),
    );
  });

  it('keeps apiVersion, kind and metadata where the schema does not name them', () => {
    const open = compileSchema({ type: 'object', properties: { spec: { type: 'object' } } });
    const object = widget({ a: 1 });
    expect(prune(open, object)).toEqual(['spec.a']);
    expect(object).toEqual(widget({}));
  });

  it('keeps the values of maps and the standard fields of embedded objects', () => {
    const embedding = compileSchema({
      type: 'object',
      properties: {
        any: { type: 'object', additionalProperties: true },
        template: { type: 'object', 'x-kubernetes-embedded-resource': true, properties: { spec: { type: 'object' } } },
      },
    });
    const object = {
      any: { a: { b: 1 } },
      template: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', x: 1 }, y: 2 },
    };
    expect(prune(embedding, object)).toEqual(['template.metadata.x', 'template.y']);
    expect(object.any).toEqual({ a: { b: 1 } });
  });

  it('finds nothing the second time', () => {
    fc.assert(
      fc.property(fc.object({ maxDepth: 4 }), fc.object({ maxDepth: 3 }), (spec, more) => {
        const object = widget(spec, more);
        prune(schema, object);
        const once = structuredClone(object);
        expect(prune(schema, object)).toEqual([]);
        expect(object).toEqual(once);
      }),
    );
  });
});
