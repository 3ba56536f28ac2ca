// Secrets that are known when they are seen, in whatever form.

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

/** What is around a secret that stands in the text; undefined where none does. */
export function secretIn(text: string): string | undefined {
  const at = Math.max(...needles.map(needle => text.indexOf(needle)));
  return at < 0 ? undefined : text.slice(Math.max(0, at - 200), at + 60);
}
