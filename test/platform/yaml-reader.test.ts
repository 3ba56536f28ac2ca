// What is written as YAML, read by a reader of YAML 1.1 that shares nothing with the writer: PyYAML.
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatYaml } from '../../src/platform/yaml.ts';

const isHere = spawnSync('python3', ['-c', 'import yaml']).status === 0;

const reader = `
import json, sys, yaml
def read(text):
    try: return {'value': yaml.safe_load(text)}
    except Exception as error: return {'error': str(error)}
json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout, default=lambda other: 'other: ' + str(other))
`;

const words =
  'y n Y N yes no on off ~ null = << ... 1_000 0o17 0x1f 0b1 0777 12:30:00 190:20:30.15 2001-12-14 .inf 1e3 1E+2 -0 +1 1. .5'.split(
    ' ',
  );
const marks = [
  '',
  ' ',
  '\n',
  ' \n',
  '\t',
  'a\tb',
  'a\nb',
  'a\n\tb\n',
  '\ta\nb',
  '  a\nb',
  '\n\na',
  'a\n\n',
  'a ',
  ' a',
];
const odd = [
  'a: b',
  '# a',
  'a #b',
  '- a',
  '? a',
  '&a',
  '*a',
  '!a',
  '%a',
  '@a',
  '|',
  '>',
  "'",
  '"',
  '\u0085',
  '\u2028',
  '\ufeff',
  '\r\n',
  '\0',
];

const text = fc.oneof(
  fc.constantFrom(...words, ...marks, ...odd),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }).map(each => each.toWellFormed()),
);
const tree = fc.letrec<{ node: unknown }>(tie => ({
  node: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('node'), { maxLength: 4 }),
    fc.dictionary(text, tie('node'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).node;
const object = fc.dictionary(text, tree, { minKeys: 1, maxKeys: 4, noNullPrototype: true });

describe.skipIf(!isHere)(`PyYAML${isHere ? '' : ' (skipped: needs the Debian package python3-yaml)'}`, () => {
  it('reads what was written, whatever stands in it', () => {
    const objects = [
      ...[...words, ...marks, ...odd].map(each => ({ value: each, list: [each], [`${each}`]: 1 })),
      ...fc.sample(object, 1_000),
    ];
    const input = JSON.stringify(objects.map(formatYaml));
    const { status, stdout, stderr } = spawnSync('python3', ['-c', reader], {
      input,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const found = JSON.parse(stdout) as readonly object[];
    objects.forEach((value, at) =>
      expect({ written: formatYaml(value), ...found[at] }).toEqual({ written: formatYaml(value), value }),
    );
  });
});
