import { describe, expect, it } from 'vitest';
import { widgetSchema } from '../../../../test/widget.ts';
import type { Json } from '../object.ts';
import { checkSchema } from './check.ts';

const path = 'spec.validation.openAPIV3Schema';
const spec = `${path}.properties[spec]`;

function faults(node: Json): readonly (readonly [string | undefined, string, string | undefined])[] {
  const causes = checkSchema({ type: 'object', properties: { spec: node } }, path);
  return causes.map(cause => [cause.reason, cause.message, cause.field]);
}

const withProperty = (a: Json): Json => ({ type: 'object', properties: { a } });

describe('checkSchema', () => {
  it('takes a schema with every kind of rule', () => {
    expect(checkSchema(widgetSchema, path)).toEqual([]);
  });

  it('wants a type at the root (103)', () => {
    expect(checkSchema({}, path)).toEqual([
      { reason: 'FieldValueRequired', message: 'Required value: must not be empty at the root', field: `${path}.type` },
    ]);
  });

  it.each([
    [
      'no type',
      { properties: { a: { type: 'string' } } },
      'FieldValueRequired',
      'Required value: must not be empty for specified object fields',
      `${spec}.type`,
    ],
    [
      'a list without items',
      withProperty({ type: 'array' }),
      'FieldValueRequired',
      'Required value: must be specified',
      `${spec}.properties[a].items`,
    ],
    [
      'a default of another type',
      withProperty({ type: 'integer', default: 'x' }),
      'FieldValueTypeInvalid',
      'Invalid value: "string":  in body must be of type integer: "string"',
      `${spec}.properties[a].default`,
    ],
    [
      'properties beside additionalProperties',
      withProperty({ type: 'object', properties: { b: { type: 'string' } }, additionalProperties: { type: 'string' } }),
      'FieldValueForbidden',
      'Forbidden: additionalProperties and properties are mutual exclusive',
      `${spec}.properties[a].additionalProperties`,
    ],
    [
      'a rule with an unknown field',
      { ...withProperty({ type: 'integer' }), 'x-kubernetes-validations': [{ rule: 'self.nope > 1' }] },
      'FieldValueInvalid',
      `Invalid value: {"Rule":"self.nope \\u003e 1","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:5: undefined field 'nope'\n | self.nope > 1\n | ....^`,
      `${spec}.x-kubernetes-validations[0].rule`,
    ],
    [
      'a list map without keys',
      withProperty({
        type: 'array',
        'x-kubernetes-list-type': 'map',
        items: { type: 'object', properties: { k: { type: 'string' } } },
      }),
      'FieldValueRequired',
      'Required value: must not be empty if x-kubernetes-list-type is map',
      `${spec}.properties[a].x-kubernetes-list-map-keys`,
    ],
    [
      'a pattern that is none',
      withProperty({ type: 'string', pattern: '(' }),
      'FieldValueInvalid',
      'Invalid value: "(": must be a valid regular expression, but isn\'t: error parsing regexp: missing closing ): `(`',
      `${spec}.properties[a].pattern`,
    ],
  ])('refuses %s (103)', (_, node, reason, message, field) => {
    expect(faults(node)).toEqual([[reason, message, field]]);
  });

  it.each([
    [
      'a key of a list map that is neither required nor has a default',
      withProperty({
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
        items: withProperty({ type: 'string' }),
      }),
    ],
    ['a type of no kind', withProperty({ type: 'text' })],
    ['types inside anyOf', withProperty({ type: 'string', anyOf: [{ type: 'string' }] })],
    [
      'a default with unknown fields',
      withProperty({ type: 'object', properties: { b: { type: 'string' } }, default: { c: 1 } }),
    ],
    ['references', withProperty({ $ref: '#/definitions/x', type: 'object' })],
    ['unique items', withProperty({ type: 'array', items: { type: 'string' }, uniqueItems: true })],
  ])('refuses %s', (_, node) => {
    expect(faults(node)).not.toEqual([]);
  });

  it('takes types inside anyOf of an int-or-string', () => {
    expect(
      faults(withProperty({ 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] })),
    ).toEqual([]);
  });

  it.each([
    ['a rule that is no expression', { rule: 'self.a +' }, 'Syntax error'],
    ['a function that there is not', { rule: 'self.a.unheard()' }, "undeclared reference to 'unheard'"],
    ['a variable that there is not', { rule: 'other == 1' }, "undeclared reference to 'other'"],
    ['a message that is no expression', { rule: 'self.a == 1', messageExpression: '(' }, 'Syntax error'],
  ])('refuses %s', (_, rule, text) => {
    expect(faults({ ...withProperty({ type: 'integer' }), 'x-kubernetes-validations': [rule] })).toEqual([
      ['FieldValueInvalid', expect.stringContaining(text), `${spec}.x-kubernetes-validations[0].rule`],
    ]);
  });

  it('refuses rules that may take too many steps, until lists have limits (38)', () => {
    const rule = { rule: 'self.all(x, self.exists_one(y, x == y))' };
    const list = { type: 'array', items: { type: 'string' }, 'x-kubernetes-validations': [rule] };
    expect(faults(withProperty(list))).toEqual([
      [
        'FieldValueForbidden',
        expect.stringContaining('estimated rule cost exceeds budget by factor of more than 100x'),
        expect.any(String),
      ],
    ]);
    expect(faults(withProperty({ ...list, maxItems: 64 }))).toEqual([]);
  });
});
