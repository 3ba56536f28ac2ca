// Watch events as lines of JSON. A line is made once, however many watches it goes to.
import type { Core, Target } from '../core.ts';
import type { Call } from '../http/call.ts';
import type { Accepted } from '../media.ts';
import type { ApiObject } from '../object.ts';
import type { ChangeType } from '../store/database.ts';
import { Entry } from '../store/entry.ts';
import { shownIn, textOf } from '../version.ts';
import { includeObject, partial, table } from './table.ts';

/** What a watch is told of one object. */
export interface Told {
  readonly type: ChangeType;
  readonly entry: Entry;
}

export type Line = (told: Told) => Buffer;

/** The last lines by entry, and how many are kept: watches of a kind read the same changes at about the same time. */
const kept = new Map<Entry, Map<string, Buffer>>();
const maxKept = 512;

/** Makes the lines of one watch. */
export function lines(
  core: Core,
  { target, call }: { readonly target: Target; readonly call: Call },
  as: Accepted,
): Line {
  if (as.form === 'Object') return told => whole(told, target);
  const include = includeObject(call.query.get('includeObject'));
  let headless = false;
  return ({ type, entry }) => {
    const object = shownIn(entry.object, target);
    if (as.form !== 'Table') return lineOf(type, JSON.stringify(partial(object, as.metaVersion)));
    const form = { version: target.version, include, metaVersion: as.metaVersion, now: core.clock.now() };
    const shown = table(form, [object], {
      metadata: { resourceVersion: object.metadata.resourceVersion ?? '' },
      headless,
    });
    headless = true;
    return lineOf(type, JSON.stringify(shown));
  };
}

function whole({ type, entry }: Told, target: Target): Buffer {
  const made = kept.get(entry) ?? new Map<string, Buffer>();
  const key = `${type} ${target.version.apiVersion}`;
  const known = made.get(key);
  if (known) return known;
  const line = lineOf(type, textOf(entry, target));
  made.set(key, line);
  kept.set(entry, made);
  const [oldest] = kept.size > maxKept ? kept.keys() : [];
  if (oldest) kept.delete(oldest);
  return line;
}

/** The object as it was before a write that took it out of a selection, under the version of that write. */
export function leaving(previous: Entry, version: number): Entry {
  const { object } = previous;
  const left: ApiObject = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
  return Entry.of(previous.key, left);
}

/** One line of a watch from an object that is already text. */
export function lineOf(type: ChangeType | 'BOOKMARK' | 'ERROR', text: string): Buffer {
  return Buffer.from(`{"type":"${type}","object":${text}}\n`);
}
