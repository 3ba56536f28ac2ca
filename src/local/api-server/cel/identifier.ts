// How rules write fields whose names are no identifiers of CEL.

const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

const escapes: readonly (readonly [text: string, escaped: string])[] = [
  ['__', '__underscores__'],
  ['.', '__dot__'],
  ['-', '__dash__'],
  ['/', '__slash__'],
];

/** `a-b` is `a__dash__b`, `if` is `__if__`. */
export function fieldIdentifier(name: string): string {
  if (reserved.has(name)) return `__${name}__`;
  if (/^[A-Za-z0-9]*$/.test(name)) return name;
  return escapes.reduce((escaped, [text, by]) => escaped.replaceAll(text, by), name);
}
