// Namespaces: what is in one, and when it may go.
import { type Core, tableOf } from './core.ts';
import type { Resource } from './resource.ts';
import type { Named } from './status.ts';

/** As refusals name the kind. */
export const namespaces: Named = { group: '', plural: 'namespaces', kind: 'Namespace' };

export const namespacesId = '/namespaces';

/** Whether this is the resource `namespaces` itself. */
export function isNamespace({ id }: Resource): boolean {
  return id === namespacesId;
}

/** Nothing is left in it. */
export function isEmptyNamespace(core: Core, name: string): boolean {
  const range = { prefix: `${name}/`, from: '', version: core.store.version };
  return core.registry
    .resources()
    .every(resource => !resource.namespaced || tableOf(core, resource).countAt(range) === 0);
}

/** Those that every cluster needs. */
export function isProtectedNamespace(name: string): boolean {
  return ['default', 'kube-system', 'kube-public'].includes(name);
}
