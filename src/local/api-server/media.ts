// Which form of an answer a request accepts, and in which form its body came.
import { ApiError, notAcceptable, unsupportedMediaType } from './status.ts';

/** How an object is shown. */
export type Form = 'Object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';

export interface Accepted {
  readonly encoding: 'json' | 'yaml';
  readonly form: Form;
  /** The version of meta.k8s.io that a Table or a PartialObjectMetadata is shown in. */
  readonly metaVersion: string;
}

const encodings = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
const forms: readonly string[] = ['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList'];
const plain: Accepted = { encoding: 'json', form: 'Object', metaVersion: 'v1' };

interface Clause {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

function clausesOf(header: string | undefined): readonly Clause[] {
  if (header === undefined || header.trim() === '') return [{ type: '*/*', parameters: new Map() }];
  return header.split(',').map(clause => {
    const [type = '', ...parameters] = clause.split(';').map(part => part.trim());
    const pairs = parameters.map((parameter): [string, string] => {
      const at = parameter.indexOf('=');
      return at < 0 ? [parameter, ''] : [parameter.slice(0, at), parameter.slice(at + 1)];
    });
    return { type: type.toLowerCase(), parameters: new Map(pairs) };
  });
}

/** The first form in the header that this server has; ApiError NotAcceptable when there is none. */
export function accept(header: string | undefined): Accepted {
  for (const { type, parameters } of clausesOf(header)) {
    const encoding = encodingOf(type);
    const accepted = encoding && formOf(encoding, parameters);
    if (accepted) return accepted;
  }
  throw notAcceptable(encodings);
}

/** The same for a watch, which is a stream of JSON. */
export function acceptStream(header: string | undefined): Accepted {
  const accepted = accept(header);
  if (accepted.encoding === 'json') return accepted;
  throw notAcceptable('application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch');
}

/** The form of built-in collections' refusals differs. */
export function notAcceptableBuiltIn(): ApiError {
  const streams = 'application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch';
  const message = `406: Not Acceptable\n\nAvailable representations: ${encodings}, ${streams}`;
  return new ApiError(406, message, { reason: 'NotAcceptable', details: {} });
}

/** Whether any clause names a media type that this server writes, whatever its parameters. */
export function namesEncoding(header: string | undefined): boolean {
  return clausesOf(header).some(
    ({ type }) => encodingOf(type) !== undefined || type === 'application/vnd.kubernetes.protobuf',
  );
}

function encodingOf(type: string): 'json' | 'yaml' | undefined {
  if (type === 'application/json' || type === '*/*' || type === 'application/*') return 'json';
  return type === 'application/yaml' ? 'yaml' : undefined;
}

function formOf(encoding: 'json' | 'yaml', parameters: ReadonlyMap<string, string>): Accepted | undefined {
  const form = parameters.get('as');
  if (form === undefined) return { ...plain, encoding };
  const metaVersion = parameters.get('v') ?? '';
  const known = forms.includes(form) && parameters.get('g') === 'meta.k8s.io' && /^v1(beta1)?$/.test(metaVersion);
  return known ? { encoding, form: form as Form, metaVersion } : undefined;
}

/** The media type of aggregated discovery when it is what the header wants first; undefined for plain JSON. */
export function acceptDiscovery(header: string | undefined, aggregated: boolean): string | undefined {
  for (const { type, parameters } of clausesOf(header)) {
    if (!encodingOf(type)) continue;
    const form = parameters.get('as');
    if (form === undefined) return undefined;
    const wanted = form === 'APIGroupDiscoveryList' && parameters.get('g') === 'apidiscovery.k8s.io';
    if (aggregated && wanted && parameters.get('v') === 'v2') {
      return 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    }
  }
  throw notAcceptable(encodings);
}

/** How a body is to be read; ApiError UnsupportedMediaType for anything but JSON and YAML. */
export function bodyEncoding(contentType: string | undefined): 'json' | 'yaml' | 'protobuf' {
  const type = mediaType(contentType);
  if (type === '' || type === 'application/json') return 'json';
  if (type === 'application/yaml') return 'yaml';
  if (type === 'application/vnd.kubernetes.protobuf') return 'protobuf';
  throw unsupportedMediaType(encodings);
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

const patchTypes: ReadonlyMap<string, PatchType> = new Map([
  ['application/json-patch+json', 'json'],
  ['application/merge-patch+json', 'merge'],
  ['application/strategic-merge-patch+json', 'strategic'],
  ['application/apply-patch+yaml', 'apply'],
]);

/** How a patch is to be read; custom resources know no strategic merge. */
export function patchType(contentType: string | undefined, isCustom: boolean): PatchType {
  const type = patchTypes.get(mediaType(contentType));
  if (type !== undefined && !(isCustom && type === 'strategic')) return type;
  if (!isCustom)
    throw new ApiError(415, '415: Unsupported Media Type', { reason: 'UnsupportedMediaType', details: {} });
  const offered = [...patchTypes.keys()].filter(name => patchTypes.get(name) !== 'strategic');
  throw unsupportedMediaType(offered.join(', '));
}

function mediaType(header: string | undefined): string {
  return (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
