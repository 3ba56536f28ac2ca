// GET of one object.
import { type Core, type Target, tableOf } from '../core.ts';
import type { Answer } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { keyOf } from '../resource.ts';
import { internal, notFound } from '../status.ts';
import type { Entry } from '../store/entry.ts';
import { presentation, showEntry } from './show.ts';
import { notANumber, reach, versionNumber } from './version-wait.ts';

/** ApiError NotFound where there is none. */
export async function get(core: Core, target: Target, call: Call): Promise<Answer> {
  const as = presentation(core, target, call);
  const sent = call.query.get('resourceVersion') ?? '';
  const version = sent === '' ? 0 : versionNumber(sent);
  if (version === undefined) throw internal(notANumber(sent));
  await reach(core, version);
  return showEntry(entryOf(core, target), as);
}

/** The stored object that a target names; ApiError NotFound where there is none. */
export function entryOf(core: Core, target: Target): Entry {
  const name = target.name ?? '';
  const entry = tableOf(core, target.resource).get(keyOf(target.namespace, name));
  if (!entry) throw notFound(target.resource, name);
  return entry;
}
