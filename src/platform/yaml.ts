// YAML in and out: the one place where the yaml package enters.
import { parse } from 'yaml';

/** The value of one YAML (or JSON) document; an empty one is null. Throws a YAMLParseError that names line and column. */
export function parseYaml(text: string): unknown {
  return parse(text);
}
