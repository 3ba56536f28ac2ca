// A watched build is pinned to what was observed, so it waits a little for the first observation; then it goes as written.
import type { Facts } from './facts.ts';
import type { BuildGate, Hold } from './rule.ts';
import { retries } from './rule.ts';

/** The wait for a first observation; undefined when there is one, when it took too long, or when nothing is watched. */
export function awaitObservation(facts: Facts): Hold | undefined {
  const { watch, policy, now } = facts;
  if (!watch || watch.head) return undefined;
  const until = (watch.awaitingSince ?? now) + policy.firstObservationMs;
  if (now >= until) return undefined;
  return { reason: 'AwaitingFirstObservation', message: 'waiting for the first look at what is watched', until };
}

export const firstObservation: BuildGate = {
  name: 'first observation',
  judge: (facts, build, cause) =>
    (retries(cause) || cause === 'BuilderImageMoved') && build.recorded?.revision !== undefined
      ? undefined
      : awaitObservation(facts),
};
