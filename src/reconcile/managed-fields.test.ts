// Who wrote last, as managedFields tell it.
import { describe, expect, it } from 'vitest';
import type { FunctionObject } from '../function/schema.ts';
import { editedLast } from './managed-fields.ts';

const entry = (time: string, part: 'spec' | 'status') => ({
  manager: 'm',
  operation: 'Update',
  time: `2026-01-01T00:00:${time}Z`,
  ...(part === 'status' ? { subresource: 'status' } : {}),
  fieldsV1: { [`f:${part}`]: {} },
});
const written = (managedFields: unknown): FunctionObject => ({
  apiVersion: 'core.openfunction.io/v1beta2',
  kind: 'Function',
  metadata: Object.assign({ name: 'f', namespace: 'n', uid: 'u' }, { managedFields }),
  spec: { image: 'i' },
});

describe('an edit after the last status', () => {
  it.each<[string, unknown, boolean]>([
    ['the spec was written later', [entry('02', 'spec'), entry('01', 'status')], true],
    ['the status was written later', [entry('01', 'spec'), entry('02', 'status')], false],
    ['in the same second', [entry('01', 'spec'), entry('01', 'status')], false],
    ['the newest of each counts', [entry('01', 'spec'), entry('03', 'spec'), entry('02', 'status')], true],
    ['nobody wrote a status', [entry('02', 'spec')], false],
    ['nothing is told', undefined, false],
    ['nonsense', 'x', false],
  ])('%s', (_, fields, expected) => {
    expect(editedLast(written(fields))).toBe(expected);
  });
});
