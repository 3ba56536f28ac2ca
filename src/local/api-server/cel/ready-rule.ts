// Rules of x-kubernetes-validations, ready to run.
import type { Schema } from '../schema/schema.ts';
import { type Inspection, inspect } from './inspect.ts';
import { compile, type Program } from './program.ts';
import type { Rule } from './rule.ts';

/** A rule that can run, and what its expression is like. */
export interface ReadyRule extends Inspection {
  readonly rule: Rule;
  readonly program: Program;
  readonly message: Program | undefined;
}

const ready = new WeakMap<Rule, ReadyRule | { readonly error: string }>();

/** Compiles a rule of a node at its first use; an error in words when it names what does not exist or is no CEL. */
export function prepareRule(rule: Rule, node: Schema): ReadyRule | { readonly error: string } {
  const known = ready.get(rule);
  if (known) return known;
  const result = prepared(rule, node);
  ready.set(rule, result);
  return result;
}

function prepared(rule: Rule, node: Schema): ReadyRule | { readonly error: string } {
  const program = compile(rule.rule.trim());
  if ('error' in program) return program;
  const inspection = inspect(program, node, rule.optionalOldSelf ? undefined : node);
  if (inspection.problem !== undefined) return { error: inspection.problem };
  const message = rule.messageExpression === undefined ? undefined : compile(rule.messageExpression.trim());
  if (message && 'error' in message) return message;
  return { ...inspection, rule, program, message };
}
