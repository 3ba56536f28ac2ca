// The query of a list or a watch.
import { type Call, isTrue } from '../http/call.ts';
import { badRequest, type Cause, invalidOptions } from '../status.ts';
import { type Continue, parseContinue } from './continue.ts';

export interface ListOptions {
  readonly watch: boolean;
  /** Undefined: no limit. */
  readonly limit: number | undefined;
  readonly continue: Continue | undefined;
  /** As sent; undefined when it is absent or empty. */
  readonly resourceVersion: string | undefined;
  readonly resourceVersionMatch: string | undefined;
  readonly timeoutSeconds: number | undefined;
  readonly bookmarks: boolean;
  /** Undefined: not said. */
  readonly sendInitialEvents: boolean | undefined;
  readonly labelSelector: string;
  readonly fieldSelector: string;
}

/** Reads them. ApiError BadRequest for what does not parse, Invalid for what does not fit together. */
export function listOptions({ query }: Call, isWatchPath: boolean): ListOptions {
  const version = query.get('resourceVersion');
  const limit = integer(query.get('limit'));
  const initial = query.get('sendInitialEvents');
  const token = query.get('continue');
  const options = {
    watch: isWatchPath || isTrue(query.get('watch')),
    limit: limit !== undefined && limit > 0 ? limit : undefined,
    continue: token ? parseContinue(token) : undefined,
    resourceVersion: version === null || version === '' ? undefined : version,
    resourceVersionMatch: query.get('resourceVersionMatch') || undefined,
    timeoutSeconds: integer(query.get('timeoutSeconds')),
    bookmarks: isTrue(query.get('allowWatchBookmarks')),
    sendInitialEvents: initial === null || initial === '' ? undefined : isTrue(initial),
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
  };
  const cause = fault(options);
  if (cause) throw invalidOptions('ListOptions', [cause]);
  if (options.continue && options.resourceVersion !== undefined && options.resourceVersion !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  return options;
}

function integer(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

function fault(options: ListOptions): Cause | undefined {
  const { watch, resourceVersion: version, resourceVersionMatch: match, sendInitialEvents: initial } = options;
  const forbidden = (field: string, message: string) => ({
    reason: 'FieldValueForbidden',
    message: `Forbidden: ${message}`,
    field,
  });
  const about = 'resourceVersionMatch';
  if (initial !== undefined && !watch) return forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list');
  if (initial !== undefined && match !== 'NotOlderThan') {
    return forbidden(about, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
  if (match === undefined) return undefined;
  if (watch && initial === undefined)
    return forbidden(about, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
  if (options.continue) return forbidden(about, 'resourceVersionMatch is forbidden when continue is provided');
  if (!watch && version === undefined)
    return forbidden(about, 'resourceVersionMatch is forbidden unless resourceVersion is provided');
  if (match === 'Exact' && version === '0')
    return forbidden(about, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  if (match === 'Exact' || match === 'NotOlderThan') return undefined;
  const message = `Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan", ""`;
  return { reason: 'FieldValueNotSupported', message, field: about };
}
