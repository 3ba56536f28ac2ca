// What a Function took last of what it watches: the baseline for change.
import type { FunctionObject } from '../../function/schema.ts';
import type { Watch } from '../../watch/plan.ts';

/** The id that was taken last: attempted, or of an image wanted. */
export function baselineOf(
  { status }: Pick<FunctionObject, 'status'>,
  { type }: Pick<Watch, 'type'>,
): string | undefined {
  if (type === 'image') return status?.revision?.imageDigest ?? status?.watch?.adopted;
  const source = status?.sources?.find(entry => entry.name === 'default');
  const recorded = type === 'source' ? source?.git?.commitSha : source?.bundle?.digest;
  return status?.build?.revision ?? recorded ?? status?.watch?.adopted;
}
