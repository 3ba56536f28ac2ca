// The rules of x-kubernetes-validations, as a schema node lists them.
import { isJson } from '../object.ts';

/** One rule as written. */
export interface Rule {
  readonly rule: string;
  readonly message: string | undefined;
  readonly messageExpression: string | undefined;
  /** FieldValueInvalid when not given. */
  readonly reason: string;
  /** A path below the node, `.min`; undefined for the node itself. */
  readonly fieldPath: string | undefined;
  readonly optionalOldSelf: boolean;
}

/** Reads a node's list of rules; what is not a rule is left out. */
export function readRules(list: unknown): readonly Rule[] {
  if (!Array.isArray(list)) return [];
  return list.filter(isJson).flatMap(item => {
    const text = (name: string) => (typeof item[name] === 'string' && item[name] !== '' ? item[name] : undefined);
    const rule = text('rule');
    if (rule === undefined) return [];
    return [
      {
        rule,
        message: text('message'),
        messageExpression: text('messageExpression'),
        reason: text('reason') ?? 'FieldValueInvalid',
        fieldPath: text('fieldPath'),
        optionalOldSelf: item['optionalOldSelf'] === true,
      },
    ];
  });
}
