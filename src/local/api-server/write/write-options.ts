// The query of a write: who writes, how strict to be, and whether it is only tried.
import type { Call } from '../http/call.ts';
import { type Cause, invalidOptions } from '../status.ts';

export interface WriteOptions {
  readonly dryRun: boolean;
  readonly manager: string;
  readonly fieldValidation: 'Ignore' | 'Warn' | 'Strict';
  /** Of an apply. */
  readonly force: boolean;
}

type Kind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions';

const maxManagerBytes = 128;

/** Reads them; an apply must say who writes. ApiError Invalid, named after `kind`, for a value that an option cannot have. */
export function writeOptions({ query, headers }: Call, kind: Kind, isApply = false): WriteOptions {
  const manager = query.get('fieldManager') ?? '';
  const validation = query.get('fieldValidation') ?? '';
  const force = query.get('force');
  const causes = [
    ...dryRunFaults(query.getAll('dryRun')),
    ...managerFaults(manager, isApply),
    ...(['', 'Ignore', 'Strict', 'Warn'].includes(validation)
      ? []
      : [unsupported('fieldValidation', validation, '"", "Ignore", "Strict", "Warn"')]),
    ...(kind === 'PatchOptions' && !isApply && force !== null ? [forbiddenForce] : []),
  ];
  if (causes.length > 0) throw invalidOptions(kind, causes);
  return {
    dryRun: query.getAll('dryRun').length > 0,
    manager: manager || agent(headers['user-agent']),
    fieldValidation: validation === 'Ignore' || validation === 'Strict' ? validation : 'Warn',
    force: force === 'true' || force === '1',
  };
}

const forbiddenForce: Cause = {
  reason: 'FieldValueForbidden',
  message: 'Forbidden: may not be specified for non-apply patch',
  field: 'force',
};

/** What is wrong with a dryRun option. */
export function dryRunFaults(values: readonly unknown[]): readonly Cause[] {
  const isWrong = values.some(value => value !== 'All');
  return isWrong ? [unsupported('dryRun', values, '"All"')] : [];
}

function managerFaults(manager: string, isApply: boolean): readonly Cause[] {
  const field = 'fieldManager';
  if (manager === '' && isApply)
    return [{ reason: 'FieldValueRequired', message: 'Required value: is required for apply patch', field }];
  if (Buffer.byteLength(manager) > maxManagerBytes) {
    return [{ reason: 'FieldValueTooLong', message: `Too long: may not be more than ${maxManagerBytes} bytes`, field }];
  }
  return [];
}

/** A value that is not among those that an option can have. */
export function unsupported(field: string, value: unknown, supported: string): Cause {
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`;
  return { reason: 'FieldValueNotSupported', message, field };
}

function agent(userAgent: string | undefined): string {
  return (userAgent ?? '').split('/', 1)[0] || 'unknown';
}
