// With what a source may be asked now: its credential, unless a breaker holds it back.
import type { HttpReason } from '../platform/errors.ts';
import type { State } from '../platform/state/state.ts';
import { anonymous, gateOf, gateOfKey } from '../watch/graph.ts';
import { type SourceSpec, sourceHost } from '../watch/source.ts';
import { type Breakers, isOpenForHost, isOpenForSource, refusalsKey } from './breaker.ts';
import type { Credentials, Resolved, ResolveOptions } from './credential.ts';
import type { Observation, PollFailure } from './observation.ts';
import { secretMs } from './poll-failure.ts';

/** What the state port held when the poll began. */
export interface PollStart {
  readonly spec: SourceSpec;
  readonly previous: Observation | undefined;
  /** The same as it is stored. */
  readonly stored: string | undefined;
  /** Value under `refusalsKey` of the source's own gate. */
  readonly refusals: string | undefined;
  readonly signal: AbortSignal;
}

export interface AccessPorts {
  readonly credentials: Credentials;
  readonly breakers: Breakers;
  readonly state: Pick<State, 'get'>;
}

/** A credential to ask with, or why nothing is asked for now. */
export type Found = { readonly resolved: Resolved; readonly isProbe: boolean } | { readonly failure: PollFailure };

/** A Secret is read again when it is older than this and its credential was refused. */
const staleSecretMs = 25_000;

/** The way to one source, for one poll. */
export class Access {
  /** Identity of the credential in use; undefined: none was found yet. */
  credentialId: string | undefined;
  private readonly ports: AccessPorts;
  private readonly start: PollStart;
  /** When the poll was started, milliseconds since the epoch. */
  private readonly now: number;

  constructor(ports: AccessPorts, start: PollStart, now: number) {
    this.ports = ports;
    this.start = start;
    this.now = now;
  }

  /** Gate of the host and the credential in use. */
  get gate(): string {
    const { spec } = this.start;
    const { credentialId = spec.credentialId } = this;
    return credentialId === spec.credentialId ? gateOfKey(spec.key) : gateOf(sourceHost(spec.source), credentialId);
  }

  /** Finds the credential; where a breaker is open, only a changed one or the turn to probe lets the question through. */
  async find(): Promise<Found> {
    const { spec, previous } = this.start;
    const failure = previous?.failure;
    const isHeld = isOpenForSource(failure, spec.credentialId) || isOpenForHost(this.start.refusals, spec.credentialId);
    const resolved = await this.resolve(isHeld || failure ? { maxAgeMs: staleSecretMs } : {});
    const { credentialId } = resolved;
    this.credentialId = credentialId;
    const refusals = credentialId === spec.credentialId ? this.start.refusals : await this.refusals();
    const byHost = isOpenForHost(refusals, credentialId);
    if (!byHost && !isOpenForSource(failure, credentialId)) {
      const isEarly = failure?.credentialId === credentialId && (failure.retryAt ?? 0) > this.now;
      return isEarly ? { failure } : { resolved, isProbe: false };
    }
    const isTurn =
      credentialId === anonymous
        ? (failure?.retryAt ?? 0) <= this.now
        : await this.ports.breakers.claimProbe(this.gate);
    if (isTurn) return { resolved, isProbe: true };
    return { failure: this.held(failure) };
  }

  private refusals(): Promise<string | undefined> {
    return this.ports.state.get(refusalsKey(this.gate));
  }

  /** The failure of a source that is not asked since its credential is refused; its own, or that of the host. */
  private held(failure: PollFailure | undefined): PollFailure {
    const { credentialId } = this;
    if (failure && (failure.refusals ?? 0) > 0 && failure.credentialId === credentialId) {
      return { ...failure, retryAt: Math.max(failure.retryAt ?? 0, this.now + secretMs) };
    }
    const reason: HttpReason = 'Unauthorized';
    return {
      reason,
      message: `${sourceHost(this.start.spec.source)} refused this credential for other sources; it is tried again now and then, and when the Secret changes`,
      since: failure?.reason === reason ? failure.since : this.now,
      count: failure?.count ?? 1,
      refusals: 1,
      retryAt: this.now + secretMs,
      ...(credentialId === undefined ? {} : { credentialId }),
    };
  }

  /** The first Secret that still holds the credential that the source stands for; else the first that holds any. */
  async resolve(options: ResolveOptions): Promise<Resolved> {
    const { spec } = this.start;
    const { credentials } = this.ports;
    const [first, ...others] = spec.secrets;
    let other: Resolved | undefined;
    let failed: unknown;
    for (const secret of [first, ...others]) {
      try {
        const resolved = await credentials.resolve(secret, spec.source, options);
        if (resolved.credentialId === spec.credentialId) return resolved;
        other ??= resolved;
      } catch (error) {
        failed ??= error;
      }
    }
    if (other === undefined) throw failed;
    return other;
  }
}
