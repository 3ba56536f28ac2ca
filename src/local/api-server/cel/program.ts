// CEL, the language of validation rules: compiling an expression and running it. This is the door to the CEL library.
import { type CelInput, type CelValue, celEnv, isCelError, parse, plan } from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import { functions } from './functions.ts';

/** A value as rules see it: integers are bigint, maps are Map. */
export type Value = CelInput;

/** A parsed expression; see inspect.ts. */
export type Parsed = ReturnType<typeof parse>;
export type Expression = NonNullable<Parsed['expr']>;

type Outcome = { readonly value: CelValue } | { readonly error: string };

export interface Program {
  readonly source: string;
  readonly parsed: Parsed;
  readonly run: (variables: Readonly<Record<string, Value>>) => Outcome;
}

const environment = celEnv({ funcs: [...strings, ...functions] });

/** Parses and plans; an error in words, with its place, when the text is no expression. */
export function compile(expression: string): Program | { readonly error: string } {
  try {
    const parsed = parse(expression);
    const planned = plan(environment, parsed);
    return { source: expression, parsed, run: variables => outcome(planned, variables) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { error: `ERROR: ${error.message.replace(/^(<input>:\d+:\d+:) /, '$1 Syntax error: ')}` };
  }
}

function outcome(planned: ReturnType<typeof plan>, variables: Readonly<Record<string, Value>>): Outcome {
  const result = planned({ ...variables });
  return isCelError(result) ? { error: result.message } : { value: result };
}

/** Whether expressions may call a function or method of this name. */
export function isFunction(name: string): boolean {
  return environment.funcs.find(name) !== undefined;
}

function conversion(expression: string): (text: string) => CelValue | undefined {
  const program = compile(expression);
  return text => {
    const result = 'run' in program ? program.run({ text }) : program;
    return 'value' in result ? result.value : undefined;
  };
}

/** A moment of RFC 3339; undefined for another text. */
export const timestamp = conversion('timestamp(text)');

/** A length of time such as `1h30m`; undefined for another text. */
export const duration = conversion('duration(text)');
