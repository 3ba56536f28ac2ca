// The circuit breaker: a credential that a host refused twice is tried again once in ten minutes, by one source for all.
import type { State } from '../platform/state/state.ts';
import { anonymous } from '../watch/graph.ts';
import type { PollFailure } from './observation.ts';

/** Refusals in a row that open the breaker. */
const mostRefusals = 2;
/** Milliseconds between two probes. */
export const probeMs = 600_000;
/** How long a host's refusals of a credential are remembered. */
const countedMs = 24 * 3_600_000;

/** Key in the state port of how often a host answered 401 to a credential (gate) in a row. */
export function refusalsKey(gate: string): string {
  return `refused:${gate}`;
}

/** Whether a source's own failures hold questions with this credential back. */
export function isOpenForSource(failure: PollFailure | undefined, credentialId: string): boolean {
  return failure?.credentialId === credentialId && (failure.refusals ?? 0) >= mostRefusals;
}

/**
 * Whether the host holds all questions with this credential back. `refusals` is the value under `refusalsKey`. Only 401 counts (failed
 * logins ban addresses); without a credential it is a matter of each repository.
 */
export function isOpenForHost(refusals: string | undefined, credentialId: string): boolean {
  return credentialId !== anonymous && Number(refusals ?? 0) >= mostRefusals;
}

/** The breakers in the state port. When it was lost they open again after two refusals. */
export class Breakers {
  private readonly state: State;

  constructor(state: State) {
    this.state = state;
  }

  /** Takes the one probe of a host and credential that is due; false when another source had it less than ten minutes ago. */
  claimProbe(gate: string): Promise<boolean> {
    return this.state.swap(probeKey(gate), undefined, { value: 'taken', ttlMs: probeMs });
  }

  /** A refusal was seen; `isOpen` when it (or an earlier one) opened the breaker. Anonymous ones touch no other source. */
  async refused(
    gate: string,
    refusal: { readonly failure: PollFailure; readonly credentialId: string },
  ): Promise<void> {
    const { failure, credentialId } = refusal;
    if (credentialId === anonymous) return;
    const count = failure.reason === 'Unauthorized' ? await this.state.add(refusalsKey(gate), 1, countedMs) : 0;
    // The second refusal was the last question for a while.
    if (count >= mostRefusals || isOpenForSource(failure, credentialId)) await this.claimProbe(gate);
  }

  /** The host took the credential: the next source that is held back may try at once. */
  async accepted(gate: string): Promise<void> {
    await Promise.all([this.state.delete(refusalsKey(gate)), this.state.delete(probeKey(gate))]);
  }
}

function probeKey(gate: string): string {
  return `probe:${gate}`;
}
