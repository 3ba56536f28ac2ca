// Serves what definitions define: a little after each write of one, never within it.
import type { Timer } from '../../../platform/clock.ts';
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

/** Serves every definition that is stored, and from now on each one that is written, until it is closed. */
export function serveDefinitions(core: Core): { close(): void } {
  const table = core.store.table(definitionsId);
  for (const { object } of table.list()) if (isEstablished(object)) core.registry.set(compiled(definitionIn(object)));
  let due: NodeJS.Immediate | undefined;
  let again: Timer | undefined;
  const settleAll = () => {
    due = undefined;
    const isLeft = table
      .list()
      .map(entry => settle(core, table, entry))
      .includes('waits');
    if (!isLeft) return;
    again?.cancel();
    again = core.clock.after(waitMs, settleAll);
  };
  const wake = () => {
    due ??= setImmediate(settleAll);
  };
  core.store.listen(({ type, entry, previous }, { resource }) => {
    if (resource !== definitionsId) return;
    // What was served under the name is served no more; another definition may get its names.
    if (type === 'DELETED') core.registry.remove(idOf(entry.object));
    if (type === 'DELETED' || !previous || isNews(entry.object, previous.object)) wake();
  });
  wake();
  return {
    close() {
      clearImmediate(due);
      again?.cancel();
    },
  };
}

/** How often a definition that goes looks whether its last object is gone. */
const waitMs = 1_000;

/** Whether more than the status that this file writes is new. */
function isNews(object: ApiObject, before: ApiObject): boolean {
  return (
    !equal(before['spec'], object['spec']) || object.metadata.deletionTimestamp !== before.metadata.deletionTimestamp
  );
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

function settle(core: Core, table: Table, entry: Entry): 'settled' | 'waits' {
  if (entry.object.metadata.deletionTimestamp !== undefined) return takeAway(core, table, entry);
  const definition = definitionIn(entry.object);
  const status = statusOf(definition, statusIn(entry.object), { registry: core.registry, time: timestamp(core) });
  const object: ApiObject = { ...entry.object, status };
  if (!equal(status, entry.object['status'])) core.store.put(table, entry.key, object);
  if (isEstablished(object)) serve(core, compiled(definition));
  return 'settled';
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
function takeAway(core: Core, table: Table, entry: Entry): 'settled' | 'waits' {
  const resource = core.registry.get(idOf(entry.object));
  const objects = resource ? tableOf(core, resource) : undefined;
  if (resource && objects) {
    for (const held of objects.list()) removeEntry(core, { resource, entry: held }, background);
    if (objects.size > 0) return 'waits';
  }
  const { finalizers = [], ...metadata } = entry.object.metadata;
  if (!finalizers.includes(cleanup)) return 'settled';
  const others = finalizers.filter(name => name !== cleanup);
  if (others.length === 0) core.store.remove(table, entry);
  else core.store.put(table, entry.key, { ...entry.object, metadata: { ...metadata, finalizers: others } });
  return 'settled';
}
