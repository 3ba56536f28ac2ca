// Looks into an expression before it runs: does it name only what there is, and how much work can it be.
import type { Schema } from '../schema/schema.ts';
import { fieldIdentifier } from './identifier.ts';
import { type Expression, isFunction, type Parsed, type Program } from './program.ts';
import { visibleSchema } from './resource.ts';

/** What an expression's value can be; undefined when that is not known. */
type Known = Schema | undefined;

export interface Inspection {
  /** The first name that does not exist, in words. */
  readonly problem: string | undefined;
  /** It looks at the state before the write. */
  readonly usesOldSelf: boolean;
  /** Steps in the worst case that the schema allows. */
  readonly cost: number;
  /** How many loops stand in each other. */
  readonly depth: number;
  /** Steps when every list has one item. */
  readonly size: number;
}

/** Looks into a rule of the node that `self` is. */
export function inspect(
  { parsed, source }: Pick<Program, 'parsed' | 'source'>,
  self: Known,
  oldSelf: Known,
): Inspection {
  const inspector = new Inspector(parsed, source);
  const scope = new Map<string, Known>([
    ['self', self],
    ['oldSelf', oldSelf],
  ]);
  const { cost, depth, size } = parsed.expr ? inspector.visit(parsed.expr, scope) : nothing;
  return { problem: inspector.problem, usesOldSelf: inspector.usesOldSelf, cost, depth, size };
}

interface Work {
  readonly type: Known;
  readonly cost: number;
  readonly depth: number;
  readonly size: number;
}

const nothing: Work = { type: undefined, cost: 0, depth: 0, size: 0 };

const typeNames = new Set('int uint double bool string bytes list map null_type type dyn google optional'.split(' '));

class Inspector {
  problem: string | undefined;
  usesOldSelf = false;
  readonly #parsed: Parsed;
  readonly #source: string;

  constructor(parsed: Parsed, source: string) {
    this.#parsed = parsed;
    this.#source = source;
  }

  visit(expression: Expression, scope: ReadonlyMap<string, Known>): Work {
    const { exprKind } = expression;
    switch (exprKind.case) {
      case 'identExpr':
        return this.#name(expression, exprKind.value.name, scope);
      case 'selectExpr': {
        const operand = this.#optional(exprKind.value.operand, scope);
        return step([operand], this.#field(expression, operand.type, exprKind.value.field));
      }
      case 'callExpr': {
        const { function: name, target, args } = exprKind.value;
        if (/^[a-z]/i.test(name) && !isFunction(name))
          this.#report(expression, `undeclared reference to '${name}' (in container '')`);
        const parts = [...(target ? [target] : []), ...args].map(part => this.visit(part, scope));
        return step(parts, name === '_[_]' ? elementOf(parts[0]?.type) : undefined);
      }
      case 'listExpr':
        return step(
          exprKind.value.elements.map(part => this.visit(part, scope)),
          undefined,
        );
      case 'structExpr': {
        const parts = exprKind.value.entries.flatMap(entry => [
          entry.keyKind.case === 'mapKey' ? entry.keyKind.value : undefined,
          entry.value,
        ]);
        return step(
          parts.map(part => this.#optional(part, scope)),
          undefined,
        );
      }
      case 'comprehensionExpr':
        return this.#loop(exprKind.value, scope);
      case 'constExpr':
      case undefined:
        return nothing;
    }
  }

  #optional(expression: Expression | undefined, scope: ReadonlyMap<string, Known>): Work {
    return expression ? this.visit(expression, scope) : nothing;
  }

  #name(expression: Expression, name: string, scope: ReadonlyMap<string, Known>): Work {
    if (name === 'oldSelf') this.usesOldSelf = true;
    if (!scope.has(name) && !typeNames.has(name))
      this.#report(expression, `undeclared reference to '${name}' (in container '')`);
    return { type: scope.get(name), cost: 1, depth: 0, size: 1 };
  }

  #field(expression: Expression, type: Known, field: string): Known {
    if (!type || type.type !== 'object') return undefined;
    if (type.additional) return type.additional;
    const { properties } = type.embedded ? visibleSchema(type) : type;
    for (const [name, property] of properties) if (fieldIdentifier(name) === field) return property;
    if (type.properties.size > 0 || !type.preserve) this.#report(expression, `undefined field '${field}'`);
    return undefined;
  }

  #loop(
    loop: Extract<Expression['exprKind'], { case: 'comprehensionExpr' }>['value'],
    scope: ReadonlyMap<string, Known>,
  ): Work {
    const range = this.#optional(loop.iterRange, scope);
    const first = this.#optional(loop.accuInit, scope);
    const isList = range.type?.type === 'array';
    const inner = new Map(scope);
    inner.set(loop.accuVar, undefined);
    inner.set(loop.iterVar, isList && loop.iterVar2 === '' ? range.type?.items : undefined);
    if (loop.iterVar2 !== '') inner.set(loop.iterVar2, elementOf(range.type));
    const each = step([this.#optional(loop.loopCondition, inner), this.#optional(loop.loopStep, inner)], undefined);
    const last = this.#optional(loop.result, inner);
    const outside = step([range, first, last], undefined);
    return {
      type: undefined,
      cost: outside.cost + most(range.type) * each.cost,
      depth: Math.max(outside.depth, each.depth + 1),
      size: outside.size + each.size,
    };
  }

  #report(expression: Expression, what: string): void {
    if (this.problem !== undefined) return;
    const offset = this.#parsed.sourceInfo?.positions[String(expression.id)] ?? 0;
    const before = this.#source.slice(0, offset).split('\n');
    const column = before.at(-1)?.length ?? 0;
    const line = this.#source.split('\n')[before.length - 1] ?? '';
    this.problem = `ERROR: <input>:${before.length}:${column + 1}: ${what}\n | ${line}\n | ${'.'.repeat(column)}^`;
  }
}

function step(parts: readonly Work[], type: Known): Work {
  return {
    type,
    cost: parts.reduce((sum, part) => sum + part.cost, 1),
    depth: parts.reduce((deepest, part) => Math.max(deepest, part.depth), 0),
    size: parts.reduce((sum, part) => sum + part.size, 1),
  };
}

function elementOf(type: Known): Known {
  return type?.type === 'array' ? type.items : type?.additional;
}

/** No request is larger. */
const maxRequestBytes = 3_145_728;

/** The most items that a list or map can have; where nothing is known, a few. */
function most(type: Known): number {
  if (type?.type === 'array') return type.limits.maxItems ?? asMany(type.items);
  if (type?.additional) return type.limits.maxProperties ?? asMany(type.additional, 3);
  return 10;
}

/** How many such values fit into a request, each with a comma and `more` bytes. */
export function asMany(type: Known, more = 0): number {
  return Math.floor(maxRequestBytes / (leastBytes(type) + 1 + more));
}

function leastBytes(type: Known): number {
  if (type?.limits.enum || !type) return 1;
  if (type.type === 'object') {
    const required = type.required.map(name => name.length + 4 + leastBytes(type.properties.get(name)));
    return required.reduce((sum, bytes) => sum + bytes, 2);
  }
  return type.type === 'string' || type.type === 'array' ? 2 + (type.limits.minLength ?? 0) : 1;
}
