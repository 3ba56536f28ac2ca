// Objects and lists in the form that a request accepts.

import { formatYaml } from '../../../platform/yaml.ts';
import type { Core, Target } from '../core.ts';
import { type Answer, json, jsonText } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { type Accepted, accept } from '../media.ts';
import type { ApiObject, Json } from '../object.ts';
import type { Served } from '../registry.ts';
import { ApiError, internal } from '../status.ts';
import { Entry, headOf } from '../store/entry.ts';
import { isAsStored, shownIn, textOf } from '../version.ts';
import { includeObject, partial, table } from './table.ts';

/** What a request is answered with. Made before anything is done: ApiError NotAcceptable comes first. */
export interface Presentation extends Accepted {
  readonly core: Core;
  readonly target: Target;
  readonly call: Call;
}

/** Reads the Accept header of a request. Throws ApiError NotAcceptable where nothing that it names can be made. */
export function presentation(core: Core, target: Target, call: Call): Presentation {
  return { ...accept(call.headers.accept), core, target, call };
}

/** A stored object. */
export function showEntry(entry: Entry, as: Presentation, code = 200): Answer {
  if (as.form === 'Object' && as.encoding === 'json') return jsonText(textOf(entry, as.target), code);
  return showObject(shownIn(entry.object, as.target), as, code);
}

/** What a write comes to: a stored object, or one that is not stored. */
export function showWritten(written: Entry | ApiObject, as: Presentation, code = 200): Answer {
  return written instanceof Entry ? showEntry(written, as, code) : showObject(written, as, code);
}

/** An object in the request's version that need not be stored. */
export function showObject(object: ApiObject, as: Presentation, code = 200): Answer {
  return encode(formOf(object, as), as, code);
}

function formOf(object: ApiObject, as: Presentation): unknown {
  switch (as.form) {
    case 'Object':
      return object;
    case 'PartialObjectMetadata':
      return partial(object, as.metaVersion);
    case 'Table':
      return table(tableForm(as), [object], { metadata: { resourceVersion: object.metadata.resourceVersion ?? '' } });
    case 'PartialObjectMetadataList':
      throw internal('content is not a list');
  }
}

function tableForm({ core, target, call, metaVersion }: Presentation) {
  const include = includeObject(call.query.get('includeObject'));
  return { version: target.version, include, metaVersion, now: core.clock.now() };
}

export interface ListMetadata {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** Entries in the form asked for, under the list metadata given. Throws ApiError NotAcceptable for the form of a single object. */
export function showList(entries: readonly Entry[], metadata: ListMetadata, as: Presentation): Answer {
  const { target, metaVersion } = as;
  switch (as.form) {
    case 'Object':
      if (as.encoding === 'json') return jsonText(listText(entries, metadata, target));
      return encode(JSON.parse(listText(entries, metadata, target)), as, 200);
    case 'PartialObjectMetadata': {
      const message =
        'you requested PartialObjectMetadata, but the requested object is a list (*unstructured.UnstructuredList)';
      throw new ApiError(406, message, { reason: 'NotAcceptable' });
    }
    case 'PartialObjectMetadataList': {
      const items = entries.map(entry => partial(shownIn(entry.object, target), metaVersion));
      return encode({ kind: as.form, apiVersion: `meta.k8s.io/${metaVersion}`, metadata, items }, as, 200);
    }
    case 'Table': {
      const objects = entries.map(entry => shownIn(entry.object, target));
      const none = objects.length === 0 && target.resource.builtIn ? { rows: null } : {};
      return encode(table(tableForm(as), objects, { metadata: { ...metadata }, ...none }), as, 200);
    }
  }
}

/** Items of custom resources say what they are, those of built-in kinds do not; each goes out as the text that is kept. */
function listText(entries: readonly Entry[], metadata: ListMetadata, { resource, version }: Served): string {
  const { listKind, builtIn } = resource;
  const head = headOf(version.apiVersion, listKind).slice(0, -1);
  const served = { resource, version };
  const items = entries.map(entry => (builtIn ? bare(entry, served) : textOf(entry, served)));
  const shown = builtIn ? metadata : { continue: '', ...metadata };
  return `${head},"metadata":${JSON.stringify(shown)},"items":[${items.join(',')}]}`;
}

function bare(entry: Entry, served: Served): string {
  if (isAsStored(served)) return `{${entry.tail}`;
  const { apiVersion: _apiVersion, kind: _kind, ...rest } = shownIn(entry.object, served);
  return JSON.stringify(rest);
}

function encode(value: unknown, { encoding }: Accepted, code: number): Answer {
  if (encoding === 'json') return json(value, code);
  return { code, type: 'application/yaml', body: formatYaml(value as Json) };
}
