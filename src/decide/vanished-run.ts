// The run of a going build is no longer there (a pruner, a restored backup): it is started again under a new sequence.
import type { BuildFacts } from './facts.ts';
import type { BuildCauseRule } from './rule.ts';

function vanished(build: BuildFacts): boolean {
  return build.recorded?.phase === 'running' && build.builder === 'present' && build.run === 'absent';
}

export const runVanished: BuildCauseRule = {
  name: 'run vanished',
  cause: 'RunVanished',
  applies(facts, build) {
    if (!vanished(build) || (build.recorded?.vanished ?? 0) >= facts.policy.vanishedRuns) return undefined;
    return 'its run was deleted before it ended';
  },
};

/** Whether the runs of one build vanished so often that it counts as failed. */
export function vanishedTooOften(
  facts: { readonly policy: { readonly vanishedRuns: number } },
  build: BuildFacts,
): boolean {
  return vanished(build) && (build.recorded?.vanished ?? 0) >= facts.policy.vanishedRuns;
}
