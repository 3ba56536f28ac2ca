// The token that leads from one page of a list to the next.
import { isJson } from '../object.ts';
import { badRequest } from '../status.ts';

export interface Continue {
  /** The moment of the first page; -1: whatever is newest. */
  readonly version: number;
  /** The last key that was shown. */
  readonly after: string;
}

/** The token as clients get it: opaque to them, read back by `parseContinue`. */
export function continueToken({ version, after }: Continue): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: version, start: `${after}\0` })).toString('base64url');
}

/** Throws ApiError BadRequest for what is no token of ours. */
export function parseContinue(token: string): Continue {
  const parsed = parse(token);
  if (!isJson(parsed) || typeof parsed['rv'] !== 'number' || typeof parsed['start'] !== 'string') {
    throw badRequest('invalid continue token: continue key is not valid: it is not one that this server gave');
  }
  return { version: parsed['rv'], after: parsed['start'].replace(/\0$/, '') };
}

function parse(token: string): unknown {
  const bytes = Buffer.from(token, 'base64url');
  const text = bytes.toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    const first = bytes.toString('latin1').charAt(0);
    const shown = first >= ' ' && first < '\x7f' ? first : `\\u${first.charCodeAt(0).toString(16).padStart(4, '0')}`;
    throw badRequest(
      `invalid continue token: continue key is not valid: invalid character '${shown}' looking for beginning of value`,
    );
  }
}
