// The refusal of an apply that would change what others own.
import { ApiError } from '../status.ts';
import { pathText } from './element.ts';
import type { Managed, Managers } from './managers.ts';
import type { FieldSet } from './set.ts';

/** `conflicts` maps managers to the fields of theirs; there must be one at least. */
export function applyConflict(managers: Managers, conflicts: ReadonlyMap<string, FieldSet>): ApiError {
  const owners = [...conflicts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, fields]) => ({ who: described(managers.get(id)), paths: [...fields.paths()].map(pathText) }));
  const causes = owners.flatMap(({ who, paths }) =>
    paths.map(field => ({ reason: 'FieldManagerConflict', message: `conflict with ${who}`, field })),
  );
  const message =
    causes.length === 1
      ? `Apply failed with 1 conflict: ${causes[0]?.message}: ${causes[0]?.field}`
      : `Apply failed with ${causes.length} conflicts: ${owners.map(listed).join('\n')}`;
  return new ApiError(409, message, { reason: 'Conflict', details: { causes } });
}

function listed({ who, paths }: { readonly who: string; readonly paths: readonly string[] }): string {
  return [`conflicts with ${who}:`, ...paths.map(path => `- ${path}`)].join('\n');
}

function described(managed: Managed | undefined): string {
  if (!managed) return '"unknown"';
  const { manager, operation, apiVersion, subresource } = managed;
  const who = `${JSON.stringify(manager)}${subresource === undefined ? '' : ` with subresource "${subresource}"`}`;
  return operation === 'Update' ? `${who} using ${apiVersion}` : who;
}
