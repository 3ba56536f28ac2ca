// What is generated is current, and what a cluster gets is what the schemas say.
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { files } from '../scripts/generate.ts';

it.each([...files])('%s is current (npm run generate)', async (path, text) => {
  expect(await readFile(new URL(`../${path}`, import.meta.url), 'utf8')).toBe(text);
});

it.each([...files])('%s fits into an annotation of kubectl apply', (_, text) => {
  expect(Buffer.byteLength(text)).toBeLessThan(256 * 1024);
});
