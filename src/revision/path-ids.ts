// The ids of watched paths, kept with the heads of a source: what is known of the same commit is carried along, and a commit that is new,
// or of which more is wanted, is read once for all who watch it.
import { isReason } from '../function/reasons.ts';
import { RetryableError, TerminalError } from '../platform/errors.ts';
import type { SourceSpec, Want } from '../watch/source.ts';
import { type Head, type Heads, type Observation, ofWant, type PathIds, type PathTrouble } from './observation.ts';
import type { FoundPaths, WantedPaths } from './provider.ts';

type Found = Extract<Head, { kind: 'found' }>;

export interface PathLook {
  /** Which paths are wanted of which want. */
  readonly wanted: NonNullable<SourceSpec['paths']>;
  readonly previous: Observation | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface PathReading {
  readonly heads: Heads;
  /** Ids became known, or it is given up to know them: who watches the source is to be told. */
  readonly changed: boolean;
  /** What is not known is tried again soon. */
  readonly pending: boolean;
}

/** After so many tries nobody waits any longer: a build too many is better than a change that is missed. */
const mostTries = 3;
const givenUpMs = 10 * 60_000;
/** What no second try makes better. */
const hopeless: ReadonlySet<string> = new Set(['AnswerTooLarge', 'Forbidden', 'Unauthorized']);

/** Adds the ids of the wanted paths to the heads of an answer; `read` is called once at most, and only where something is not known. */
export async function addPaths(
  heads: Heads,
  look: PathLook,
  read: (wanted: WantedPaths) => Promise<FoundPaths | PathTrouble>,
): Promise<PathReading> {
  const carried = mapWanted(heads, look, (head, paths, want) => carry(head, paths, ofWant(look.previous?.heads, want)));
  const missing = missingPaths(carried, look);
  if (missing.size === 0) return { heads: carried, changed: false, pending: isPending(carried, look) };
  const answer = await read(missing);
  const found = 'reason' in answer || isComplete(answer, missing) ? answer : troubleOf(incomplete);
  const next = mapWanted(carried, look, (head, paths) => {
    if (!missing.has(head.id)) return head;
    return 'reason' in found ? withTrouble(head, found, look) : withIds(head, paths, found.get(head.id));
  });
  const pending = isPending(next, look);
  return { heads: next, changed: !pending, pending };
}

const incomplete = new RetryableError('UnexpectedAnswer', 'the answer says nothing of some of the watched paths');

function isComplete(found: FoundPaths, missing: WantedPaths): boolean {
  return [...missing].every(([commit, paths]) => paths.every(path => Object.hasOwn(found.get(commit) ?? {}, path)));
}

/** The record of a failed try; its count and what follows from that are each head's own. */
export function troubleOf(error: unknown): PathTrouble {
  const isTold = (error instanceof RetryableError || error instanceof TerminalError) && isReason(error.reason);
  const reason = isTold ? error.reason : 'InternalError';
  const message = isTold ? error.message : "the answer could not be read; revflow's own log has the details";
  const retryAt = error instanceof RetryableError ? (error.retryAt ?? 0) : 0;
  const givenUp = error instanceof TerminalError || hopeless.has(reason);
  return { reason, message, count: 1, retryAt, givenUp };
}

function mapWanted(
  heads: Heads,
  { wanted }: PathLook,
  change: (head: Found, paths: readonly string[], want: Want) => Head,
): Heads {
  return Object.fromEntries(
    Object.entries(heads).map(([want, head]) => {
      const paths = ofWant(wanted, want) ?? [];
      return [want, head.kind === 'found' && paths.length > 0 ? change(head, paths, want) : head];
    }),
  );
}

/** What was known of the very same commit; of trouble with another one only that it was given up. */
function carry(head: Found, wanted: readonly string[], before: Head | undefined): Found {
  if (before?.kind !== 'found') return head;
  const { paths, pathTrouble } = before;
  if (before.id !== head.id) {
    return pathTrouble?.givenUp === true ? { ...head, pathTrouble: { ...pathTrouble, retryAt: 0 } } : head;
  }
  return {
    ...head,
    ...(paths === undefined ? {} : { paths: only(paths, wanted) }),
    ...(pathTrouble === undefined ? {} : { pathTrouble }),
  };
}

function only(paths: PathIds, wanted: readonly string[]): PathIds {
  const isSame = Object.keys(paths).length === wanted.length && wanted.every(path => Object.hasOwn(paths, path));
  return isSame
    ? paths
    : Object.fromEntries(wanted.flatMap(path => (Object.hasOwn(paths, path) ? [[path, paths[path] ?? '']] : [])));
}

function isWhole({ paths }: Found, wanted: readonly string[]): boolean {
  return wanted.every(path => paths !== undefined && Object.hasOwn(paths, path));
}

/** Commits of which something is wanted that is not known, unless a try is not due yet. */
function missingPaths(heads: Heads, { wanted, now }: PathLook): WantedPaths {
  const missing = new Map<string, readonly string[]>();
  for (const [want, head] of Object.entries(heads)) {
    const paths = ofWant(wanted, want) ?? [];
    if (head.kind !== 'found' || isWhole(head, paths) || (head.pathTrouble?.retryAt ?? 0) > now) continue;
    missing.set(head.id, [...new Set([...(missing.get(head.id) ?? []), ...paths])].toSorted());
  }
  return missing;
}

function withIds(head: Found, wanted: readonly string[], found: PathIds | undefined): Found {
  const { pathTrouble: _over, ...rest } = head;
  return { ...rest, paths: only(found ?? {}, wanted) };
}

function withTrouble(head: Found, trouble: PathTrouble, { now }: PathLook): Found {
  const before = head.pathTrouble;
  const count = (before?.count ?? 0) + 1;
  const givenUp = trouble.givenUp || before?.givenUp === true || count >= mostTries;
  const retryAt = givenUp ? now + givenUpMs : Math.max(trouble.retryAt, now);
  return { ...head, pathTrouble: { ...trouble, count, givenUp, retryAt } };
}

/** Somebody waits for ids that are not known. */
function isPending(heads: Heads, { wanted }: PathLook): boolean {
  return Object.entries(heads).some(([want, head]) => {
    const paths = ofWant(wanted, want) ?? [];
    return head.kind === 'found' && !isWhole(head, paths) && head.pathTrouble?.givenUp !== true;
  });
}
