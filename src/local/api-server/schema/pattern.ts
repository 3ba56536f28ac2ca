// Regular expressions of Go (RE2), as schemas and CEL rules write them.

const classes: Readonly<Record<string, string>> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: '0-9A-Za-z',
  upper: 'A-Z',
  lower: 'a-z',
  space: '\\s',
  punct: '!-\\/:-@\\[-`{-~',
  xdigit: '0-9A-Fa-f',
  word: '\\w',
  blank: ' \\t',
  cntrl: '\\x00-\\x1f\\x7f',
  graph: '!-~',
  print: ' -~',
};

/** The expression for JavaScript; a sentence where it is none. */
export function goPattern(source: string): RegExp | string {
  let flags = '';
  const text = source
    .replace(/^\(\?([ims]+)\)/, (_, given: string) => {
      flags = given;
      return '';
    })
    .replace(/\[:(\w+):\]/g, (whole, name: string) => classes[name] ?? whole)
    .replaceAll('(?P<', '(?<')
    .replaceAll('\\A', '^')
    .replaceAll('\\z', '$')
    .replaceAll(/\\Q(.*?)(?:\\E|$)/g, (_, literal: string) => literal.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return parsed(text, `${flags}u`) ?? parsed(text, flags) ?? `error parsing regexp: ${faultOf(text)}`;
}

function parsed(text: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(text, flags);
  } catch {
    return undefined;
  }
}

const faults: readonly (readonly [said: RegExp, go: string])[] = [
  [/Unterminated group/, 'missing closing )'],
  [/Unmatched '\)'/, 'unexpected )'],
  [/Unterminated character class/, 'missing closing ]'],
  [/Nothing to repeat/, 'missing argument to repetition operator'],
];

/** As Go words it. */
function faultOf(text: string): string {
  let said = '';
  try {
    void new RegExp(text);
  } catch (error) {
    said = error instanceof Error ? error.message : '';
  }
  const fault = faults.find(([pattern]) => pattern.test(said))?.[1] ?? 'invalid syntax';
  return `${fault}: \`${text}\``;
}
