import { beforeEach, describe, expect, it } from 'vitest';
import { StoredWidget } from '../../../../test/stored-widget.ts';
import { widget } from '../../../../test/widget.ts';
import type { Json } from '../object.ts';

let stored: StoredWidget;
beforeEach(() => {
  stored = new StoredWidget();
});

const withSpec = (change: Json) => (object: Json) => ({ ...object, spec: { ...(object['spec'] as Json), ...change } });
const withMetadata = (change: Json) => (object: Json) => ({
  ...object,
  metadata: { ...(object['metadata'] as Json), ...change },
});

describe('trackUpdate', () => {
  it('gives a creator all that it sent, with the maps around it and the defaults (58, 59)', () => {
    stored.update('cr', () =>
      widget(
        { size: 1, extra: { anything: { goes: [1] } }, steps: [{ name: 'a' }] },
        { metadata: { name: 'w', namespace: 'n', labels: { a: 'b' }, finalizers: ['example.dev/f'] } },
      ),
    );
    expect(stored.owners()).toEqual([
      [
        'cr Update',
        {
          'f:metadata': {
            'f:finalizers': { '.': {}, 'v:"example.dev/f"': {} },
            'f:labels': { '.': {}, 'f:a': {} },
          },
          'f:spec': {
            '.': {},
            'f:color': {},
            'f:extra': { '.': {}, 'f:anything': { '.': {}, 'f:goes': {} } },
            'f:nested': { '.': {}, 'f:depth': {} },
            'f:replicas': {},
            'f:size': {},
            'f:steps': { '.': {}, 'k:{"name":"a"}': { '.': {}, 'f:name': {}, 'f:retries': {} } },
          },
        },
      ],
    ]);
  });

  it('gives others only what they change, and takes it from who had it (58, 62)', () => {
    stored.update('cr', () => widget({ size: 1 }));
    stored.update('x', withSpec({ size: 2 }));
    expect(stored.owners()).toContainEqual(['x Update', { 'f:spec': { 'f:size': {} } }]);
    expect(stored.owners()).not.toContainEqual([
      'cr Update',
      expect.objectContaining({ 'f:spec': expect.objectContaining({ 'f:size': {} }) }),
    ]);
  });

  it('forgets fields that are gone', () => {
    stored.update('cr', () => widget({ size: 1 }, { metadata: { name: 'w', labels: { a: 'b' } } }));
    stored.update('x', withMetadata({ labels: {} }));
    expect(stored.owners()).not.toContainEqual([
      expect.anything(),
      expect.objectContaining({ 'f:metadata': { 'f:labels': expect.objectContaining({ 'f:a': {} }) } }),
    ]);
  });

  it('keeps the times when nothing changes, whatever the server owns (44)', () => {
    stored.update('cr', () => widget({ size: 1 }));
    stored.update(
      'cr',
      withMetadata({ uid: 'u', resourceVersion: '2', generation: 7, creationTimestamp: '2001-01-01T00:00:00Z' }),
    );
    expect(stored.times()).toEqual(['2001-01-01T00:00:01Z']);
  });

  it.each([[[]], [[{}]]])('clears the record for managedFields of %j and keeps none from then on (67)', cleared => {
    stored.update('cr', () => widget({ size: 1 }));
    stored.update('x', withMetadata({ managedFields: cleared }));
    expect(stored.owners()).toEqual([]);
    stored.update('x', withSpec({ size: 2 }));
    expect(stored.owners()).toEqual([]);
  });

  it('takes the record that a client writes, and ignores one that it cannot read', () => {
    stored.update('cr', () => widget({ size: 1 }));
    const entry = {
      manager: 'given',
      operation: 'Update',
      apiVersion: 'example.revflow.dev/v1',
      fieldsType: 'FieldsV1',
    };
    stored.update('x', withMetadata({ managedFields: [{ ...entry, fieldsV1: { 'f:spec': { 'f:size': {} } } }] }));
    expect(stored.owners()).toEqual([['given Update', { 'f:spec': { 'f:size': {} } }]]);
    stored.update('x', withMetadata({ managedFields: [{ ...entry, fieldsV1: { 'k:nonsense': {} } }] }));
    expect(stored.owners()).toEqual([['given Update', { 'f:spec': { 'f:size': {} } }]]);
    stored.update('x', withMetadata({ managedFields: undefined }));
    expect(stored.owners()).toEqual([['given Update', { 'f:spec': { 'f:size': {} } }]]);
  });

  it('lists appliers first, then updaters, each by time (60)', () => {
    stored.update('b', () => widget({ size: 1 }));
    stored.update('a', withSpec({ min: 1 }));
    stored.apply('z', { size: 1, max: 4 });
    expect(stored.owners().map(([who]) => who)).toEqual(['z Apply', 'b Update', 'a Update']);
  });

  it('folds the oldest of many updaters into one', () => {
    stored.update('cr', () => widget({ size: 1, extra: {} }));
    for (let at = 0; at < 14; at += 1) {
      stored.update(`u${at}`, object => {
        const spec = object['spec'] as Json & { extra: Json };
        return { ...object, spec: { ...spec, extra: { ...spec.extra, [`k${at}`]: at } } };
      });
    }
    expect(stored.owners()).toHaveLength(10);
    expect(stored.owners()).toContainEqual([
      'ancient-changes Update',
      { 'f:spec': expect.objectContaining({ 'f:size': {} }) },
    ]);
  });
});
