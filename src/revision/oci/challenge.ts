// WWW-Authenticate, read as RFC 9110 has it: several challenges in one header, quoted strings, token68.

export interface Challenge {
  /** Lower case: `bearer`, `basic`, ... */
  readonly scheme: string;
  /** Lower-case names. Empty for a scheme without parameters, or with a token68. */
  readonly params: Readonly<Record<string, string>>;
}

const token = /[!#$%&'*+.^_`|~\w-]+/y;
const parameter = /[ \t]*=[ \t]*(?:([!#$%&'*+.^_`|~\w-]+)|"((?:[^"\\]|\\.)*)")(?=[ \t]*(?:,|$))/y;
const token68 = /[ \t]+[\w.~+/-]+=*(?=[ \t]*(?:,|$))/y;
const separators = /[ \t,]*/y;

/** The challenges of a header's value, in order. What cannot be read ends the list; nothing is ever thrown. */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; params: Record<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(header);
    if (match) at = pattern.lastIndex;
    return match;
  };
  for (;;) {
    take(separators);
    const word = take(token)?.[0];
    if (word === undefined) return challenges;
    const value = challenges.length > 0 ? take(parameter) : null;
    if (value) {
      const params = challenges.at(-1)?.params ?? {};
      params[word.toLowerCase()] ??= value[1] ?? (value[2] ?? '').replaceAll(/\\(.)/g, '$1');
      continue;
    }
    challenges.push({ scheme: word.toLowerCase(), params: Object.create(null) });
    take(token68);
  }
}
