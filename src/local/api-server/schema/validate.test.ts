import { describe, expect, it } from 'vitest';
import { widget, widgetSchema } from '../../../../test/widget.ts';
import type { Json } from '../object.ts';
import { applyDefaults } from './default.ts';
import { compileSchema } from './schema.ts';
import { validate } from './validate.ts';

const schema = compileSchema(widgetSchema);

const unchecked = {
  reason: 'FieldValueInvalid',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
  field: '<nil>',
};

function faults(spec: unknown) {
  const object = widget(spec);
  applyDefaults(schema, object);
  return validate(schema, object).toSorted((a, b) => (`${a.field}${a.message}` < `${b.field}${b.message}` ? -1 : 1));
}

const alone: readonly (readonly [what: string, spec: Json, reason: string, message: string, field: string])[] = [
  [
    'a number below its minimum',
    { size: 0 },
    'FieldValueInvalid',
    'Invalid value: 0: spec.size in body should be greater than or equal to 1',
    'spec.size',
  ],
  [
    'a number above its maximum',
    { size: 11 },
    'FieldValueInvalid',
    'Invalid value: 11: spec.size in body should be less than or equal to 10',
    'spec.size',
  ],
  [
    'a number that is no multiple',
    { size: 1, ratio: 0.25 },
    'FieldValueInvalid',
    'Invalid value: 0.25: spec.ratio in body should be a multiple of 0.5',
    'spec.ratio',
  ],
  [
    'a number at an exclusive minimum',
    { size: 1, ratio: 0 },
    'FieldValueInvalid',
    'Invalid value: 0: spec.ratio in body should be greater than 0',
    'spec.ratio',
  ],
  [
    'a text that does not match',
    { size: 1, code: 'nope' },
    'FieldValueInvalid',
    `Invalid value: "nope": spec.code in body should match '^[a-z]{3}-[0-9]+$'`,
    'spec.code',
  ],
  [
    'a value twice in a set',
    { size: 1, tags: ['a', 'b', 'a'] },
    'FieldValueDuplicate',
    'Duplicate value: "a"',
    'spec.tags[2]',
  ],
  [
    'a key twice in a map list',
    { size: 1, steps: [{ name: 'a' }, { name: 'b' }, { name: 'a' }] },
    'FieldValueDuplicate',
    'Duplicate value: {"name":"a"}',
    'spec.steps[2]',
  ],
];

const withRulesUnchecked: typeof alone = [
  ['a missing field', {}, 'FieldValueRequired', 'Required value', 'spec.size'],
  [
    'a text for an integer',
    { size: 'big' },
    'FieldValueTypeInvalid',
    'Invalid value: "string": spec.size in body must be of type integer: "string"',
    'spec.size',
  ],
  [
    'a fraction for an integer',
    { size: 1.5 },
    'FieldValueTypeInvalid',
    'Invalid value: "number": spec.size in body must be of type integer: "number"',
    'spec.size',
  ],
  [
    'a value outside the enum',
    { size: 1, color: 'pink' },
    'FieldValueNotSupported',
    'Unsupported value: "pink": supported values: "red", "green", "blue"',
    'spec.color',
  ],
  [
    'a text that is too long',
    { size: 1, code: 'abc-1234567890' },
    'FieldValueTooLong',
    'Too long: may not be more than 12 bytes',
    'spec.code',
  ],
  [
    'a missing field of an item',
    { size: 1, steps: [{ image: 'x' }] },
    'FieldValueRequired',
    'Required value',
    'spec.steps[0].name',
  ],
  [
    'an object for a list',
    { size: 1, steps: {} },
    'FieldValueTypeInvalid',
    'Invalid value: "object": spec.steps in body must be of type array: "object"',
    'spec.steps',
  ],
  [
    'an item of another type',
    { size: 1, args: ['a', 2] },
    'FieldValueTypeInvalid',
    'Invalid value: "integer": spec.args[1] in body must be of type string: "integer"',
    'spec.args[1]',
  ],
  [
    'too many items',
    { size: 1, args: ['a', 'b', 'c', 'd', 'e', 'f'] },
    'FieldValueTooMany',
    'Too many: 6: must have at most 5 items',
    'spec.args',
  ],
  [
    'a text that is no date',
    { size: 1, when: 'yesterday' },
    'FieldValueTypeInvalid',
    'Invalid value: "yesterday": spec.when in body must be of type date-time: "yesterday"',
    'spec.when',
  ],
  [
    'a map value of another type',
    { size: 1, limits: { a: 1 } },
    'FieldValueTypeInvalid',
    'Invalid value: "integer": spec.limits.a in body must be of type string: "integer"',
    'spec.limits.a',
  ],
];

describe('validate', () => {
  it.each(alone)('refuses %s (35)', (_, spec, reason, message, field) => {
    expect(faults(spec)).toEqual([{ reason, message, field }]);
  });

  it.each(withRulesUnchecked)(
    'refuses %s and says that rules were not checked (35, 36)',
    (_, spec, reason, message, field) => {
      expect(faults(spec)).toEqual([unchecked, { reason, message, field }]);
    },
  );

  it('gives an int-or-string of another type one cause for each branch (40)', () => {
    expect(faults({ size: 1, port: true })).toEqual([
      {
        reason: 'FieldValueInvalid',
        message: 'Invalid value: "": "spec.port" must validate at least one schema (anyOf)',
        field: '<nil>',
      },
      unchecked,
      {
        reason: 'FieldValueTypeInvalid',
        message: 'Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"',
        field: 'spec.port',
      },
      {
        reason: 'FieldValueTypeInvalid',
        message: 'Invalid value: "boolean": spec.port in body must be of type integer: "boolean"',
        field: 'spec.port',
      },
    ]);
  });

  it('tells every fault of an object (20.0)', () => {
    const fields = faults({ size: 99, color: 'pink', code: 'x', steps: [{}] }).map(fault => fault.field);
    expect(fields).toEqual(['<nil>', 'spec.code', 'spec.color', 'spec.size', 'spec.steps[0].name']);
  });

  it('says nothing of rules where there are none (14.9)', () => {
    const plain = compileSchema({ type: 'object', properties: { timeout: { type: 'string', format: 'duration' } } });
    expect(validate(plain, { timeout: 5 })).toEqual([
      {
        reason: 'FieldValueTypeInvalid',
        message: 'Invalid value: "int64": timeout in body must be of type duration: "int64"',
        field: 'timeout',
      },
    ]);
  });

  it('takes null only where it is allowed (37.3)', () => {
    expect(validate(schema, widget({ size: 1, code: null }))).toContainEqual({
      reason: 'FieldValueTypeInvalid',
      message: 'Invalid value: "null": spec.code in body must be of type string: "null"',
      field: 'spec.code',
    });
    expect(faults({ size: 1, nullable: null })).toEqual([]);
  });

  it('does not judge again what stays as it was (39)', () => {
    const old = widget({ size: 50, tags: ['a', 'a'], steps: [{ name: 'a', retries: 'x' }], color: 'red', replicas: 1 });
    const changed = { ...widget({ ...(old['spec'] as Json), min: 1 }) };
    expect(validate(schema, changed, old)).toEqual([]);
    const worse = widget({ ...(old['spec'] as Json), size: 60 });
    expect(validate(schema, worse, old).map(cause => cause.field)).toEqual(['spec.size']);
  });

  it.each([
    ['date-time', '2001-01-01T00:00:00Z', '2001-02-30T00:00:00Z'],
    ['duration', '1h30m', 'soon'],
    ['byte', 'dGV4dA==', 'a'],
    ['ipv4', '127.0.0.1', '::1'],
    ['ipv6', '::1', '127.0.0.1'],
    ['cidr', '10.0.0.0/8', '10.0.0.0/40'],
    ['uuid', '00000000-0000-4000-8000-000000000001', '0'],
    ['email', 'a@example.dev', 'a'],
    ['uri', 'https://example.dev/a', 'a b'],
    ['date', '2001-01-01', '2001-1-1'],
  ])('checks the format %s (40)', (format, good, bad) => {
    const one = compileSchema({ type: 'object', properties: { a: { type: 'string', format } } });
    expect(validate(one, { a: good })).toEqual([]);
    expect(validate(one, { a: bad })).toHaveLength(1);
  });

  it('takes texts of unknown formats as they are', () => {
    const one = compileSchema({ type: 'object', properties: { a: { type: 'string', format: 'poem' } } });
    expect(validate(one, { a: 'anything' })).toEqual([]);
  });
});
