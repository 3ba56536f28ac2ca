// How results are printed: a table or sections for people, JSON or YAML for programs. Colour only on a terminal, and never with NO_COLOR.
import { redact } from '../../platform/redact.ts';
import { formatYaml } from '../../platform/yaml.ts';
import type { Output, Terminal } from './verb.ts';

/** Words of `-o`. */
export const formats = ['table', 'wide', 'json', 'yaml'] as const;

export type Format = (typeof formats)[number];

/** Prints a value for programs; false when people are to read it. */
export function printValue(out: Output, format: Format, value: unknown): boolean {
  if (format === 'json') out.write(`${JSON.stringify(value, undefined, 2)}\n`);
  else if (format === 'yaml') out.write(formatYaml(value));
  else return false;
  return true;
}

/** Text of others on a terminal: one line, without what could steer the terminal, without what looks like a secret. */
export function plain(text: string): string {
  return redact(text).replaceAll(/\p{Cc}+/gu, ' ');
}

/** Rows under a head, columns aligned, two spaces between; without spaces at the ends of lines. */
export function table(rows: readonly (readonly string[])[]): string {
  const clean = rows.map(row => row.map(plain));
  const widths = (clean[0] ?? []).map((_, at) => Math.max(...clean.map(row => row[at]?.length ?? 0)));
  return clean
    .map(row => `${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd() + '\n')
    .join('');
}

/** Labels and texts below each other, `indent` spaces in; entries without a text are left out. */
export function labelled(entries: readonly (readonly [string, string | undefined])[], indent = 2): string {
  const told = entries.filter((entry): entry is readonly [string, string] => entry[1] !== undefined);
  const width = Math.max(...told.map(([label]) => label.length));
  return told.map(([label, text]) => `${' '.repeat(indent)}${label.padEnd(width)}  ${plain(text)}\n`).join('');
}

/** An id as people compare it: 12 digits of a commit, `sha256:` and 12 of a digest; anything else as it is. */
export function shortId(id: string): string {
  return id.replace(/^((?:sha256:)?[0-9a-f]{12})[0-9a-f]{28,}$/, '$1');
}

/** How long ago, or until when, in one unit: `12s`, `5m`, `3h`, `2d`. */
export function spanText(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000);
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)}h`;
  return `${Math.round(seconds / 86_400)}d`;
}

/** Paints words for a terminal; leaves them alone everywhere else. */
export function painter({ out, env }: Terminal): (text: string, tone: 'strong' | 'good' | 'bad' | 'faint') => string {
  const isColoured = out.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  const codes = { strong: '1', good: '32', bad: '31', faint: '90' } as const;
  return (text, tone) => (isColoured ? `\u001b[${codes[tone]}m${text}\u001b[0m` : text);
}
