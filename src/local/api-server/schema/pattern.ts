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
  for (const mode of [`${flags}u`, flags]) {
    try {
      return new RegExp(text, mode);
    } catch {
      continue;
    }
  }
  return `error parsing regexp: \`${source}\``;
}
