// YAML in and out: the one place where the yaml package enters.
import { parse, stringify } from 'yaml';

/** The value of one YAML (or JSON) document; an empty one is null. Throws a YAMLParseError that names line and column. */
export function parseYaml(text: string): unknown {
  // Warnings would go to standard error with the text that a user wrote.
  return parse(text, { logLevel: 'error' });
}

/** One YAML document, two spaces deep, without folded lines or aliases: the same value gives the same text. */
export function formatYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
