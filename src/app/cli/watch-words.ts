// A watch in words: what is looked at, how often, and with which Secret.
import { formatDuration } from '../../function/duration.ts';
import { describe } from '../../reconcile/watch/look.ts';
import type { Watch } from '../../watch/plan.ts';

export interface WatchWords {
  readonly type: string;
  /** The source and what of it is wanted. */
  readonly source: string;
  /** The promise, as a Go duration. */
  readonly interval: string;
  /** Name of the Secret; absent: asked without. */
  readonly secret?: string;
  /** Paths whose change is one; absent: every new id is. */
  readonly paths?: readonly string[];
}

/** The words for a watch; nothing is asked. */
export function describeWatch({ type, source, want, paths, secret, intervalMs }: Watch): WatchWords {
  const interval = formatDuration(intervalMs);
  return {
    type,
    source: describe(source, want),
    interval,
    ...(secret === undefined ? {} : { secret }),
    ...(paths === undefined ? {} : { paths }),
  };
}
