// Brings what a client sends into the form that the rest of a write works on: typed metadata, no unknown fields, defaults filled in.
import type { Target } from '../core.ts';
import { type ApiObject, asText, deepestJson, isTooDeep, type Json } from '../object.ts';
import { applyDefaults, fillDefaults } from '../schema/default.ts';
import { duplicateFields } from '../schema/duplicate-fields.ts';
import { prune } from '../schema/prune.ts';
import { validate } from '../schema/validate.ts';
import { badRequest } from '../status.ts';
import { type Body, excerpt } from './body.ts';
import { decodeMetadata } from './metadata.ts';
import type { WriteOptions } from './write-options.ts';

/** What a decoded object leaves to say. */
export interface Decoded {
  readonly object: ApiObject;
  /** `unknown field "spec.x"` or `duplicate field "spec.x"`, one a field. */
  readonly unknown: readonly string[];
}

/** A whole object, from the body of a POST or PUT. Throws ApiError BadRequest; unknown fields too, under Strict. */
export function decodeBody(body: Body, target: Target, options: WriteOptions): Decoded {
  const { resource, version } = target;
  const { value } = body;
  if (resource.builtIn) completeType(value, target);
  else if (typeof value['kind'] !== 'string' || value['kind'] === '') {
    const text = body.text.trim();
    throw badRequest(
      `the object provided is unrecognized (must be of type ${resource.kind}): Object 'Kind' is missing in '${text}' (${excerpt(text)})`,
    );
  }
  if (value['apiVersion'] !== version.apiVersion && !resource.builtIn) {
    throw badRequest(
      `the API version in the data (${asText(value['apiVersion'])}) does not match the expected API version (${version.apiVersion})`,
    );
  }
  const duplicates = body.text.trimStart().startsWith('{') ? duplicateFields(body.text) : [];
  const { object, unknown } = decode(value, target);
  const decoded = {
    object,
    unknown: [...duplicates.map(path => `duplicate field ${JSON.stringify(path)}`), ...unknown],
  };
  if (options.fieldValidation === 'Strict' && decoded.unknown.length > 0) {
    throw cannotHandle(target, `strict decoding error: ${decoded.unknown.join(', ')}`);
  }
  return decoded;
}

/** The same for what a patch made of an object. `value` becomes the object: it is changed. An apply's nulls are faults, and stay. */
export function decode(value: Json, target: Target, { keepsNulls = false } = {}): Decoded {
  const { version, resource } = target;
  // Patches can add up to what no body could hold.
  if (isTooDeep(value)) throw cannotHandle(target, `exceeded max depth (${deepestJson})`);
  const { metadata, fault } = decodeMetadata(value['metadata']);
  if (fault) throw cannotHandle(target, fault);
  const object: ApiObject = {
    ...value,
    apiVersion: String(value['apiVersion']),
    kind: String(value['kind']),
    metadata,
  };
  const unknown = prune(version.schema, object).map(path => `unknown field ${JSON.stringify(path)}`);
  // Nulls mean something to some built-in kinds, before defaults drop them.
  resource.builtIn?.prepare(object);
  // A kind that is refused later gets no defaults: the refusal names what rules find without them.
  if (object.kind === resource.kind) (keepsNulls ? fillDefaults : applyDefaults)(version.schema, object);
  if (resource.builtIn) {
    const [first] = validate(version.schema, object);
    if (first) throw cannotHandle(target, `${first.field ?? ''}: ${typeFault(first.message, resource.kind)}`);
    resource.builtIn.prepare(object);
  }
  return { object, unknown };
}

/** What the schema says of a Secret may quote it. */
function typeFault(message: string, kind: string): string {
  return kind === 'Secret' ? 'the value is of another type than the field' : message;
}

/** A body that is not of its kind; `why` ends the sentence. */
export function cannotHandle({ resource, version }: Target, why: string): Error {
  return badRequest(
    `${resource.kind} in version ${JSON.stringify(version.name)} cannot be handled as a ${resource.kind}: ${why}`,
  );
}

/** Built-in kinds may leave apiVersion and kind out; others are refused. */
function completeType(value: Json, { resource, version }: Target): void {
  const kind = value['kind'] || resource.kind;
  const apiVersion = value['apiVersion'] || version.apiVersion;
  if (kind !== resource.kind || apiVersion !== version.apiVersion) {
    const sent = asText(apiVersion).split('/').at(-1) ?? '';
    const why =
      apiVersion === version.apiVersion
        ? `converting (${sent}.${asText(kind)}) to (${version.name}.${resource.kind}): unknown conversion`
        : `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "revflow"`;
    throw badRequest(
      `${asText(kind)} in version ${JSON.stringify(sent)} cannot be handled as a ${resource.kind}: ${why}`,
    );
  }
  value['kind'] = kind;
  value['apiVersion'] = apiVersion;
}
