// POST of an object, and every other write that makes one.
import { randomInt, randomUUID } from 'node:crypto';
import { type Core, type Target, tableOf, timestamp } from '../core.ts';
import type { Answer } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { namespaces, namespacesId } from '../namespace.ts';
import type { ApiObject } from '../object.ts';
import { presentation, showWritten } from '../read/show.ts';
import { keyOf } from '../resource.ts';
import { alreadyExists, badRequest, forbidden, internal, notFound } from '../status.ts';
import type { Entry } from '../store/entry.ts';
import { checkSize } from '../store/size.ts';
import { storedFrom } from '../version.ts';
import { readObject } from './body.ts';
import { type Decoded, decodeBody } from './decode.ts';
import { mergedOwners, metaWarnings } from './meta-rules.ts';
import { owned } from './ownership.ts';
import { checkValid } from './validity.ts';
import { type WriteOptions, writeOptions } from './write-options.ts';

/** POST of a collection. Throws ApiError: AlreadyExists, Invalid, Forbidden in a namespace that ends, NotFound without one. */
export function create(core: Core, target: Target, call: Call): Answer {
  const as = presentation(core, target, call);
  const options = writeOptions(call, 'CreateOptions');
  const decoded = decodeBody(readObject(call, target.resource.kind), target, options);
  return showWritten(createDecoded(core, { target, decoded, options, call }), as, 201);
}

export interface Creation {
  readonly target: Target;
  readonly decoded: Decoded;
  readonly options: WriteOptions;
  readonly call: Call;
  /** The ownership that an apply brings; absent: it is worked out. */
  readonly managedFields?: readonly unknown[];
}

/** Stores a new object. Returns it, or what a dry run would have stored. */
export function createDecoded(core: Core, creation: Creation): Entry | ApiObject {
  const { target, decoded, options, call } = creation;
  const object = addressed(decoded.object, target);
  checkNamespace(core, target);
  if (object.metadata.resourceVersion !== undefined)
    throw internal('resourceVersion should not be set on objects to be created');
  warn(call, decoded, options);
  const fresh = begin(core, object, target);
  const { resource } = target;
  const owners =
    creation.managedFields ?? owned(core, { target, next: fresh, live: undefined, manager: options.manager });
  if (owners.length > 0) fresh.metadata.managedFields = owners;
  resource.builtIn?.settle(fresh);
  checkValid(fresh, target);
  const table = tableOf(core, resource);
  const key = keyOf(target.namespace, fresh.metadata.name ?? '');
  const taken = table.get(key);
  if (taken)
    throw alreadyExists(resource, fresh.metadata.name ?? '', taken.object.metadata.deletionTimestamp !== undefined);
  checkSize(fresh);
  if (options.dryRun) return fresh;
  return core.store.put(table, key, storedFrom(fresh, target));
}

/** Says what was sent in vain. */
export function warn(call: Call, { object, unknown }: Decoded, { fieldValidation }: WriteOptions): void {
  if (fieldValidation === 'Warn') call.warnings.push(...unknown);
  call.warnings.push(...metaWarnings(object.metadata));
}

/** The object with the namespace of its path; ApiError BadRequest when it names another. */
export function addressed(object: ApiObject, { namespace, resource }: Target): ApiObject {
  const { namespace: sent, ...rest } = object.metadata;
  if (!resource.namespaced) {
    if (sent !== undefined) throw mismatch();
    return object;
  }
  if (sent !== undefined && sent !== namespace) throw mismatch();
  return { ...object, metadata: { ...rest, ...(namespace === undefined ? {} : { namespace }) } };
}

function mismatch(): Error {
  return badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

/** ApiError NotFound or Forbidden where nothing can be made. */
function checkNamespace(core: Core, { namespace, resource, name }: Target): void {
  if (namespace === undefined) return;
  const found = core.store.table(namespacesId).get(namespace);
  if (!found) throw notFound(namespaces, namespace);
  if (found.object.metadata.deletionTimestamp === undefined) return;
  throw forbidden(
    resource,
    name ?? '',
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  );
}

const letters = 'bcdfghjklmnpqrstvwxz2456789';

/** What the server itself sets; what a client sent of it is dropped. */
function begin(core: Core, object: ApiObject, { resource, version }: Target): ApiObject {
  const { name, generateName, namespace, labels, annotations, ownerReferences, finalizers } = object.metadata;
  const suffix = () => Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join('');
  const given = name ?? (generateName === undefined ? undefined : generateName.slice(0, 248) + suffix());
  const hasGeneration = resource.builtIn?.hasGeneration ?? true;
  const fresh: ApiObject = {
    ...object,
    metadata: {
      ...(given === undefined ? {} : { name: given }),
      ...(generateName === undefined ? {} : { generateName }),
      ...(namespace === undefined ? {} : { namespace }),
      uid: randomUUID(),
      ...(hasGeneration ? { generation: 1 } : {}),
      creationTimestamp: timestamp(core),
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(ownerReferences ? { ownerReferences: mergedOwners(ownerReferences) } : {}),
      ...(finalizers ? { finalizers } : {}),
    },
  };
  if (version.status) delete fresh['status'];
  resource.builtIn?.prepare(fresh);
  return fresh;
}
