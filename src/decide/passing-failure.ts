// A run ended for a cause that passes (its pod was evicted, a network was away): it is tried again by itself, a few times, later each time.
import type { BuildCauseRule, BuildGate } from './rule.ts';

export const failedInPassing: BuildCauseRule = {
  name: 'failed in passing',
  cause: 'Retried',
  applies: (_, build) =>
    build.recorded?.phase === 'failed' && build.recorded.retryAt !== undefined
      ? 'its run failed for a cause that may pass'
      : undefined,
};

export const retryLater: BuildGate = {
  name: 'retry later',
  judge: ({ now }, { recorded }, cause) =>
    cause === 'Retried' && recorded?.retryAt !== undefined && now < recorded.retryAt
      ? { reason: 'RetryingBuild', message: 'it is tried again soon', until: recorded.retryAt }
      : undefined,
};

/** When a build that failed in passing is tried again, milliseconds since the epoch; undefined: not any more. */
export function nextTry(
  facts: { readonly now: number; readonly policy: { readonly failedRetries: number; readonly failedRetryMs: number } },
  retries: number,
): number | undefined {
  const { now, policy } = facts;
  return retries < policy.failedRetries ? now + policy.failedRetryMs * 2 ** retries : undefined;
}
