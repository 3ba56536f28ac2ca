// What a failed poll leaves behind: the record of the failure, and when to ask again.
import { isReason } from '../function/reasons.ts';
import { RetryableError, TerminalError } from '../platform/errors.ts';
import { KubeError } from '../platform/kube/kube.ts';
import { anonymous } from '../watch/graph.ts';
import { nextPoll } from '../watch/schedule.ts';
import { isOpenForSource, probeMs } from './breaker.ts';
import type { PollFailure } from './observation.ts';

/** A failure that is the source's or its host's, not ours. */
export type Told = RetryableError | TerminalError;

/** Whether an error is for the Function's condition. Others (the API server away, our own faults) are for the queue to repeat. */
export function isTold(error: unknown): error is Told {
  // It shares words with the HTTP edge, and says nothing about the source.
  if (error instanceof KubeError) return false;
  return (error instanceof RetryableError || error instanceof TerminalError) && isReason(error.reason);
}

export interface FailedPoll {
  readonly key: string;
  readonly intervalMs: number;
  /** When the poll was started, milliseconds since the epoch. */
  readonly now: number;
  /** The credential that was asked with; undefined: its Secret could not be used. */
  readonly credentialId: string | undefined;
  readonly previous: PollFailure | undefined;
}

/** How soon Secrets are looked at again while a credential is refused or unusable. */
export const secretMs = 30_000;
/** The longest that a host in trouble is left alone, where the interval is no longer. */
const patienceMs = 60_000;
const terminalMs = 600_000;
const refusals = new Set(['Unauthorized', 'Forbidden']);
const ofSecrets = new Set(['SecretNotFound', 'SecretKeyMissing', 'SshAuthUnsupported', 'CredentialHostRefused']);
/** Someone has to do something at the source; asking at the ordinary pace costs no more than success. */
const ordinary = new Set(['NotFound', 'RefNotFound', 'TagNotFound']);

/** The record of a failure. `retryAt` is when the host is asked again. */
export function recordFailure(error: Told, poll: FailedPoll): PollFailure {
  const { previous, now, credentialId } = poll;
  const isRefusal = refusals.has(error.reason);
  const sameCredential = previous?.credentialId === credentialId;
  const refused = isRefusal ? (sameCredential ? (previous?.refusals ?? 0) : 0) + 1 : 0;
  const failure: PollFailure = {
    reason: error.reason,
    message: error.message,
    since: previous?.reason === error.reason ? previous.since : now,
    count: (previous?.count ?? 0) + 1,
    ...(refused > 0 ? { refusals: refused } : {}),
    ...(credentialId === undefined ? {} : { credentialId }),
  };
  return { ...failure, retryAt: retryAt(error, failure, poll) };
}

/** When the poll of a source that failed is due again: sooner than the host is asked where the Secret may change meanwhile. */
export function nextAfter(failure: PollFailure, { now }: Pick<FailedPoll, 'now'>): number {
  const at = failure.retryAt ?? now + secretMs;
  const { credentialId } = failure;
  const waitsForSecret =
    credentialId !== undefined && credentialId !== anonymous && isOpenForSource(failure, credentialId);
  return waitsForSecret ? Math.min(at, now + secretMs) : at;
}

function retryAt(error: Told, failure: PollFailure, { key, intervalMs, now }: FailedPoll): number {
  const ordinarily = nextPoll({ key, intervalMs, now });
  if (error instanceof TerminalError) return Math.max(ordinarily, now + terminalMs);
  if (ofSecrets.has(error.reason)) return now + secretMs;
  if (failure.credentialId !== undefined && isOpenForSource(failure, failure.credentialId)) return now + probeMs;
  if (ordinary.has(error.reason) || refusals.has(error.reason)) return ordinarily;
  if (error.retryAt !== undefined) return Math.max(error.retryAt, ordinarily);
  if (error.reason === 'RateLimited') return Math.max(ordinarily, now + patienceMs);
  const spacedMs = Math.min(intervalMs * 2 ** Math.min(failure.count - 1, 20), Math.max(intervalMs, patienceMs));
  return nextPoll({ key, intervalMs: spacedMs, now });
}
