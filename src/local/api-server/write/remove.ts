// DELETE of one object or of a collection.

import { type Core, type Target, tableOf, timestamp } from '../core.ts';
import { cleanup, definitionsId } from '../definition/resource.ts';
import { type Answer, statusAnswer } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { isEmptyNamespace, isNamespace, isProtectedNamespace } from '../namespace.ts';
import { type ApiObject, asText, isJson, type Json } from '../object.ts';
import { entryOf } from '../read/get.ts';
import { listOptions } from '../read/list-options.ts';
import { select } from '../read/selection.ts';
import { presentation, showList, showWritten } from '../read/show.ts';
import type { Resource } from '../resource.ts';
import { badRequest, type Cause, conflict, deleted, forbidden, invalidOptions } from '../status.ts';
import type { Entry } from '../store/entry.ts';
import { readObject } from './body.ts';
import { dryRunFaults, unsupported } from './write-options.ts';

export interface DeleteOptions {
  readonly propagation: 'Background' | 'Foreground' | 'Orphan';
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
  readonly dryRun: boolean;
}

/** What a delete by nobody's wish says. */
export const background: DeleteOptions = {
  propagation: 'Background',
  uid: undefined,
  resourceVersion: undefined,
  dryRun: false,
};

/**
 * DELETE of an object: a Status where it is gone, the object where finalizers or dependants hold it. Throws ApiError NotFound or
 * Conflict.
 */
export function remove(core: Core, target: Target, call: Call): Answer {
  const as = presentation(core, target, call);
  const options = deleteOptions(call);
  const entry = entryOf(core, target);
  const left = removeEntry(core, { resource: target.resource, entry }, options);
  if (!left) return statusAnswer(deleted(target.resource, target.name ?? '', entry.object.metadata.uid ?? ''));
  return showWritten(left, as);
}

/** DELETE of all that a selection has; answers the list of them as they were. */
export function removeCollection(core: Core, target: Target, call: Call): Answer {
  const as = presentation(core, target, call);
  const options = deleteOptions(call);
  const selection = select(target, listOptions(call, false));
  const entries = tableOf(core, target.resource)
    .list(selection.prefix)
    .filter(entry => selection.all || selection.has(entry));
  for (const entry of entries) removeEntry(core, { resource: target.resource, entry }, options);
  return showList(entries, { resourceVersion: String(core.store.version) }, as);
}

export interface Removal {
  readonly resource: Resource;
  readonly entry: Entry;
}

/** Removes the object, or marks it when something still holds it: then it is returned. */
export function removeEntry(
  core: Core,
  { resource, entry }: Removal,
  options: DeleteOptions,
): Entry | ApiObject | undefined {
  const { metadata } = entry.object;
  checkPreconditions(entry, resource, options);
  if (isNamespace(resource) && isProtectedNamespace(metadata.name ?? ''))
    throw forbidden(resource, metadata.name ?? '', 'this namespace may not be deleted');
  const finalizers = finalizersOf(entry.object, resource, options);
  const table = tableOf(core, resource);
  // A namespace waits for its contents, whatever its finalizers.
  const isHeld = finalizers.length > 0 || (isNamespace(resource) && !isEmptyNamespace(core, metadata.name ?? ''));
  if (!isHeld) {
    if (!options.dryRun) core.store.remove(table, entry);
    return undefined;
  }
  if (metadata.deletionTimestamp !== undefined && finalizers.length === (metadata.finalizers?.length ?? 0))
    return entry;
  const marked: ApiObject = {
    ...entry.object,
    metadata: {
      ...metadata,
      ...(metadata.generation === undefined ? {} : { generation: metadata.generation + 1 }),
      deletionGracePeriodSeconds: 0,
      deletionTimestamp: timestamp(core),
      ...(finalizers.length > 0 ? { finalizers } : {}),
    },
  };
  resource.builtIn?.settle(marked);
  return options.dryRun ? marked : core.store.put(table, entry.key, marked);
}

/** What the object has to wait for once it is deleted. */
function finalizersOf({ metadata }: ApiObject, { id }: Resource, { propagation }: DeleteOptions): readonly string[] {
  const present = metadata.finalizers ?? [];
  if (metadata.deletionTimestamp !== undefined) return present;
  const waiting = { Orphan: ['orphan'], Foreground: ['foregroundDeletion'], Background: [] }[propagation];
  const own = present.filter(name => name !== 'orphan' && name !== 'foregroundDeletion');
  return [...own, ...waiting, ...(id === definitionsId && !own.includes(cleanup) ? [cleanup] : [])];
}

function checkPreconditions({ object: { metadata } }: Entry, resource: Resource, options: DeleteOptions): void {
  const refuse = (why: string) => conflict(resource, metadata.name ?? '', { why, kind: resource.kind });
  if (options.uid !== undefined && options.uid !== metadata.uid) {
    throw refuse(
      `the UID in the precondition (${options.uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (options.resourceVersion !== undefined && options.resourceVersion !== metadata.resourceVersion) {
    throw refuse(
      `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    );
  }
}

/** From the body, or from the query where there is none. */
function deleteOptions(call: Call): DeleteOptions {
  const isEmpty = call.body?.length === 0;
  const sent: Json = isEmpty ? {} : readObject(call, 'DeleteOptions').value;
  const { kind, preconditions } = sent;
  if (kind !== undefined && kind !== 'DeleteOptions') {
    throw badRequest(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(sent['apiVersion'])} in scheme "revflow"`,
    );
  }
  const policy = sent['propagationPolicy'] ?? call.query.get('propagationPolicy') ?? undefined;
  const orphan = sent['orphanDependents'] === true || call.query.get('orphanDependents') === 'true';
  const dryRun = [
    ...(Array.isArray(sent['dryRun']) ? (sent['dryRun'] as unknown[]) : []),
    ...call.query.getAll('dryRun'),
  ];
  const causes: readonly Cause[] = [...dryRunFaults(dryRun), ...policyFaults(policy)];
  if (causes.length > 0) throw invalidOptions('DeleteOptions', causes);
  const condition = isJson(preconditions) ? preconditions : {};
  return {
    propagation: policy === 'Foreground' || policy === 'Orphan' ? policy : orphan ? 'Orphan' : 'Background',
    uid: typeof condition['uid'] === 'string' ? condition['uid'] : undefined,
    resourceVersion: typeof condition['resourceVersion'] === 'string' ? condition['resourceVersion'] : undefined,
    dryRun: dryRun.length > 0,
  };
}

function policyFaults(policy: unknown): readonly Cause[] {
  if (policy === undefined || ['Background', 'Foreground', 'Orphan'].includes(asText(policy))) return [];
  return [unsupported('propagationPolicy', policy, '"Foreground", "Background", "Orphan", "nil"')];
}
