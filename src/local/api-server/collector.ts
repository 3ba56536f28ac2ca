// Removes what belongs to something that is gone: dependants of owners, contents of namespaces. Works behind the writes.
import type { Timer } from '../../platform/clock.ts';
import { type Core, tableOf } from './core.ts';
import { isEmptyNamespace, isNamespace, namespacesId } from './namespace.ts';
import type { ApiObject, OwnerReference } from './object.ts';
import { keyOf, type Resource } from './resource.ts';
import type { Entry } from './store/entry.ts';
import type { Change, Table } from './store/table.ts';
import { background, removeEntry } from './write/remove.ts';

/** Dependants go at about the pace of a cluster; finalizers stay long enough to be seen. */
const dependantMs = 100;
const finalizerMs = 1_000;

/** Most objects have no owner and stay: they need not be read. */
const concerns = /"ownerReferences"|"deletionTimestamp"/;

interface Place {
  readonly resource: string;
  readonly key: string;
}

/** Listens to every write and removes dependants, namespace contents and freed owners a moment later; `close` ends it. */
export class Collector {
  readonly #core: Core;
  /** Where the dependants of an owner are, by its UID. */
  readonly #dependants = new Map<string, Map<string, Place>>();
  readonly #timers = new Set<Timer>();

  constructor(core: Core) {
    this.#core = core;
    for (const table of core.store.tables()) {
      for (const entry of table.list())
        if (concerns.test(entry.tail)) this.#take({ table, entry, previous: undefined });
    }
    core.store.listen((change, table) => this.#changed(change, table));
  }

  close(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  #changed({ type, entry, previous }: Change, table: Table): void {
    this.#take({ table, entry: type === 'DELETED' ? undefined : entry, previous });
    if (type !== 'DELETED') return;
    const { uid = '', namespace } = entry.object.metadata;
    if (this.#dependants.has(uid)) this.#later(dependantMs, () => this.#orphaned(uid));
    for (const owner of entry.object.metadata.ownerReferences ?? [])
      this.#later(dependantMs, () => this.#waitingOwner(owner, namespace));
    if (namespace !== undefined) this.#namespaceShrank(namespace);
  }

  #take({
    table,
    entry,
    previous,
  }: {
    readonly table: Table;
    readonly entry: Entry | undefined;
    readonly previous: Entry | undefined;
  }): void {
    const place = { resource: table.resource, key: entry?.key ?? previous?.key ?? '' };
    const id = `${place.resource} ${place.key}`;
    const owners = entry?.object.metadata.ownerReferences ?? [];
    const before = previous?.object.metadata.ownerReferences ?? [];
    if (owners !== before) {
      for (const { uid } of before) this.#forget(uid, id);
      for (const { uid } of owners) this.#remember(uid, id, place);
      const isFresh = owners.length > 0 && !previous;
      if (isFresh) this.#later(dependantMs, () => this.#judge(place));
    }
    if (
      entry?.object.metadata.deletionTimestamp === undefined ||
      previous?.object.metadata.deletionTimestamp !== undefined
    )
      return;
    this.#later(finalizerMs, () => this.#finish(place));
    if (table.resource === namespacesId) this.#later(dependantMs, () => this.#empty(entry.key));
  }

  #remember(uid: string, id: string, place: Place): void {
    const places = this.#dependants.get(uid) ?? new Map<string, Place>();
    places.set(id, place);
    this.#dependants.set(uid, places);
  }

  #forget(uid: string, id: string): void {
    const places = this.#dependants.get(uid);
    places?.delete(id);
    if (places?.size === 0) this.#dependants.delete(uid);
  }

  #later(ms: number, action: () => void): void {
    const timer = this.#core.clock.after(ms, () => {
      this.#timers.delete(timer);
      action();
    });
    this.#timers.add(timer);
  }

  #find({ resource, key }: Place): { readonly resource: Resource; readonly entry: Entry } | undefined {
    const served = this.#core.registry.get(resource);
    const entry = served && tableOf(this.#core, served).get(key);
    return served && entry ? { resource: served, entry } : undefined;
  }

  #orphaned(uid: string): void {
    for (const place of this.#dependants.get(uid)?.values() ?? []) this.#judge(place);
  }

  /** Removes an object whose owners are all gone. */
  #judge(place: Place): void {
    const found = this.#find(place);
    const owners = found?.entry.object.metadata.ownerReferences ?? [];
    if (!found || owners.length === 0 || found.entry.object.metadata.deletionTimestamp !== undefined) return;
    const { namespace } = found.entry.object.metadata;
    const left = owners.filter(owner => !this.#isGone(owner, namespace));
    if (left.length === 0) removeEntry(this.#core, found, background);
    else if (left.length < owners.length) this.#write(found, { ownerReferences: left });
  }

  /** Kinds that are not served here cannot be judged. */
  #isGone(owner: OwnerReference, namespace: string | undefined): boolean {
    const resource = this.#core.registry.ofKind(owner.apiVersion, owner.kind);
    return resource !== undefined && this.#ownerEntry(resource, owner, namespace) === undefined;
  }

  #ownerEntry(resource: Resource, owner: OwnerReference, namespace: string | undefined): Entry | undefined {
    const entry = tableOf(this.#core, resource).get(keyOf(resource.namespaced ? namespace : undefined, owner.name));
    return entry?.object.metadata.uid === owner.uid ? entry : undefined;
  }

  /** An owner that goes in the foreground may have lost its last dependant. */
  #waitingOwner(owner: OwnerReference, namespace: string | undefined): void {
    const resource = this.#core.registry.ofKind(owner.apiVersion, owner.kind);
    const entry = resource && this.#ownerEntry(resource, owner, namespace);
    if (resource && entry?.object.metadata.deletionTimestamp !== undefined)
      this.#finish({ resource: resource.table ?? resource.id, key: entry.key });
  }

  /** Does what the collector's own finalizers wait for. */
  #finish(place: Place): void {
    const found = this.#find(place);
    const { uid = '', finalizers = [] } = found?.entry.object.metadata ?? {};
    if (!found) return;
    const dependants = [...(this.#dependants.get(uid)?.values() ?? [])]
      .map(at => this.#find(at))
      .filter(item => item !== undefined);
    if (finalizers.includes('orphan')) {
      for (const { resource, entry } of dependants) {
        const others = (entry.object.metadata.ownerReferences ?? []).filter(owner => owner.uid !== uid);
        this.#write({ resource, entry }, { ownerReferences: others });
      }
      this.#release(found, 'orphan');
    } else if (finalizers.includes('foregroundDeletion')) {
      for (const dependant of dependants)
        removeEntry(this.#core, dependant, { ...background, propagation: 'Foreground' });
      const isBlocked = dependants.some(({ entry }) => blocks(entry.object, uid));
      if (!isBlocked) this.#release(found, 'foregroundDeletion');
    }
  }

  #release({ resource, entry }: { readonly resource: Resource; readonly entry: Entry }, finalizer: string): void {
    const finalizers = (entry.object.metadata.finalizers ?? []).filter(name => name !== finalizer);
    if (finalizers.length > 0 || isNamespace(resource)) this.#write({ resource, entry }, { finalizers });
    else this.#core.store.remove(tableOf(this.#core, resource), entry);
  }

  #write(
    { resource, entry }: { readonly resource: Resource; readonly entry: Entry },
    change: Partial<ApiObject['metadata']>,
  ): void {
    const metadata = Object.fromEntries(
      Object.entries({ ...entry.object.metadata, ...change }).filter(
        ([, value]) => !Array.isArray(value) || value.length > 0,
      ),
    );
    this.#core.store.put(tableOf(this.#core, resource), entry.key, { ...entry.object, metadata });
  }

  /** Removes what is in a namespace that goes, and then the namespace. */
  #empty(name: string): void {
    const { store, registry } = this.#core;
    for (const resource of registry.resources()) {
      if (!resource.namespaced || resource.table !== undefined) continue;
      for (const entry of tableOf(this.#core, resource).list(`${name}/`))
        removeEntry(this.#core, { resource, entry }, background);
    }
    const namespaces = store.table(namespacesId);
    const entry = namespaces.get(name);
    if (!entry || entry.object.metadata.finalizers || !isEmptyNamespace(this.#core, name)) return;
    store.remove(namespaces, entry);
  }

  #namespaceShrank(name: string): void {
    const entry = this.#core.store.table(namespacesId).get(name);
    if (entry?.object.metadata.deletionTimestamp !== undefined) this.#later(dependantMs, () => this.#empty(name));
  }
}

function blocks(object: ApiObject, uid: string): boolean {
  return (
    object.metadata.ownerReferences?.some(owner => owner.uid === uid && owner.blockOwnerDeletion === true) ?? false
  );
}
