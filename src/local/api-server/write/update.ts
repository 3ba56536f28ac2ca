// PUT of an object, and what every change of an existing one comes to.
import { type Core, type Target, tableOf } from '../core.ts';
import type { Answer } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { isNamespace } from '../namespace.ts';
import { type ApiObject, equal, type Json, without } from '../object.ts';
import { entryOf } from '../read/get.ts';
import { presentation, showWritten } from '../read/show.ts';
import { versionNumber } from '../read/version-wait.ts';
import { keyOf } from '../resource.ts';
import { badRequest, conflict, internal, invalid, notFound, staleVersion } from '../status.ts';
import type { Entry } from '../store/entry.ts';
import { checkSize } from '../store/size.ts';
import { shownIn, storedFrom } from '../version.ts';
import { readObject } from './body.ts';
import { addressed, createDecoded, warn } from './create.ts';
import { type Decoded, decodeBody } from './decode.ts';
import { mergedOwners } from './meta-rules.ts';
import { invalidValue } from './names.ts';
import { owned } from './ownership.ts';
import { checkValid } from './validity.ts';
import { type WriteOptions, writeOptions } from './write-options.ts';

/** PUT of an object. Throws ApiError: NotFound, Conflict for an old resourceVersion, Invalid. */
export function replace(core: Core, target: Target, call: Call): Answer {
  const as = presentation(core, target, call);
  const options = writeOptions(call, 'UpdateOptions');
  const decoded = decodeBody(readObject(call, target.resource.kind), target, options);
  const object = named(addressed(decoded.object, target), target.name ?? '');
  const existing = tableOf(core, target.resource).get(keyOf(target.namespace, target.name ?? ''));
  if (!existing && target.resource.builtIn?.createOnUpdate && !target.subresource) {
    if (object.metadata.uid !== undefined) throw notFound(target.resource, target.name ?? '');
    const made = createDecoded(core, {
      target,
      decoded: { ...decoded, object: withoutVersion(object) },
      options,
      call,
    });
    return showWritten(made, as, 201);
  }
  const entry = entryOf(core, target);
  checkReplaces(entry, object, target);
  return showWritten(change(core, entry, { target, decoded: { ...decoded, object }, options, call }), as);
}

function withoutVersion(object: ApiObject): ApiObject {
  return { ...object, metadata: without(object.metadata, ['resourceVersion']) };
}

/** The object with a name that is the path's; ApiError BadRequest otherwise. */
export function named(object: ApiObject, name: string): ApiObject {
  const sent = object.metadata.name;
  if (sent === undefined)
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (sent !== name) throw badRequest(`the name of the object (${sent}) does not match the name on the URL (${name})`);
  return object;
}

/** A PUT must know the object that it replaces: by its version, and by its UID where it says one. */
function checkReplaces(entry: Entry, object: ApiObject, { resource, name = '' }: Target): void {
  const { resourceVersion = '', uid } = object.metadata;
  const version = resourceVersion === '' ? 0 : versionNumber(resourceVersion);
  if (version === undefined)
    throw internal(`strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`);
  if (version === 0 && !resource.builtIn) {
    const cause = invalidValue(0, 'must be specified for an update', 'metadata.resourceVersion');
    throw invalid({ group: resource.group, kind: resource.plural }, name, [cause]);
  }
  const stored = entry.object.metadata.uid;
  if (uid === undefined || uid === stored) return;
  throw conflict(resource, name, {
    why: `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${stored}`,
  });
}

export interface Change {
  readonly target: Target;
  /** The whole object as it is to be, named and addressed. */
  readonly decoded: Decoded;
  readonly options: WriteOptions;
  readonly call: Call;
  /** The ownership that an apply brings; absent: it is worked out. */
  readonly managedFields?: readonly unknown[];
}

/** Stores a change. The entry (the old one where nothing changes), or an object that is not stored: of a dry run, or the last state of one that is gone. */
export function change(core: Core, entry: Entry, wanted: Change): Entry | ApiObject {
  const { target, decoded, options, call } = wanted;
  const { resource } = target;
  const live = shownIn(entry.object, target);
  const { resourceVersion: sent } = decoded.object.metadata;
  if (sent !== undefined && sent !== '0' && sent !== live.metadata.resourceVersion)
    throw staleVersion(resource, target.name ?? '');
  warn(call, decoded, options);
  const next = settled(core, live, wanted);
  checkValid(next, target, live);
  checkSize(next);
  if (isSame(next, live)) return entry;
  if (next.metadata.deletionTimestamp !== undefined && !next.metadata.finalizers && !isNamespace(resource)) {
    if (!options.dryRun) core.store.remove(tableOf(core, resource), entry);
    return next;
  }
  if (options.dryRun) return next;
  return core.store.put(tableOf(core, resource), entry.key, storedFrom(next, target));
}

/** What will be stored: the parts that this path writes from the client, all else as it is. */
function settled(core: Core, live: ApiObject, { target, decoded, options, managedFields }: Change): ApiObject {
  const { version, resource, subresource } = target;
  const sent: ApiObject = { ...decoded.object, metadata: serverOwned(decoded.object, live) };
  const owners = managedFields ?? owned(core, { target, next: sent, live, manager: options.manager });
  const isStatus = subresource === 'status';
  const next: ApiObject = isStatus
    ? { ...live, metadata: { ...live.metadata }, kind: sent.kind, apiVersion: sent.apiVersion }
    : sent;
  if (version.status) {
    const status = (isStatus ? sent : live)['status'];
    if (status === undefined) delete next['status'];
    else next['status'] = status;
  }
  resource.builtIn?.prepare(next);
  if (owners.length > 0) next.metadata.managedFields = owners;
  else delete next.metadata.managedFields;
  resource.builtIn?.settle(next);
  if (live.metadata.generation !== undefined && !equal(counted(next, version.status), counted(live, version.status))) {
    next.metadata.generation = live.metadata.generation + 1;
  }
  return next;
}

/** What is not the client's to say stays as it is. */
function serverOwned({ metadata }: ApiObject, live: ApiObject): ApiObject['metadata'] {
  const {
    uid,
    creationTimestamp,
    generation,
    selfLink,
    resourceVersion,
    deletionTimestamp,
    deletionGracePeriodSeconds,
  } = live.metadata;
  const kept = { uid, creationTimestamp, generation, selfLink, resourceVersion, deletionGracePeriodSeconds };
  const merged = {
    ...metadata,
    ...kept,
    uid: metadata.uid ?? uid,
    deletionTimestamp: metadata.deletionTimestamp ?? deletionTimestamp,
    ...(metadata.ownerReferences ? { ownerReferences: mergedOwners(metadata.ownerReferences) } : {}),
  };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
}

/** The part of an object that its generation counts. */
function counted(object: ApiObject, hasStatus: boolean): Json {
  return without(object, ['metadata', 'apiVersion', 'kind', ...(hasStatus ? ['status'] : [])]);
}

/** Nothing changes but, perhaps, the times at which managers wrote. */
function isSame(next: ApiObject, live: ApiObject): boolean {
  const timeless = (object: ApiObject) => ({
    ...object,
    metadata: {
      ...object.metadata,
      managedFields: (object.metadata.managedFields ?? []).map(entry => without(entry as Json, ['time'])),
    },
  });
  return equal(timeless(next), timeless(live));
}
