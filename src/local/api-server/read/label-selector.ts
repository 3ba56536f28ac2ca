// Label selectors: parsed as the API server parses them, with its messages.
import { badRequest } from '../status.ts';

type Labels = Readonly<Record<string, string>>;

/** Says whether an object with these labels is selected. */
export type LabelMatch = (labels: Labels | undefined) => boolean;

interface Token {
  readonly text: string;
  readonly kind: 'word' | 'symbol' | 'end';
}

const symbols = ['==', '!=', '=', '!', '(', ')', ',', '>', '<'];

/** Undefined for an empty selector, which selects all. Throws ApiError BadRequest for what does not parse. */
export function labelSelector(text: string): LabelMatch | undefined {
  if (text.trim() === '') return undefined;
  const tokens = new Tokens(text);
  const requirements: LabelMatch[] = [];
  for (;;) {
    const first = tokens.peek();
    if (first.kind !== 'word' && first.text !== '!') {
      throw badRequest(`found '${first.text}', expected: !, identifier, or 'end of string'`);
    }
    requirements.push(requirement(tokens));
    const next = tokens.take();
    if (next.kind === 'end') break;
    if (next.text !== ',') throw badRequest(`found '${next.text}', expected: ',' or 'end of string'`);
    const after = tokens.peek();
    if (after.kind !== 'word' && after.text !== '!')
      throw badRequest(`found '${after.text}', expected: identifier after ','`);
  }
  return labels => requirements.every(matches => matches(labels));
}

function requirement(tokens: Tokens): LabelMatch {
  const negated = tokens.peek().text === '!';
  if (negated) tokens.take();
  const key = tokens.take();
  if (key.kind !== 'word') throw unable(key, 'identifier');
  const next = tokens.peek();
  if (negated) return labels => labels?.[key.text] === undefined;
  if (next.kind === 'end' || next.text === ',') return labels => labels?.[key.text] !== undefined;
  return comparison(key.text, tokens);
}

function comparison(key: string, tokens: Tokens): LabelMatch {
  const operator = tokens.take();
  switch (operator.text) {
    case '=':
    case '==': {
      const value = oneValue(tokens);
      return labels => labels?.[key] === value;
    }
    case '!=': {
      const value = oneValue(tokens);
      return labels => labels?.[key] !== value;
    }
    case 'in': {
      const values = manyValues(tokens);
      return labels => labels?.[key] !== undefined && values.has(labels[key]);
    }
    case 'notin': {
      const values = manyValues(tokens);
      return labels => labels?.[key] === undefined || !values.has(labels[key]);
    }
    case '>':
    case '<':
      return order(key, operator.text, tokens);
    default:
      throw unable(operator, 'in, notin, =, ==, !=, gt, lt');
  }
}

function order(key: string, operator: '>' | '<', tokens: Tokens): LabelMatch {
  const text = oneValue(tokens);
  if (!/^-?\d+$/.test(text))
    throw badRequest(
      `values[0][${key}]: Invalid value: ${JSON.stringify(text)}: for 'Gt', 'Lt' operators, the value must be an integer`,
    );
  const limit = Number(text);
  return labels => {
    const value = labels?.[key];
    if (value === undefined || !/^-?\d+$/.test(value)) return false;
    return operator === '>' ? Number(value) > limit : Number(value) < limit;
  };
}

/** An empty value is one too. */
function oneValue(tokens: Tokens): string {
  const next = tokens.peek();
  if (next.kind === 'word') return tokens.take().text;
  if (next.kind === 'end' || next.text === ',') return '';
  throw unable(next, 'identifier');
}

function manyValues(tokens: Tokens): ReadonlySet<string> {
  const open = tokens.take();
  if (open.text !== '(') throw unable(open, "'('");
  const values = new Set<string>();
  for (;;) {
    const value = tokens.peek();
    if (value.kind === 'word') values.add(tokens.take().text);
    else if (value.text === ',' || value.text === ')') values.add('');
    else throw unable(value, "',', ')' or identifier");
    const next = tokens.take();
    if (next.text === ')') return values;
    if (next.text !== ',') throw unable(next, "',' or ')'");
  }
}

function unable(found: Token, expected: string): Error {
  return badRequest(`unable to parse requirement: found '${found.text}', expected: ${expected}`);
}

class Tokens {
  readonly #tokens: Token[] = [];
  #at = 0;

  constructor(text: string) {
    let rest = text.trimStart();
    while (rest !== '') {
      const symbol = symbols.find(candidate => rest.startsWith(candidate));
      const word = symbol ?? /^[^=!(),><\s]+/.exec(rest)?.[0] ?? rest;
      this.#tokens.push({ text: word, kind: symbol === undefined ? 'word' : 'symbol' });
      rest = rest.slice(word.length).trimStart();
    }
  }

  peek(): Token {
    return this.#tokens[this.#at] ?? { text: '', kind: 'end' };
  }

  take(): Token {
    const token = this.peek();
    this.#at += 1;
    return token;
  }
}
