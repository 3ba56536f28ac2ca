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
  const causes = faults(options);
  if (causes.length > 0) throw invalidOptions('ListOptions', causes);
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

function faults(options: ListOptions): readonly Cause[] {
  const { watch, resourceVersion: version, resourceVersionMatch: match, sendInitialEvents: initial } = options;
  const isUnversioned = !watch && version === undefined;
  const rules: readonly (readonly [isBroken: boolean, field: string, message: string])[] = [
    [initial !== undefined && !watch, 'sendInitialEvents', 'sendInitialEvents is forbidden for list'],
    [
      initial !== undefined && watch && match !== 'NotOlderThan',
      about,
      'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    ],
    [
      match !== undefined && watch && initial === undefined,
      about,
      'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    ],
    [
      match !== undefined && options.continue !== undefined,
      about,
      'resourceVersionMatch is forbidden when continue is provided',
    ],
    [
      match !== undefined && isUnversioned,
      about,
      'resourceVersionMatch is forbidden unless resourceVersion is provided',
    ],
    [match === 'Exact' && version === '0', about, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'],
  ];
  const forbidden = rules
    .filter(([isBroken]) => isBroken)
    .map(([, field, message]) => ({ reason: 'FieldValueForbidden', message: `Forbidden: ${message}`, field }));
  return [...forbidden, ...matchFaults(match, watch && initial === undefined)];
}

const about = 'resourceVersionMatch';

function matchFaults(match: string | undefined, isPlainWatch: boolean): readonly Cause[] {
  if (match === undefined || match === 'NotOlderThan' || (match === 'Exact' && !isPlainWatch)) return [];
  const supported = isPlainWatch ? '"NotOlderThan"' : '"Exact", "NotOlderThan", ""';
  return [
    {
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(match)}: supported values: ${supported}`,
      field: about,
    },
  ];
}
