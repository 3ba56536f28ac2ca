// PATCH of an object, in each of the four forms.
import type { Core, Target } from '../core.ts';
import type { Answer } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { type PatchType, patchType } from '../media.ts';
import { type ApiObject, copied, isJson, type Json } from '../object.ts';
import { applyJsonPatch } from '../patch/json-patch.ts';
import { applyMergePatch } from '../patch/merge-patch.ts';
import { applyStrategicPatch } from '../patch/strategic.ts';
import { entryOf } from '../read/get.ts';
import { presentation, showWritten } from '../read/show.ts';
import { badRequest, invalid } from '../status.ts';
import { shownIn } from '../version.ts';
import { applyPatch } from './apply.ts';
import { bodyBytes, fromJson, fromYaml } from './body.ts';
import { addressed } from './create.ts';
import { decode } from './decode.ts';
import { change, named } from './update.ts';
import { writeOptions } from './write-options.ts';

/** PATCH of an object by any of the patch types. Throws ApiError: NotFound, Conflict, Invalid, UnsupportedMediaType. */
export function patch(core: Core, target: Target, call: Call): Answer {
  const as = presentation(core, target, call);
  const type = patchType(call.headers['content-type'], !target.resource.builtIn);
  const options = writeOptions(call, 'PatchOptions', type === 'apply');
  const text = bodyBytes(call).toString('utf8');
  if (type === 'apply') return applyPatch(core, { target, call, as, options }, parse(text, type));
  const entry = entryOf(core, target);
  const live = shownIn(entry.object, target);
  const patched = patchedBy(type, { document: live, patch: parse(text, type) }, target);
  const decoded = decode(patched, target);
  if (options.fieldValidation === 'Strict' && decoded.unknown.length > 0) {
    const message = `Invalid value: ${JSON.stringify(JSON.stringify(patched))}: strict decoding error: ${decoded.unknown.join(', ')}`;
    throw invalid({ group: '', kind: '' }, '', [{ reason: 'FieldValueInvalid', message, field: 'patch' }]);
  }
  const object = named(addressed(reversioned(decoded.object, live), target), target.name ?? '');
  return showWritten(change(core, entry, { target, decoded: { ...decoded, object }, options, call }), as);
}

/** A patch that removes the version sets no condition. */
function reversioned(object: ApiObject, live: ApiObject): ApiObject {
  const { resourceVersion = live.metadata.resourceVersion } = object.metadata;
  return { ...object, metadata: { ...object.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) } };
}

function parse(text: string, type: PatchType): unknown {
  const { value, fault } = type === 'apply' ? fromYaml(text) : fromJson(text);
  if (fault) throw badRequest(`error decoding ${type === 'apply' ? 'YAML' : 'patch'}: ${fault}`);
  if (type !== 'json' && !isJson(value))
    throw badRequest(
      'error decoding patch: json: cannot unmarshal the body into Go value of type map[string]interface {}',
    );
  return value;
}

interface Patching {
  readonly document: Json;
  readonly patch: unknown;
}

/** The patched document; `document` itself is not changed. */
function patchedBy(type: Exclude<PatchType, 'apply'>, { document, patch: sent }: Patching, { version }: Target): Json {
  if (type === 'json') return applyJsonPatch(document, sent);
  const object = isJson(sent) ? sent : {};
  if (type === 'merge') return applyMergePatch(copied(document), object);
  return applyStrategicPatch(copied(document), object, version.schema);
}
