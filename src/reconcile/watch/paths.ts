// The watched paths of one Function: what the head that was seen means for it, and which ids its status keeps.
import { idsOf, judgePaths, namePaths, type PathVerdict } from '../../decide/path-filter.ts';
import { findCondition } from '../../function/conditions.ts';
import type { FunctionObject } from '../../function/schema.ts';
import type { BuildStatus, FunctionStatus } from '../../function/status.ts';
import type { Head, PathIds } from '../../revision/observation.ts';
import type { Watch } from '../../watch/plan.ts';

type Found = Extract<Head, { kind: 'found' }>;

/** What the filter says of a head; undefined where every new id is a change, and for no head. */
export function judgeHead(
  { paths }: Pick<Watch, 'paths'>,
  status: Pick<FunctionStatus, 'build' | 'watch'> | undefined,
  head: Head | undefined,
): PathVerdict | undefined {
  if (paths === undefined || head?.kind !== 'found') return undefined;
  const verdict = judgePaths(paths, status?.watch?.paths, head);
  const isSame = verdict.kind === 'unchanged' || verdict.kind === 'widened';
  return isSame && lostSource(status?.build)
    ? { kind: 'unknown', why: 'the build before did not get its commit' }
    : verdict;
}

/**
 * Whether a build failed since its commit could not be fetched: it may have been pushed away, and the one that replaced it may have the
 * very same paths. Shipwright has words for it; in our pipelines for Tekton the task `fetch` is the one that failed.
 */
export function lostSource({ state, message = '' }: BuildStatus = {}): boolean {
  return state === 'Failed' && /\bGit(?:RevisionNotFound|Error)\b|(?:^|: )fetch: /.test(message);
}

/** The ids that the status keeps: of the revision attempted last. They are taken from the head where that is the same, or where others are watched now. */
export function keptPaths(
  watch: Pick<Watch, 'paths'>,
  {
    old,
    head,
    baseline,
  }: { readonly old: PathIds | undefined; readonly head: Head | undefined; readonly baseline: string | undefined },
): PathIds | undefined {
  if (watch.paths === undefined) return undefined;
  if (head?.kind !== 'found') return old;
  const isBaseline = head.id === baseline || judgePaths(watch.paths, old, head).kind === 'widened';
  return (isBaseline ? idsOf(watch.paths, head) : undefined) ?? old;
}

/** The ids of the watched paths in a head; undefined where none are watched, or they are not known. */
export function pathsOf({ paths }: Pick<Watch, 'paths'>, head: Head | undefined): PathIds | undefined {
  return paths === undefined || head?.kind !== 'found' ? undefined : idsOf(paths, head);
}

/** Reasons that a reconcile gives for a new id that waits: it has to look again when the id is gone. */
const waits: ReadonlySet<string> = new Set([
  'Suspended',
  'Held',
  'LettingFinish',
  'Cancelling',
  'BuildSlots',
  'ConfirmingRollback',
]);

/** Whether the last reconcile said that something waits. */
export function isWaiting({ status }: Pick<FunctionObject, 'status'>): boolean {
  return waits.has(findCondition(status?.conditions, 'Built')?.reason ?? '');
}

/** What the condition says of the filter, after a comma; the same for every head, or it would be written anew for each. */
export function sayPaths({ paths }: Pick<Watch, 'paths'>, head: Found): string {
  if (paths === undefined) return '';
  if (head.pathTrouble?.givenUp === true) {
    return `; which paths changed cannot be told, so every new commit is built: ${head.pathTrouble.message}`;
  }
  return `; only changes of ${namePaths(paths)} are built`;
}
