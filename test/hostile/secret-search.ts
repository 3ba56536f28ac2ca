// Secrets that are known when they are seen, in whatever form.
import { expect } from 'vitest';

const root = 'hunter2zq9';

/** A secret that is found again. */
export function secretValue(name: string): string {
  return `${root}-${name}`;
}

/** Itself, and what base64 makes of it at each of the three places where it may begin. */
const needles = [
  root,
  ...[0, 1, 2].map(before => {
    const encoded = Buffer.from('x'.repeat(before) + root)
      .toString('base64')
      .replace(/=+$/, '');
    return encoded.slice(before === 0 ? 0 : before + 1, -2);
  }),
  Buffer.from(root).toString('hex'),
  'PRIVATE KEY',
];

/** Fails where a secret stands in the text, with what is around it. */
export function expectNoSecret(where: string, text: string): void {
  for (const needle of needles) {
    const at = text.indexOf(needle);
    if (at >= 0) expect.fail(`a secret (${needle}) is in ${where}: ${text.slice(Math.max(0, at - 300), at + 60)}`);
  }
}
