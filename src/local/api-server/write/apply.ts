// Server-side apply as a request: creates the object or merges into it.
import { type Core, type Target, tableOf } from '../core.ts';
import { serverSideApply } from '../fields/apply.ts';
import type { Answer } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { type ApiObject, asText, copied, isJson, type Json, without } from '../object.ts';
import { type Presentation, showWritten } from '../read/show.ts';
import { keyOf } from '../resource.ts';
import { badRequest, conflict, notFound, staleVersion } from '../status.ts';
import type { Entry } from '../store/entry.ts';
import { shownIn } from '../version.ts';
import { addressed, createDecoded } from './create.ts';
import { decode } from './decode.ts';
import { writing } from './ownership.ts';
import { change, named } from './update.ts';
import type { WriteOptions } from './write-options.ts';

export interface ApplyRequest {
  readonly target: Target;
  readonly call: Call;
  readonly as: Presentation;
  readonly options: WriteOptions;
}

/**
 * Server-side apply of what was `sent`; makes the object where there is none. Throws ApiError: Conflict with the fields of other
 * managers unless forced, Invalid, NotFound for a subresource.
 */
export function applyPatch(core: Core, request: ApplyRequest, sent: unknown): Answer {
  const { target, call, as, options } = request;
  const entry = tableOf(core, target.resource).get(keyOf(target.namespace, target.name ?? ''));
  if (!entry && target.subresource) throw notFound(target.resource, target.name ?? '');
  const applied = checked(isJson(sent) ? sent : {}, request, entry);
  const live = entry && shownIn(entry.object, target);
  const { force, manager } = options;
  const { object, managedFields } = serverSideApply({ ...writing(core, target), live, applied, manager, force });
  const decoded = { ...decode(copied(object), target, { keepsNulls: true }), unknown: [] };
  const whole = named(addressed(decoded.object, target), target.name ?? '');
  const wanted = { target, decoded: { ...decoded, object: whole }, options, call, managedFields };
  if (entry) return showWritten(change(core, entry, wanted), as);
  const made = createDecoded(core, { ...wanted, decoded: { ...decoded, object: withoutVersion(whole) } });
  return showWritten(made, as, 201);
}

/** Refuses what cannot be applied here, whatever its content. */
function checked(sent: Json, { target }: ApplyRequest, entry: Entry | undefined): Json {
  const { resource, version, name = '' } = target;
  const [group, of] = splitVersion(asText(sent['apiVersion']));
  if (sent['apiVersion'] !== version.apiVersion || sent['kind'] !== resource.kind) {
    throw badRequest(`invalid object type: ${group}/${of}, Kind=${asText(sent['kind'])}`);
  }
  const metadata = isJson(sent['metadata']) ? sent['metadata'] : {};
  if (metadata['managedFields'] !== undefined && metadata['managedFields'] !== null)
    throw badRequest('metadata.managedFields must be nil');
  named({ metadata: { name: metadata['name'] } } as ApiObject, name);
  const { resourceVersion, uid } = metadata;
  if (!entry && typeof uid === 'string' && uid !== '') {
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw conflict(resource, name, { why });
  }
  if (
    typeof resourceVersion === 'string' &&
    resourceVersion !== '' &&
    resourceVersion !== entry?.object.metadata.resourceVersion
  ) {
    throw entry ? staleVersion(resource, name) : notFound(resource, name);
  }
  return sent;
}

function splitVersion(apiVersion: string): readonly [group: string, version: string] {
  const at = apiVersion.indexOf('/');
  return at < 0 ? ['', apiVersion] : [apiVersion.slice(0, at), apiVersion.slice(at + 1)];
}

function withoutVersion(object: ApiObject): ApiObject {
  return { ...object, metadata: without(object.metadata, ['resourceVersion', 'uid']) };
}
