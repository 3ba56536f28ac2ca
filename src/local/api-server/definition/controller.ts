// Serves what definitions define: a little after each write of one, never within it.
import { type Core, tableOf, timestamp } from '../core.ts';
import { type ApiObject, equal } from '../object.ts';
import type { Resource } from '../resource.ts';
import type { Entry } from '../store/entry.ts';
import type { Table } from '../store/table.ts';
import { broughtUp } from '../version.ts';
import { background, removeEntry } from '../write/remove.ts';
import { statusOf } from './conditions.ts';
import { type Definition, type DefinitionStatus, resourceOf } from './definition.ts';
import { cleanup, definitionsId } from './resource.ts';

/** Serves every definition that is stored, and from now on each one that is written. */
export function serveDefinitions(core: Core): void {
  const table = core.store.table(definitionsId);
  for (const entry of table.list())
    if (isEstablished(entry.object)) core.registry.set(compiled(definitionIn(entry.object)));
  let isDue = false;
  const settleAll = () => {
    isDue = false;
    for (const entry of table.list()) settle(core, table, entry);
  };
  const wake = () => {
    if (isDue) return;
    isDue = true;
    setImmediate(settleAll);
  };
  core.store.listen(({ type, entry, previous }, { resource }) => {
    if (resource !== definitionsId) return;
    const { metadata } = entry.object;
    // What was served under the name is served no more; another definition may get its names.
    if (type === 'DELETED') core.registry.remove(idOf(entry.object));
    const isOld =
      previous !== undefined &&
      equal(previous.object['spec'], entry.object['spec']) &&
      metadata.deletionTimestamp === previous.object.metadata.deletionTimestamp;
    if (!isOld || type === 'DELETED') wake();
  });
  wake();
}

function definitionIn(object: ApiObject): Definition {
  // The edge of what is stored: only definitions that passed the rules are.
  return object['spec'] as Definition;
}

function statusIn(object: ApiObject): DefinitionStatus {
  return object['status'] as DefinitionStatus;
}

function idOf(object: ApiObject): string {
  const { group, names } = definitionIn(object);
  return `${group}/${names.plural}`;
}

function isEstablished(object: ApiObject): boolean {
  return (statusIn(object).conditions ?? []).some(({ type, status }) => type === 'Established' && status === 'True');
}

function settle(core: Core, table: Table, entry: Entry): void {
  if (entry.object.metadata.deletionTimestamp !== undefined) return takeAway(core, table, entry);
  const definition = definitionIn(entry.object);
  const status = statusOf(definition, statusIn(entry.object), { registry: core.registry, time: timestamp(core) });
  const object: ApiObject = { ...entry.object, status };
  if (!equal(status, entry.object['status'])) core.store.put(table, entry.key, object);
  if (isEstablished(object)) serve(core, compiled(definition));
}

/** Compiling takes a while: what a definition made is kept while its spec says the same. */
const made = new Map<string, { readonly spec: string; readonly resource: Resource }>();

function compiled(definition: Definition): Resource {
  const id = `${definition.group}/${definition.names.plural}`;
  const spec = JSON.stringify(definition);
  const known = made.get(id);
  if (known?.spec === spec) return known.resource;
  const resource = resourceOf(definition);
  made.set(id, { spec, resource });
  return resource;
}

function serve(core: Core, resource: Resource): void {
  const known = core.registry.get(resource.id);
  if (known === resource) return;
  core.registry.set(resource);
  const isReshaped = known !== undefined && !equal(known.storage.openapi, resource.storage.openapi);
  const isMoved = known !== undefined && known.storage.name !== resource.storage.name;
  if (isReshaped || isMoved) core.store.rewrite(tableOf(core, resource), object => broughtUp(object, resource));
}

/** Removes the objects of a definition that is deleted, then lets it go. */
function takeAway(core: Core, table: Table, entry: Entry): void {
  const resource = core.registry.get(idOf(entry.object));
  const objects = resource ? tableOf(core, resource) : undefined;
  if (resource && objects) {
    for (const held of objects.list()) {
      const finalizers = held.object.metadata.finalizers ?? [];
      if (finalizers.length === 0) core.store.remove(objects, held);
      else removeEntry(core, { resource, entry: held }, background);
    }
    if (objects.size > 0) return void core.clock.after(1_000, () => takeAwayAgain(core, table, entry.key));
  }
  const finalizers = (entry.object.metadata.finalizers ?? []).filter(name => name !== cleanup);
  if (finalizers.length === 0) core.store.remove(table, entry);
  else core.store.put(table, entry.key, { ...entry.object, metadata: { ...entry.object.metadata, finalizers } });
}

function takeAwayAgain(core: Core, table: Table, key: string): void {
  const entry = table.get(key);
  if (entry?.object.metadata.deletionTimestamp !== undefined) takeAway(core, table, entry);
}
