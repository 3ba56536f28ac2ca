// What the condition Built says of a build, from the status alone: the same status gives the same words.

import type { Hold } from '../../decide/rule.ts';
import { isReason, type Reason, reasons } from '../../function/reasons.ts';
import type { BuildStatus } from '../../function/status.ts';
import type { Said } from '../outcome.ts';

/** Of the build that `status.build` records. */
export function sayBuild(build: BuildStatus): Said {
  const { state, message = '', reason = '', revision, resourceRef = '', buildDuration } = build;
  if (state === 'Skipped') return { status: 'True', reason: 'Skipped', message: 'there is no spec.build' };
  if (state === 'Succeeded') {
    const note = message === 'Succeeded' || message === '' ? '' : `; ${message}`;
    const took = buildDuration === undefined ? '' : ` in ${buildDuration}`;
    const built = `${resourceRef} built ${nameRevision(revision)}${took}`;
    return { status: 'True', reason: 'Built', message: `${built}${sharing(build)}${note}` };
  }
  if (state === 'Created' || state === 'Building') return sayRunning(build);
  const what = `${resourceRef} did not build ${nameRevision(revision)}`;
  const details = [reason, message].filter(part => part !== '').filter((part, at, all) => all.indexOf(part) === at);
  return { status: 'False', reason: endReason(build), message: [what, ...details].join(': ') };
}

/** The source that a build takes, for people. */
export function nameRevision(revision: string | undefined): string {
  return revision ?? 'the source as written';
}

/** Whose run it is, where it is another one's. */
function sharing({ follows }: BuildStatus): string {
  return follows === undefined ? '' : ` by the run of ${follows.builder}, of Function ${follows.function}`;
}

function sayRunning(build: BuildStatus): Said {
  const { revision, resourceRef = '', cause, cancelledAt } = build;
  if (cancelledAt !== undefined) {
    return { status: 'Unknown', reason: 'Cancelling', message: `${resourceRef} is asked to stop for something newer` };
  }
  const why = cause === undefined ? '' : ` (${cause})`;
  return {
    status: 'Unknown',
    reason: 'Building',
    message: `${resourceRef} builds ${nameRevision(revision)}${why}${sharing(build)}`,
  };
}

const ends: Readonly<Record<string, Reason>> = { Timeout: 'BuildTimeout', Canceled: 'BuildCanceled' };
const ownReasons: ReadonlySet<string> = new Set(['RunVanished', 'BuildStartFailed', 'NoBackend']);

function endReason({ state = '', reason = '' }: BuildStatus): Reason {
  return isReason(reason) && ownReasons.has(reason) ? reason : (ends[state] ?? 'BuildFailed');
}

/** Something is wanted and waits. What was built before stays what it was. */
export function sayHold(build: BuildStatus | undefined, hold: Hold, because: string): Said {
  const status = build === undefined ? 'Unknown' : sayBuild(build).status;
  const message = `${because}; ${hold.message}`;
  return { status, reason: holdReason(hold), message };
}

/** Rules of decide/ know no closed list; a test holds theirs within it. */
export function holdReason(hold: Hold): Reason {
  return isReason(hold.reason) ? hold.reason : 'Progressing';
}

/** The intent is there, and no slot is free. */
export function sayNoSlot({ revision, resourceRef = '' }: BuildStatus): Said {
  return {
    status: 'Unknown',
    reason: 'BuildSlots',
    message: `${resourceRef} is to build ${nameRevision(revision)}; ${reasons.BuildSlots}`,
  };
}
