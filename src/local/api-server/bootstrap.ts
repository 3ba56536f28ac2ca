// What is there from the first start on: the namespaces that every cluster has.
import { randomUUID } from 'node:crypto';
import { type Core, timestamp } from './core.ts';
import { namespacesId } from './namespace.ts';
import type { ApiObject } from './object.ts';

const names = ['default', 'kube-public', 'kube-system'];

/** Makes the namespaces that are missing; what is there already is left as it is. */
export function bootstrap(core: Core): void {
  const table = core.store.table(namespacesId);
  const resource = core.registry.get(namespacesId);
  for (const name of names.filter(candidate => !table.get(candidate))) {
    const metadata = { name, uid: randomUUID(), generation: 1, creationTimestamp: timestamp(core) };
    const object: ApiObject = { apiVersion: 'v1', kind: 'Namespace', metadata };
    resource?.builtIn?.settle(object);
    core.store.put(table, name, object);
  }
}
