import { describe, expect, it } from 'vitest';
import { widget, widgetSchema } from '../../../../test/widget.ts';
import type { Json } from '../object.ts';
import { applyDefaults } from '../schema/default.ts';
import { compileSchema } from '../schema/schema.ts';
import { validate } from '../schema/validate.ts';
import { brokenRules } from './validate.ts';

const schema = compileSchema(widgetSchema);

function stored(spec: Json, more: Json = {}): Json {
  const object = widget({ size: 1, ...spec }, more);
  applyDefaults(schema, object);
  return object;
}

/** Whether a rule holds for a value of `self`'s schema. */
function broken(rule: string, self: Json, value: unknown): readonly string[] {
  const one = compileSchema({
    type: 'object',
    properties: { self: { ...self, 'x-kubernetes-validations': [{ rule }] } },
  });
  return brokenRules(one, { self: value }).map(cause => cause.message);
}

const integers = { type: 'array', items: { type: 'integer' } };

describe('the rules of an object', () => {
  it.each([
    [
      'message and fieldPath',
      { min: 5, max: 3 },
      'FieldValueInvalid',
      'Invalid value: min must not exceed max',
      'spec.min',
    ],
    [
      'messageExpression and reason',
      { color: 'blue', replicas: 6 },
      'FieldValueForbidden',
      'Forbidden: blue takes at most 5 replicas',
      'spec',
    ],
    [
      'a rule of a map',
      { limits: { cpu: '' } },
      'FieldValueRequired',
      'Required value: a limit must not be empty',
      'spec.limits',
    ],
  ])('answer with %s (37)', (_, spec, reason, message, field) => {
    expect(validate(schema, stored(spec))).toEqual([{ reason, message, field }]);
  });

  it('at the root see the name, and belong to no field (37)', () => {
    expect(validate(schema, stored({}, { metadata: { name: 'forbidden-name' } }))).toEqual([
      { reason: 'FieldValueInvalid', message: 'Invalid value: this name is forbidden', field: '<nil>' },
    ]);
  });

  it('about changes run only when there is a value before and after (38)', () => {
    const [a, b, none] = [stored({ mode: 'a' }), stored({ mode: 'b' }), stored({})];
    expect(validate(schema, a)).toEqual([]);
    expect(validate(schema, b, a)).toEqual([
      { reason: 'FieldValueInvalid', message: 'Invalid value: "b": mode is immutable', field: 'spec.mode' },
    ]);
    expect(validate(schema, none, a)).toEqual([]);
    expect(validate(schema, b, none)).toEqual([]);
  });

  it('are not judged again where nothing changed (39)', () => {
    const old = stored({ limits: { cpu: '' } });
    expect(validate(schema, { ...old, spec: { ...(old['spec'] as Json), size: 2 } }, old)).toEqual([]);
    expect(validate(schema, stored({ limits: { cpu: '', memory: '1' } }), old)).toHaveLength(1);
  });

  it('name items by their place and values of maps by their key', () => {
    const rules = { 'x-kubernetes-validations': [{ rule: "self != ''", message: 'empty' }] };
    const lists = compileSchema({
      type: 'object',
      properties: {
        list: { type: 'array', items: { type: 'string', ...rules } },
        map: { type: 'object', additionalProperties: { type: 'string', ...rules } },
      },
    });
    const fields = brokenRules(lists, { list: ['a', ''], map: { 'x/y': '' } }).map(cause => cause.field);
    expect(fields).toEqual(['list[1]', 'map[x/y]']);
  });

  it('compare items of map lists with what they were', () => {
    const rule = { rule: 'self.n >= oldSelf.n', message: 'must not shrink' };
    const items = {
      type: 'object',
      properties: { k: { type: 'string' }, n: { type: 'integer' } },
      'x-kubernetes-validations': [rule],
    };
    const keyed = { type: 'array', items, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'] };
    const one = compileSchema({ type: 'object', properties: { keyed, plain: { type: 'array', items } } });
    const [before, after] = [
      { k: 'a', n: 2 },
      { k: 'a', n: 1 },
    ];
    const other = { k: 'b', n: 9 };
    expect(brokenRules(one, { keyed: [other, after] }, { keyed: [before, other] }).map(cause => cause.field)).toEqual([
      'keyed[1]',
    ]);
    expect(brokenRules(one, { plain: [after] }, { plain: [before] })).toEqual([]);
  });

  it('with an optional oldSelf run at creation too', () => {
    const rule = { rule: 'oldSelf.hasValue() || self == 1', optionalOldSelf: true, message: 'starts at 1' };
    const one = compileSchema({
      type: 'object',
      properties: { n: { type: 'integer', 'x-kubernetes-validations': [rule] } },
    });
    expect(brokenRules(one, { n: 2 })).toHaveLength(1);
    expect(brokenRules(one, { n: 2 }, { n: 1 })).toEqual([]);
  });
});

describe('the values of rules', () => {
  it.each([
    ['integers', 'self + 1 == 2', { type: 'integer' }, 1],
    ['numbers', 'self > 0.5', { type: 'number' }, 1],
    [
      'moments',
      "self > timestamp('2000-01-01T00:00:00Z')",
      { type: 'string', format: 'date-time' },
      '2001-01-01T00:00:00Z',
    ],
    ['days', "self < timestamp('2002-01-01T00:00:00Z')", { type: 'string', format: 'date' }, '2001-01-01'],
    ['durations', "self < duration('1h')", { type: 'string', format: 'duration' }, '5m'],
    ['bytes', "self == b'text'", { type: 'string', format: 'byte' }, 'dGV4dA=='],
    ['either', "type(self) == int ? self > 1 : self == 'http'", { 'x-kubernetes-int-or-string': true }, 80],
    [
      'fields with odd names',
      'self.a__dash__b == self.__if__',
      { type: 'object', properties: { 'a-b': integers, if: integers } },
      { 'a-b': [1], if: [1] },
    ],
    [
      'keys of maps as they are',
      "self['a-b'] == '1'",
      { type: 'object', additionalProperties: { type: 'string' } },
      { 'a-b': '1' },
    ],
  ])('are %s', (_, rule, self, value) => {
    expect(broken(rule, self, value)).toEqual([]);
  });

  it.each([
    ['isSorted', 'self.isSorted() && ![2, 1].isSorted()'],
    ['sum', 'self.sum() == 6'],
    ['min and max', 'self.min() == 1 && self.max() == 3'],
    ['indexOf', 'self.indexOf(2) == 1 && self.lastIndexOf(9) == -1'],
    [
      'find',
      "'abc-12'.find('[0-9]+') == '12' && 'a1b2'.findAll('[0-9]') == ['1', '2'] && 'a1b2'.findAll('[0-9]', 1) == ['1']",
    ],
    ['lowerAscii and the like', "'ABC'.lowerAscii() == 'abc' && 'a,b'.split(',')[1] == 'b' && ' a '.trim() == 'a'"],
    [
      'isURL',
      "isURL('https://example.dev') && !isURL('example') && url('https://example.dev:80/a').getHost() == 'example.dev:80'",
    ],
    ['isIP', "isIP('::1') && !isIP('a') && isCIDR('10.0.0.0/8')"],
    [
      'quantities',
      "isQuantity('1.5Gi') && !isQuantity('x') && quantity('1Ki').isGreaterThan(quantity('1k')) && quantity('500m').compareTo(quantity('0.5')) == 0",
    ],
  ])('know %s', (_, rule) => {
    expect(broken(rule, integers, [1, 2, 3])).toEqual([]);
  });
});

describe('a rule that cannot be judged', () => {
  it('is a fault: what it needs is missing', () => {
    const map = { type: 'object', additionalProperties: { type: 'string' } };
    expect(broken("self['a'] == 'b'", map, {})).toEqual([expect.stringContaining("evaluating rule: self['a'] == 'b'")]);
  });

  it('tells what is missing, and the type of the value instead of the value (24.11)', () => {
    expect(brokenRules(schema, widget({ size: 1 }))).toEqual([
      {
        reason: 'FieldValueInvalid',
        message:
          'Invalid value: "object": no such key: color evaluating rule: self.color != \'blue\' || self.replicas <= 5',
        field: 'spec',
      },
    ]);
  });

  it('is a fault: it would take too many steps', () => {
    const rule = 'self.all(a, self.all(b, self.all(c, a + b + c > 0)))';
    expect(
      broken(
        rule,
        integers,
        Array.from({ length: 400 }, (_, at) => at + 1),
      ),
    ).toEqual([expect.stringContaining('cost budget')]);
    expect(broken(rule, integers, [1, 2, 3])).toEqual([]);
  });
});
