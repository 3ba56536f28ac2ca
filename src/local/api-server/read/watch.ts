// Watches: where they start, how long they go on, and the bookmarks in between.
import { type Core, type Target, tableOf } from '../core.ts';
import { jsonType, type Sink, type Stream } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { acceptStream } from '../media.ts';
import type { Json } from '../object.ts';
import { expired, internal } from '../status.ts';
import type { Entry } from '../store/entry.ts';
import { type Line, lineOf, lines } from './event-line.ts';
import { Feed } from './feed.ts';
import type { ListOptions } from './list-options.ts';
import { type Selection, select } from './selection.ts';
import { notANumber, versionNumber } from './version-wait.ts';

const bookmarkMs = 60_000;
const lastBookmarkMs = 2_000;
const defaultTimeoutSeconds = 1_800;

interface Watch {
  readonly core: Core;
  readonly target: Target;
  readonly options: ListOptions;
  readonly selection: Selection;
  readonly line: Line;
}

/** ApiError for what is wrong before the stream begins; a version that is too old is told within it. */
export function watch(
  core: Core,
  { target, call }: { readonly target: Target; readonly call: Call },
  options: ListOptions,
): Stream {
  const as = acceptStream(call.headers.accept);
  const selection = select(target, options);
  const line = lines(core, { target, call }, as);
  const sent = options.resourceVersion ?? '0';
  const version = versionNumber(sent);
  if (version === undefined) throw internal(notANumber(sent));
  return { type: jsonType, start: sink => start({ core, target, options, selection, line }, { sink, version }) };
}

interface Started {
  readonly sink: Sink;
  readonly version: number;
}

function start(watched: Watch, { sink, version }: Started): void {
  const { core, target, options, selection, line } = watched;
  const table = tableOf(core, target.resource);
  const isWhole = options.sendInitialEvents ?? version === 0;
  const isFromNow = isWhole || version === 0;
  const position = isFromNow ? table.end : table.positionAfter(version);
  if (position === undefined) {
    const status = expired(`too old resource version: ${version} (${core.store.compacted})`).status;
    sink.write(lineOf('ERROR', JSON.stringify(status)));
    sink.end();
    return;
  }
  const initial = isWhole
    ? table.list(selection.prefix).filter((entry: Entry) => selection.all || selection.has(entry))
    : [];
  const begun = core.store.version;
  const isMarked = options.sendInitialEvents === true && options.bookmarks;
  const caughtUp = () => (isMarked ? bookmark(watched, begun, { 'k8s.io/initial-events-end': 'true' }) : undefined);
  const feed = new Feed({ table, selection, sink, line, initial, position, after: isFromNow ? 0 : version, caughtUp });
  keepTime(watched, { sink, feed, from: isFromNow ? begun : version });
}

interface Running {
  readonly sink: Sink;
  readonly feed: Feed;
  /** The version that the client has. */
  readonly from: number;
}

function keepTime(watched: Watch, { sink, feed, from }: Running): void {
  const { core, options, target } = watched;
  const timeoutMs = (options.timeoutSeconds || defaultTimeoutSeconds) * 1000;
  let last = from;
  const mark = () => {
    feed.drain();
    const { version } = core.store;
    if (!options.bookmarks || version <= last || !feed.isCurrent) return;
    last = version;
    sink.write(bookmark(watched, version));
  };
  const isServed = () =>
    core.registry.find(target.resource.group, target.version.name, target.resource.plural) !== undefined;
  let ticking = core.clock.after(bookmarkMs, function tick() {
    if (!isServed()) return sink.end();
    mark();
    ticking = core.clock.after(bookmarkMs, tick);
  });
  const timers = [ticking];
  if (timeoutMs > lastBookmarkMs) timers.push(core.clock.after(timeoutMs - lastBookmarkMs, mark));
  timers.push(core.clock.after(timeoutMs, () => sink.end()));
  sink.onClose(() => {
    for (const timer of [ticking, ...timers]) timer.cancel();
  });
}

function bookmark({ target }: Watch, version: number, annotations?: Json): Buffer {
  const metadata = { resourceVersion: String(version), ...(annotations ? { annotations } : {}) };
  const object = { apiVersion: target.version.apiVersion, kind: target.resource.kind, metadata };
  return lineOf('BOOKMARK', JSON.stringify(object));
}
