// A build that goes on though the status names it no more: somebody cleared `status.build` while it ran.
import { type Attempt, isAttempt } from '../../function/child.ts';
import { kinds } from '../../function/kinds.ts';
import { builderName } from '../../function/names.ts';
import { parseBuilder } from '../../function/schema.ts';
import type { Reading } from '../context.ts';

/**
 * The attempt, when its Builder has not ended; undefined: there is none. It has the highest sequence, or the one before where a Serving took
 * that. Nothing is asked while the status names a build, or says that none is wanted.
 */
export async function findLostBuild(reading: Reading): Promise<Attempt | undefined> {
  const { build, sequence } = reading.draft.status;
  if (sequence === undefined || build?.resourceRef || build?.state === 'Skipped') return undefined;
  const last = build?.sequence ?? sequence;
  for (const candidate of [last, last - 1]) {
    const attempt = { name: builderName(reading.fn.metadata.uid, candidate), sequence: candidate };
    if (candidate > 0 && (await isGoing(reading, attempt))) return attempt;
  }
  return undefined;
}

async function isGoing({ options, fn }: Reading, attempt: Attempt): Promise<boolean> {
  const { namespace } = fn.metadata;
  const found = await options.kube.get({ kind: kinds.builder, namespace, name: attempt.name });
  if (found === undefined || !isAttempt(found, fn, attempt)) return false;
  const parsed = parseBuilder(found);
  const state = 'ok' in parsed ? parsed.ok.status?.state : undefined;
  return 'ok' in parsed && (!state || state === 'Building');
}
