// Takes request paths apart: /api/v1/..., /apis/GROUP/VERSION/...
import { badRequest } from './status.ts';

/** Where in an API group a path leads. */
export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  /** The old form of watching: /apis/GROUP/VERSION/watch/... */
  readonly watch: boolean;
}

/** The decoded segments of a path; ApiError BadRequest when one is not encoded as it should be. */
export function segmentsOf(pathname: string): readonly string[] {
  try {
    return pathname
      .split('/')
      .filter(segment => segment !== '')
      .map(decodeURIComponent);
  } catch {
    throw badRequest('the path is not percent-encoded UTF-8');
  }
}

/** The resource that segments name; undefined for paths with fewer parts than a resource has, or more. */
export function resourcePath(segments: readonly string[]): ResourcePath | undefined {
  const [root, ...rest] = segments;
  if (root !== 'api' && root !== 'apis') return undefined;
  const group = root === 'api' ? '' : rest.shift();
  const version = rest.shift();
  if (group === undefined || version === undefined) return undefined;
  const watch = rest[0] === 'watch' && rest.length > 1;
  if (watch) rest.shift();
  const named = namedIn(group, rest);
  return named && { group, version, watch, ...named };
}

type Names = Pick<ResourcePath, 'plural' | 'namespace' | 'name' | 'subresource'>;

/** A namespace's own subresources look like resources in it. */
const namespaceSubresources = ['status', 'finalize'];

function namedIn(group: string, rest: readonly string[]): Names | undefined {
  const [first, second, third] = rest;
  const ofNamespace = group === '' && third !== undefined && namespaceSubresources.includes(third);
  const inside = first === 'namespaces' && third !== undefined && !(ofNamespace && rest.length === 3);
  const [plural, name, subresource, ...more] = inside ? rest.slice(2) : rest;
  if (plural === undefined || more.length > 0) return undefined;
  return { plural, namespace: inside ? second : undefined, name, subresource };
}
