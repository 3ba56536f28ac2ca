// What is written as YAML is read back the same by readers of YAML 1.2 and of 1.1, where many more words are no texts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { formatYaml } from './yaml.ts';

/** Texts that some reader takes for something else: words, numbers of every base and spelling, times, marks. */
const ambiguous = [
  ...'y n Y N yes no Yes NO on off On OFF true false True FALSE null Null NULL ~ = << .inf -.INF .nan .NaN'.split(' '),
  ...'0 00 07 0777 0o17 0x1F 0b101 -0 +1 1_000 0x1_f 1. .5 1.5e3 1e3 1E+2 685.230_15 1:30 12:30:00 190:20:30.15'.split(
    ' ',
  ),
  '',
  ' ',
  '2001-12-14',
  '2001-12-14t21:59:43.10-05:00',
  '2001-12-14 21:59:43.10 -5',
  '- a',
  '? a',
  'a: b',
  'a #b',
  '#a',
  '&a',
  '*a',
  '!a',
  '%a',
  '@a',
  '`a`',
  '{a}',
  '[a]',
  '|',
  '>',
  '"a',
  "'a",
  '---',
  '...',
  'a\nb',
  'a\r\nb',
  '\ta',
  'a ',
  ' a',
  ' \n',
  '\n \n',
  ' \t\n',
  '\u0085',
  '\u2028',
  '\ufeff',
  'ü😀',
];

/** The implicit types of the YAML 1.1 type repository, written down from it and not from the library under test. */
const types11 = [
  /^(?:y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  /^(?:~|null|Null|NULL|)$/,
  /^[-+]?(?:0b[0-1_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)$/,
  /^[-+]?(?:[0-9][0-9_]*)?\.[0-9.]*(?:[eE][-+][0-9]+)?$/,
  /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*$/,
  /^[-+]?\.(?:inf|Inf|INF)$/,
  /^\.(?:nan|NaN|NAN)$/,
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/,
  /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?$/,
  /^(?:=|<<)$/,
];
/** And those that YAML 1.2 has besides. */
const types12 = [/^0o[0-7]+$/, /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/];

const text = fc.oneof(
  fc.constantFrom(...ambiguous),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }).map(each => each.toWellFormed()),
);
const scalar = fc.oneof(
  text,
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(each => each + 0),
  fc.boolean(),
  fc.constant(null),
);
const value = fc.letrec<{ node: unknown }>(tie => ({
  node: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie('node'), { maxLength: 4 }),
    fc.dictionary(text, tie('node'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).node;

describe('YAML that is written', () => {
  it.each(ambiguous)('keeps the text %j a text, as a value, in a list and as a key', each => {
    const object = { value: each, list: [each], [each || 'empty']: 1 };
    const written = formatYaml(object);
    expect(parse(written)).toEqual(object);
    expect(parse(written, { version: '1.1' })).toEqual(object);
  });

  it.each(ambiguous.filter(each => [...types11, ...types12].some(type => type.test(each))))(
    'quotes %j, which readers of 1.1 or 1.2 would take for something else',
    each => {
      expect(formatYaml({ value: each })).toMatch(/^value: (?:"|')/);
      expect(formatYaml([each])).toMatch(/^- (?:"|')/);
      expect(formatYaml({ [each]: 1 })).toMatch(/^(?:\? )?(?:"|')/);
    },
  );

  it.each(['\u0085', '\u2028', '\u2029', '\ufeff', '\u0000', '\u007f', '\u009f', '\r'])(
    'writes %j so that it can be seen, since some readers end a line there',
    each => {
      const written = formatYaml({ value: `a${each}b`, [`k${each}`]: 1 });
      expect(written).not.toContain(each);
      expect(parse(written)).toEqual({ value: `a${each}b`, [`k${each}`]: 1 });
    },
  );

  it('quotes a line with a tab, and leaves a script a script', () => {
    expect(formatYaml({ value: 'a\tb' })).toBe('value: "a\\tb"\n');
    expect(formatYaml({ script: 'if a; then\n\tb\nfi\n' })).toBe('script: |\n  if a; then\n  \tb\n  fi\n');
  });

  it('is read back the same by readers of 1.2 and of 1.1, whatever stands in it, and written the same again', () => {
    const check = (object: unknown) => {
      const written = formatYaml(object);
      expect(parse(written)).toEqual(object);
      expect(parse(written, { version: '1.1' })).toEqual(object);
      expect(formatYaml(parse(written))).toBe(written);
    };
    fc.assert(fc.property(value, check), { numRuns: 400 });
  });
});
