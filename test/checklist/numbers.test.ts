// The core-build checklist has these items here; each must stand in the name of a test, so that it can be asked who shows it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);

/** 60 to 76 come with serving, 88 to 93 with conversion. */
const items = [...range(1, 59), ...range(77, 87), ...range(94, 98)];

/** Numbers with which names of tests begin. */
function numbersIn(text: string): readonly number[] {
  return [...text.matchAll(/['"`]checklist (\d+): /g)].map(([, digits]) => Number(digits));
}

it('every item of the checklist is shown by a test that names it', () => {
  const tests = join(import.meta.dirname, '..');
  const files = readdirSync(tests, { recursive: true, encoding: 'utf8' }).filter(path => path.endsWith('.test.ts'));
  const named = new Set(files.flatMap(path => numbersIn(readFileSync(join(tests, path), 'utf8'))));
  expect(items.filter(item => !named.has(item))).toEqual([]);
  expect([...named].filter(item => !items.includes(item))).toEqual([]);
});
