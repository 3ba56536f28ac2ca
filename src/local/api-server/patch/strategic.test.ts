import { describe, expect, it } from 'vitest';
import type { Json } from '../object.ts';
import { compileSchema } from '../schema/schema.ts';
import { applyStrategicPatch } from './strategic.ts';

const text = { type: 'string' };
const keyed = (key: string, properties: Json) => ({
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': [key],
  items: { type: 'object', properties },
});
const env = keyed('name', { name: text, value: text });
const args = { type: 'array', items: text };
const container = { name: text, image: text, args, env };
const schema = compileSchema({
  type: 'object',
  properties: {
    spec: { type: 'object', properties: { containers: keyed('name', container), any: { type: 'object' } } },
  },
});

const document = {
  metadata: { labels: { a: 'b' }, finalizers: ['example.dev/a', 'example.dev/b'] },
  spec: {
    containers: [
      { name: 'one', image: 'i1', args: ['x'] },
      { name: 'two', image: 'i2' },
    ],
    any: { a: 1, b: 2 },
  },
};

function spec(patch: Json): unknown {
  return applyStrategicPatch(document, { spec: patch }, schema)['spec'];
}

const [one, two] = document.spec.containers;
const containers = (...list: readonly unknown[]) => ({ ...document.spec, containers: list });

describe('applyStrategicPatch', () => {
  it.each([
    [
      'merges items by key and appends new ones',
      { containers: [{ name: 'two', image: 'i3' }, { name: 'three' }] },
      containers(one, { name: 'two', image: 'i3' }, { name: 'three' }),
    ],
    [
      'merges lists inside items',
      { containers: [{ name: 'two', env: [{ name: 'E', value: '1' }] }] },
      containers(one, { ...two, env: [{ name: 'E', value: '1' }] }),
    ],
    [
      'replaces lists without keys',
      { containers: [{ name: 'one', args: ['y'] }] },
      containers({ ...one, args: ['y'] }, two),
    ],
    ['deletes items', { containers: [{ name: 'one', $patch: 'delete' }] }, containers(two)],
    ['replaces a whole list', { containers: [{ $patch: 'replace' }, { name: 'only' }] }, containers({ name: 'only' })],
    [
      'orders items',
      {
        '$setElementOrder/containers': [{ name: 'three' }, { name: 'two' }, { name: 'one' }],
        containers: [{ name: 'three' }],
      },
      containers({ name: 'three' }, two, one),
    ],
    [
      'leaves items that the order does not name before those they came before',
      { '$setElementOrder/containers': [{ name: 'three' }, { name: 'two' }], containers: [{ name: 'three' }] },
      containers({ name: 'three' }, one, two),
    ],
    ['deletes fields', { any: { a: null } }, { ...document.spec, any: { b: 2 } }],
    ['replaces maps', { any: { $patch: 'replace', c: 3 } }, { ...document.spec, any: { c: 3 } }],
    ['deletes maps', { any: { $patch: 'delete' } }, { containers: document.spec.containers }],
    ['retains keys', { any: { $retainKeys: ['b', 'c'], c: 3 } }, { ...document.spec, any: { b: 2, c: 3 } }],
  ])('%s (54)', (_, patch, result) => {
    expect(spec(patch)).toEqual(result);
  });

  it('knows the lists of metadata (54)', () => {
    const metadata = (patch: Json) => applyStrategicPatch(document, { metadata: patch }, schema)['metadata'];
    expect(metadata({ '$deleteFromPrimitiveList/finalizers': ['example.dev/a'] })).toHaveProperty('finalizers', [
      'example.dev/b',
    ]);
    expect(metadata({ finalizers: ['example.dev/b', 'example.dev/c'] })).toHaveProperty('finalizers', [
      'example.dev/a',
      'example.dev/b',
      'example.dev/c',
    ]);
    expect(metadata({ labels: { $patch: 'replace', x: 'y' } })).toHaveProperty('labels', { x: 'y' });
  });

  it('refuses an item without its key (54)', () => {
    expect(() => spec({ containers: [{ image: 'nameless' }] })).toThrow(
      'map: map[image:nameless] does not contain declared merge key: name',
    );
  });

  it('refuses an unknown directive', () => {
    expect(() => spec({ any: { $patch: 'shuffle' } })).toThrow('unrecognized $patch directive');
  });

  it('leaves its arguments alone', () => {
    const before = structuredClone(document);
    spec({ containers: [{ name: 'one', $patch: 'delete' }], any: { a: null } });
    expect(document).toEqual(before);
  });
});
