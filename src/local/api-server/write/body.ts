// The body of a request as a value.
import { parseYaml } from '../../../platform/yaml.ts';
import { type Call, maxBodyBytes } from '../http/call.ts';
import { bodyEncoding } from '../media.ts';
import { deepestJson, isJson, isTooDeep, type Json } from '../object.ts';
import { decodeProtobuf } from '../protobuf/objects.ts';
import { badRequest, tooLarge } from '../status.ts';

export interface Body {
  readonly value: Json;
  /** As refusals quote it. */
  readonly text: string;
}

/** The object in a body; `kind` is what it should be, for the refusal. ApiError 413, 415 or BadRequest for what is none. */
export function readObject(call: Call, kind: string): Body {
  const encoding = bodyEncoding(call.headers['content-type']);
  const bytes = bodyBytes(call);
  if (encoding === 'protobuf') return { value: decodeProtobuf(bytes), text: '' };
  const text = bytes.toString('utf8');
  const { value, fault } = encoding === 'json' ? fromJson(text) : fromYaml(text);
  if (isJson(value)) return { value, text };
  const why = fault ?? 'json: cannot unmarshal the body into a struct with apiVersion and kind';
  throw badRequest(
    `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${why} (${excerpt(text)})`,
  );
}

/** ApiError RequestEntityTooLarge for a body that was not read. */
export function bodyBytes({ body }: Call): Buffer {
  if (body === undefined) throw tooLarge(maxBodyBytes);
  return body;
}

/** A body as refusals show it: not all of it. */
export function excerpt(text: string): string {
  if (text === '') return '<empty>';
  return text.length > 30 ? `${text.slice(0, 26)} ...` : text;
}

interface Parsed {
  readonly value?: unknown;
  readonly fault?: string;
}

/** What JSON.parse says quotes the text, which may be a Secret's. */
export function fromJson(text: string): Parsed {
  try {
    return shallow(JSON.parse(text) as unknown);
  } catch {
    return { fault: text === '' ? 'unexpected end of JSON input' : 'the text is not JSON' };
  }
}

/** As `fromJson`, for YAML, which an apply may send. */
export function fromYaml(text: string): Parsed {
  try {
    return shallow(parseYaml(text));
  } catch {
    return { fault: 'the text is not YAML' };
  }
}

function shallow(value: unknown): Parsed {
  return isTooDeep(value) ? { fault: `exceeded max depth (${deepestJson})` } : { value };
}
