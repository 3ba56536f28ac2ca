// Lets BuildRuns end as they did in the recording, when they did.

import { kinds } from '../../../src/function/kinds.ts';
import { deedOf } from './deed.ts';
import { endOf, runStatusOf } from './ends.ts';
import { fieldOf, isPlain } from './field.ts';
import type { Scenery } from './scenery.ts';
import { statusOf } from './stage.ts';

/** Ends what the recording shows as ended, or as followed by another build, at this stage. */
export async function playEnds(scenery: Scenery): Promise<boolean> {
  const { stages, at, name } = scenery;
  const build = fieldOf(stages[at]?.statuses['Function']?.[name], ['build']);
  const isOpen = isPlain(build) && (build['state'] === 'Building' || build['state'] === 'Created');
  return endRuns(scenery, builder => !(isOpen && isPlain(build) && build['resourceRef'] === builder));
}

/** Before a step that makes another build count: what had ended in the recording until then. */
export async function playEarlierEnds(scenery: Scenery): Promise<boolean> {
  const { stages, at, name } = scenery;
  const deed = deedOf(stages[at]?.name ?? '');
  if (!['edit', 'add', 'remove'].includes(deed.kind)) return false;
  const next = fieldOf(stages[at]?.statuses['Function']?.[name], ['build', 'resourceRef']);
  return endRuns(scenery, builder => builder !== next && isToldOf(scenery, builder));
}

/** Ends everything that the recording ever shows as ended. */
export function playAllEnds(scenery: Scenery): Promise<boolean> {
  return endRuns(scenery, builder => isToldOf(scenery, builder));
}

/** The Function's own status told the end; a build that was cancelled for another one only its Builder tells. */
function isToldOf({ recorded, name }: Scenery, builder: string): boolean {
  const told = recorded.history[`Function/${name}`] ?? [];
  const end = endOf(recorded, builder);
  return told.some(status => {
    const build = fieldOf(status, ['build']);
    return isPlain(build) && build['resourceRef'] === builder && build['state'] === end?.state;
  });
}

async function endRuns(scenery: Scenery, isDue: (builder: string) => boolean): Promise<boolean> {
  const { stage, tokens, recorded } = scenery;
  let some = false;
  for (const run of await stage.all(kinds.buildRun)) {
    const builder = tokens.text(run.metadata.labels?.['openfunction.io/builder'] ?? '');
    const end = statusOf(run)['completionTime'] === undefined && isDue(builder) ? endOf(recorded, builder) : undefined;
    if (end === undefined) continue;
    await stage.writeStatus(kinds.buildRun, run.metadata.name, runStatusOf(end, stage.now));
    some = true;
  }
  return some;
}
