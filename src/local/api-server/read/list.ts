// GET of a collection.
import { type Core, type Target, tableOf } from '../core.ts';
import type { Answer } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { badRequest, expired } from '../status.ts';
import type { Entry } from '../store/entry.ts';
import type { Range, Table } from '../store/table.ts';
import { continueToken } from './continue.ts';
import type { ListOptions } from './list-options.ts';
import { type Selection, select } from './selection.ts';
import { type ListMetadata, presentation, showList } from './show.ts';
import { notANumber, reach, versionNumber } from './version-wait.ts';

/**
 * One page, or the whole, at the version that is asked for. Throws ApiError: BadRequest for a bad version, Expired for one that is
 * forgotten, Timeout for one that does not come.
 */
export async function list(
  core: Core,
  { target, call }: { readonly target: Target; readonly call: Call },
  options: ListOptions,
): Promise<Answer> {
  const as = presentation(core, target, call);
  const selection = select(target, options);
  const version = await moment(core, options);
  const range = { prefix: selection.prefix, from: options.continue ? `${options.continue.after}\0` : '', version };
  // A limit at version 0 is ignored: such a list comes from a cache that knows no pages.
  const limit = options.resourceVersion === '0' ? undefined : options.limit;
  if (version < core.store.compacted) throw gone(options);
  const page = pageOf({ table: tableOf(core, target.resource), range, selection, limit });
  if (!page) throw gone(options);
  return showList(page.entries, page.metadata, as);
}

/** The version that is shown. */
async function moment(core: Core, options: ListOptions): Promise<number> {
  const { continue: token, resourceVersion, resourceVersionMatch: match, limit } = options;
  if (token) return token.version < 0 ? core.store.version : token.version;
  if (resourceVersion === undefined) return core.store.version;
  const version = versionNumber(resourceVersion);
  if (version === undefined) throw badRequest(`invalid resource version: ${notANumber(resourceVersion)}`);
  await reach(core, version);
  const isExact = match === 'Exact' || (match === undefined && limit !== undefined && version > 0);
  return isExact ? version : core.store.version;
}

interface PageRequest {
  readonly table: Table;
  readonly range: Range;
  readonly selection: Selection;
  readonly limit: number | undefined;
}

interface Page {
  readonly entries: readonly Entry[];
  readonly metadata: ListMetadata;
}

/** Undefined when the version is forgotten. */
function pageOf({ table, range, selection, limit = Number.POSITIVE_INFINITY }: PageRequest): Page | undefined {
  const metadata = { resourceVersion: String(range.version) };
  const source = table.entriesAt(selection.key === undefined ? range : { ...range, prefix: selection.key });
  if (!source) return undefined;
  const entries: Entry[] = [];
  for (const entry of source) {
    if (selection.key !== undefined && entry.key !== selection.key) break;
    if (!selection.all && !selection.has(entry)) continue;
    if (entries.length >= limit) {
      const after = entries.at(-1)?.key ?? '';
      const more = { continue: continueToken({ version: range.version, after }) };
      const rest = selection.all ? { remainingItemCount: table.countAt({ ...range, from: entry.key }) } : {};
      return { entries, metadata: { ...metadata, ...more, ...rest } };
    }
    entries.push(entry);
  }
  return { entries, metadata };
}

function gone(options: ListOptions): Error {
  const { continue: token } = options;
  if (!token) return expired('The resourceVersion for the provided list is too old.');
  const message =
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';
  return expired(message, { continue: continueToken({ version: -1, after: token.after }) });
}
