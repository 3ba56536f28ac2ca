import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../object.ts';
import { ApiError } from '../status.ts';
import { applyJsonPatch } from './json-patch.ts';

const document = { spec: { size: 1, tags: ['a', 'b'], limits: { cpu: '1' } }, metadata: { labels: { a: 'b' } } };

function refusal(operations: unknown): unknown {
  try {
    applyJsonPatch(document, operations);
  } catch (error) {
    if (error instanceof ApiError) return [error.code, error.status.reason, error.status.details];
    throw error;
  }
  return undefined;
}

/** Operations that turn one object into another, made by comparing field by field. */
function difference(from: Json, to: Json): readonly unknown[] {
  const path = (name: string) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const removed = Object.keys(from).filter(name => !Object.hasOwn(to, name));
  const set = Object.keys(to).map(name => ({
    op: Object.hasOwn(from, name) ? 'replace' : 'add',
    path: path(name),
    value: to[name],
  }));
  return [...removed.map(name => ({ op: 'remove', path: path(name) })), ...set];
}

describe('applyJsonPatch', () => {
  it.each([
    ['adds at the end', [{ op: 'add', path: '/spec/tags/-', value: 'c' }], { tags: ['a', 'b', 'c'] }],
    ['adds at a place', [{ op: 'add', path: '/spec/tags/0', value: 'z' }], { tags: ['z', 'a', 'b'] }],
    ['replaces', [{ op: 'replace', path: '/spec/size', value: 3 }], { size: 3 }],
    ['removes', [{ op: 'remove', path: '/spec/tags/1' }], { tags: ['a'] }],
    [
      'copies',
      [{ op: 'copy', from: '/spec/limits/cpu', path: '/spec/limits/memory' }],
      { limits: { cpu: '1', memory: '1' } },
    ],
    ['moves', [{ op: 'move', from: '/spec/limits/cpu', path: '/spec/limits/disk' }], { limits: { disk: '1' } }],
    ['tests', [{ op: 'test', path: '/spec/size', value: 1 }], {}],
    ['does nothing when it is empty', [], {}],
  ])('%s (51)', (_, operations, spec) => {
    expect(applyJsonPatch(document, operations)).toEqual({ ...document, spec: { ...document.spec, ...spec } });
  });

  it('reads the escapes of pointers', () => {
    const operations = [{ op: 'add', path: '/metadata/labels/example.dev~1x', value: 'y' }];
    expect(applyJsonPatch(document, operations)).toHaveProperty('metadata.labels', { a: 'b', 'example.dev/x': 'y' });
  });

  it.each([
    ['a failed test', { op: 'test', path: '/spec/size', value: 4 }],
    ['a path that is not there', { op: 'remove', path: '/spec/nope' }],
    ['a replacement below nothing', { op: 'replace', path: '/spec/nope/x', value: 1 }],
    ['an addition below nothing', { op: 'add', path: '/spec/nope/x', value: 1 }],
    ['an unknown operation', { op: 'fly', path: '/spec/size' }],
    ['a place outside the list', { op: 'add', path: '/spec/tags/9', value: 1 }],
    ['a value moved into itself', { op: 'move', from: '/spec', path: '/spec/limits/x' }],
    ['a removal of the document', { op: 'remove', path: '' }],
    ['a document that is no object', { op: 'replace', path: '', value: 1 }],
  ])('refuses %s as 422 without a cause (51)', (_, operation) => {
    expect(refusal([operation])).toEqual([422, 'Invalid', {}]);
  });

  it('refuses what is not a list of operations as 400 (51)', () => {
    expect(refusal({ op: 'add' })).toEqual([400, 'BadRequest', undefined]);
    expect(refusal(['add'])).toEqual([400, 'BadRequest', undefined]);
  });

  it('leaves its arguments alone', () => {
    const before = structuredClone(document);
    applyJsonPatch(document, [{ op: 'remove', path: '/spec/tags/0' }]);
    expect(document).toEqual(before);
  });

  it('turns one object into another by their difference', () => {
    fc.assert(
      fc.property(fc.object(), fc.object(), (from, to) => {
        const [a, b] = [from, to].map(value => JSON.parse(JSON.stringify(value)) as Json);
        expect(applyJsonPatch(a ?? {}, difference(a ?? {}, b ?? {}))).toEqual(b);
      }),
    );
  });
});
