import { beforeEach, describe, expect, it } from 'vitest';
import { StoredWidget } from '../../../../test/stored-widget.ts';
import { widget } from '../../../../test/widget.ts';
import type { Json } from '../object.ts';
import { ApiError } from '../status.ts';

function refusal(write: () => unknown): unknown {
  try {
    write();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { code: error.code, message: error.message, causes: error.status.details?.causes ?? [] };
  }
  return undefined;
}

let stored: StoredWidget;
beforeEach(() => {
  stored = new StoredWidget();
});

describe('an apply that creates', () => {
  it('records what was sent and fills in defaults that nobody owns (58, 59)', () => {
    const spec = {
      size: 1,
      tags: ['a'],
      steps: [{ name: 's1', image: 'i' }],
      args: ['x'],
      extra: { k: { l: 1 } },
      selector: { a: 'b' },
    };
    const result = stored.apply('m1', spec, { metadata: { labels: { a: 'b' } } });
    expect(result).toEqual({
      ...spec,
      color: 'red',
      nested: { depth: 3 },
      replicas: 1,
      steps: [{ image: 'i', name: 's1', retries: 3 }],
    });
    expect(stored.owners()).toEqual([
      [
        'm1 Apply',
        {
          'f:metadata': { 'f:labels': { 'f:a': {} } },
          'f:spec': {
            'f:args': {},
            'f:extra': { 'f:k': { '.': {}, 'f:l': {} } },
            'f:selector': {},
            'f:size': {},
            'f:steps': { 'k:{"name":"s1"}': { '.': {}, 'f:image': {}, 'f:name': {} } },
            'f:tags': { 'v:"a"': {} },
          },
        },
      ],
    ]);
  });

  it('records finalizers by value and owner references by uid (57)', () => {
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'u1' };
    stored.apply('m1', { size: 1 }, { metadata: { finalizers: ['example.dev/f'], ownerReferences: [owner] } });
    expect(stored.owners()).toEqual([
      [
        'm1 Apply',
        {
          'f:metadata': { 'f:finalizers': { 'v:"example.dev/f"': {} }, 'f:ownerReferences': { 'k:{"uid":"u1"}': {} } },
          'f:spec': { 'f:size': {} },
        },
      ],
    ]);
  });

  it('leaves the status out, of the object and of the record (66)', () => {
    stored.apply('m1', { size: 1 }, { status: { phase: 'ByMain' } });
    expect(stored.object).not.toHaveProperty('status');
    expect(stored.owners()).toEqual([['m1 Apply', { 'f:spec': { 'f:size': {} } }]]);
  });
});

describe('applying again', () => {
  it('changes nothing, not even times, when the same is sent (44)', () => {
    stored.apply('m1', { size: 1, tags: ['a'] });
    const before = structuredClone(stored.object);
    stored.apply('m1', { size: 1, tags: ['a'] });
    expect(stored.object).toEqual(before);
  });

  it('removes what is left out and not owned by others, maps that get empty too (63)', () => {
    stored.apply('m1', { size: 1, limits: { cpu: '1', memory: '2' } }, { metadata: { labels: { a: '1', b: '2' } } });
    stored.apply('m2', { size: 1, limits: { cpu: '1' } }, { metadata: { labels: { a: '1' } } });
    expect(stored.apply('m1', { size: 1 })).toMatchObject({ limits: { cpu: '1' } });
    expect(stored.object).toHaveProperty('metadata.labels', { a: '1' });
    expect(stored.apply('m2', { size: 1 })).not.toHaveProperty('limits');
    expect(stored.object).not.toHaveProperty('metadata.labels');
    stored.apply('m1', undefined);
    expect(stored.owners()).toEqual([['m2 Apply', { 'f:spec': { 'f:size': {} } }]]);
    stored.apply('m2', undefined);
    expect(stored.object).not.toHaveProperty('spec');
  });

  it('restores the default of a field that is left out (63)', () => {
    stored.apply('m1', { size: 1, color: 'blue', nested: { depth: 9 } });
    expect(stored.apply('m1', { size: 1 })).toEqual({ color: 'red', nested: { depth: 3 }, replicas: 1, size: 1 });
    expect(stored.apply('m2', { color: 'green' })).toHaveProperty('color', 'green');
  });

  it('keeps nulls of fields that are not nullable, for validation to refuse (29)', () => {
    stored.apply('m1', { size: 1 });
    expect(stored.apply('m1', { size: 1, code: null })).toHaveProperty('code', null);
  });

  it('gives no time to an entry when only ownership changes (64)', () => {
    stored.apply('m1', { size: 1 });
    stored.apply('m2', { size: 1 });
    expect(stored.times()).toEqual([undefined, '2001-01-01T00:00:01Z']);
  });
});

describe('conflicts', () => {
  beforeEach(() => {
    stored.apply('m1', { size: 1, color: 'red', steps: [{ name: 's', image: 'i1' }] });
  });

  it('name the manager and the fields (61)', () => {
    const cause = (field: string) => ({ reason: 'FieldManagerConflict', message: 'conflict with "m1"', field });
    expect(refusal(() => stored.apply('m2', { size: 2, color: 'blue' }))).toEqual({
      code: 409,
      message: 'Apply failed with 2 conflicts: conflicts with "m1":\n- .spec.color\n- .spec.size',
      causes: [cause('.spec.color'), cause('.spec.size')],
    });
    expect(refusal(() => stored.apply('m2', { size: 1, steps: [{ name: 's', image: 'i2' }] }))).toEqual({
      code: 409,
      message: 'Apply failed with 1 conflict: conflict with "m1": .spec.steps[name="s"].image',
      causes: [cause('.spec.steps[name="s"].image')],
    });
  });

  it('tell an updater from an applier, and the subresource (61)', () => {
    stored.update('m3', object => ({ ...object, spec: { ...(object['spec'] as Json), color: 'green' } }));
    expect(refusal(() => stored.apply('m1', { color: 'red', steps: [{ name: 's', image: 'i1' }] }))).toMatchObject({
      message: 'Apply failed with 1 conflict: conflict with "m3" using example.revflow.dev/v1: .spec.color',
    });
    stored.apply('m1', undefined, { status: { phase: 'Ready' } });
    expect(refusal(() => stored.apply('m2', undefined, { status: { phase: 'No' } }))).toMatchObject({
      message: 'Apply failed with 1 conflict: conflict with "m1" with subresource "status": .status.phase',
    });
  });

  it('are none for equal values: both own them (62)', () => {
    stored.apply('m2', { size: 1 });
    expect(stored.owners()).toContainEqual(['m2 Apply', { 'f:spec': { 'f:size': {} } }]);
    expect(stored.owners()).toHaveLength(2);
  });

  it('end by force, which takes the field from all others (62)', () => {
    expect(stored.apply('m2', { size: 2 }, { force: true })).toHaveProperty('size', 2);
    expect(stored.owners()).toEqual([
      [
        'm1 Apply',
        { 'f:spec': { 'f:color': {}, 'f:steps': { 'k:{"name":"s"}': { '.': {}, 'f:image': {}, 'f:name': {} } } } },
      ],
      ['m2 Apply', { 'f:spec': { 'f:size': {} } }],
    ]);
  });

  it('are silent for an update, which takes what it changes (62)', () => {
    stored.update('m3', object => ({ ...object, spec: { ...(object['spec'] as Json), size: 3 } }));
    expect(stored.owners()).toContainEqual(['m3 Update', { 'f:spec': { 'f:size': {} } }]);
  });
});

describe('lists', () => {
  beforeEach(() => {
    stored.apply('m1', {
      size: 1,
      steps: [{ name: 'a', image: '1' }, { name: 'b' }],
      tags: ['x', 'y'],
      args: ['p'],
      selector: { k: 'v' },
    });
  });

  it('merge by key and by value; new items stand where the applier has them (65)', () => {
    expect(stored.apply('m2', { steps: [{ name: 'c' }, { name: 'a', retries: 7 }], tags: ['y', 'z'] })).toMatchObject({
      steps: [
        { name: 'c', retries: 3 },
        { image: '1', name: 'a', retries: 7 },
        { name: 'b', retries: 3 },
      ],
      tags: ['x', 'y', 'z'],
    });
    expect(stored.apply('m1', { size: 1, steps: [{ name: 'b' }], tags: ['x'] })).toEqual({
      color: 'red',
      nested: { depth: 3 },
      replicas: 1,
      size: 1,
      steps: [
        { name: 'c', retries: 3 },
        { name: 'a', retries: 7 },
        { name: 'b', retries: 3 },
      ],
      tags: ['x', 'y', 'z'],
    });
  });

  it.each([
    ['atomic lists', { args: ['r'] }, '.spec.args'],
    ['atomic maps', { selector: { k2: 'v2' } }, '.spec.selector'],
  ])('%s are one field (58)', (_, spec, field) => {
    expect(refusal(() => stored.apply('m2', spec))).toMatchObject({
      message: `Apply failed with 1 conflict: conflict with "m1": ${field}`,
    });
  });

  it.each([
    ['duplicate keys', { steps: [{ name: 'b' }, { name: 'b' }] }, '.spec.steps: duplicate entries for key [name="b"]'],
    ['duplicate values', { tags: ['x', 'x'] }, '.spec.tags: duplicate entries for key [="x"]'],
    [
      'missing keys',
      { steps: [{ image: 'keyless' }] },
      '.spec.steps: element 0: associative list with keys has an element that omits all key fields ["name"] (and doesn\'t have default values for any key fields)',
    ],
    ['unknown fields', { unknown: 3 }, '.spec.unknown: field not declared in schema'],
    ['other types', { size: 'x' }, '.spec.size: expected numeric (int or float), got string'],
  ])('refuse %s as 500 (32, 65)', (_, spec, problem) => {
    const message = `failed to create typed patch object (/w; example.revflow.dev/v1, Kind=Widget): ${problem}`;
    expect(refusal(() => stored.apply('m1', spec))).toEqual({ code: 500, message, causes: [] });
  });
});

describe('the status subresource', () => {
  it('is a record of its own for the same manager (66)', () => {
    stored.apply('m1', { size: 1 });
    stored.apply('m1', undefined, { status: { phase: 'Ready', conditions: [{ type: 'Ready', status: 'True' }] } });
    stored.apply('m2', undefined, { status: { conditions: [{ type: 'Other', status: 'False' }] } });
    expect(stored.object).toHaveProperty('status', {
      phase: 'Ready',
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'Other', status: 'False' },
      ],
    });
    const before = structuredClone(stored.object);
    stored.apply('m1', { size: 1 });
    expect(stored.object).toEqual(before);
    expect(stored.owners().map(([who]) => who)).toEqual(['m1 Apply', 'm1 Apply status', 'm2 Apply status']);
  });
});

describe('before the first apply', () => {
  it('what nobody recorded is put under a name of its own (67)', () => {
    stored.update('cr', () => widget({ size: 3 }));
    stored.update('x', object => ({ ...object, metadata: { ...(object['metadata'] as Json), managedFields: [{}] } }));
    expect(stored.owners()).toEqual([]);
    stored.apply('ap', { size: 3 });
    expect(stored.owners()).toEqual([
      ['ap Apply', { 'f:spec': { 'f:size': {} } }],
      [
        'before-first-apply Update',
        {
          'f:spec': { '.': {}, 'f:color': {}, 'f:nested': { '.': {}, 'f:depth': {} }, 'f:replicas': {}, 'f:size': {} },
        },
      ],
    ]);
    expect(stored.times()).toEqual([undefined, '2001-01-01T00:00:03Z']);
  });

  it('kubectl takes over what its own annotation tells', () => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(widget({ size: 1 })) };
    stored.update('kubectl-client-side-apply', () => widget({ size: 1 }, { metadata: { name: 'w', annotations } }));
    expect(stored.apply('kubectl', { size: 2 })).toHaveProperty('size', 2);
    expect(refusal(() => stored.apply('kubectl', { size: 2, replicas: 5 }))).toMatchObject({ code: 409 });
  });
});
