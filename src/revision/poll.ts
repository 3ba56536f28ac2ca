// One poll of one source: may it be asked, with what, what came back, and who has to know.
import { type HttpReason, RetryableError } from '../platform/errors.ts';
import { anonymous, gateOf, gateOfKey } from '../watch/graph.ts';
import { nextPoll } from '../watch/schedule.ts';
import { type SourceSpec, sourceHost, stateKeys } from '../watch/source.ts';
import { type Breakers, isOpenForHost, isOpenForSource, refusalsKey } from './breaker.ts';
import { BudgetSpent, type Budgets } from './budget.ts';
import type { Resolved, ResolveOptions } from './credential.ts';
import type { DetectorOptions } from './detect.ts';
import type { Observation, PollFailure } from './observation.ts';
import { type FailedPoll, isTold, nextAfter, recordFailure, secretMs, type Told } from './poll-failure.ts';
import type { Memory } from './provider.ts';
import type { ChosenAnswer, Providers } from './providers.ts';
import { joinAnswer, needsFreshLook } from './sighting.ts';

export interface PollPorts extends Omit<DetectorOptions, 'providers'> {
  readonly budgets: Budgets;
  readonly breakers: Breakers;
  readonly memory: Memory;
  readonly providers: Pick<Providers, 'observeSource'>;
}

/** What the state port held when the poll began. */
export interface PollStart {
  readonly spec: SourceSpec;
  readonly previous: Observation | undefined;
  /** Value under `refusalsKey` of the source's own gate. */
  readonly refusals: string | undefined;
  readonly signal: AbortSignal;
}

/** An observation outlives the longest interval; the leader asks again for what is really watched. */
const keptMs = 24 * 3_600_000;
/** A second look at an id that came back is taken this soon. */
const secondLookMs = 2_000;
/** The leader hears of a source this often even when nothing happens. */
const heartbeatMs = 45_000;
/** A Secret is read again when it is older than this and its credential was refused. */
const staleSecretMs = 25_000;

/** The result of looking for a credential: one to ask with, or nothing to ask with for now. */
type Access = { readonly resolved: Resolved; readonly isProbe: boolean } | { readonly failure: PollFailure };

/** An interval this much longer than promised is a stretched one. */
const stretched = 1.05;

export class Poll {
  private readonly ports: PollPorts;
  private readonly start: PollStart;
  private readonly now: number;
  private readonly host: string;
  private credentialId: string | undefined;

  constructor(ports: PollPorts, start: PollStart) {
    this.ports = ports;
    this.start = start;
    this.now = ports.clock.now();
    this.host = sourceHost(start.spec.source);
  }

  /** Asks, or finds that it may not, and records which; returns the next time. */
  async run(): Promise<number> {
    try {
      const waiting = this.waits();
      if (waiting !== undefined) return await this.stay(waiting);
      const access = await this.access();
      if ('failure' in access) return await this.fail(access.failure);
      return await this.succeed(await this.ask(access.resolved), access);
    } catch (error) {
      this.start.signal.throwIfAborted();
      if (error instanceof BudgetSpent && this.start.previous?.failure === undefined && this.start.previous) {
        return this.postpone(this.start.previous, error);
      }
      if (!isTold(error)) throw error;
      return this.refuse(error);
    }
  }

  private get gate(): string {
    const { spec } = this.start;
    const { credentialId = spec.credentialId } = this;
    return credentialId === spec.credentialId ? gateOfKey(spec.key) : gateOf(this.host, credentialId);
  }

  /** The credential in use, where it is another one than the source stands for. */
  private get askedWith(): string | undefined {
    return this.credentialId === this.start.spec.credentialId ? undefined : this.credentialId;
  }

  private get intervalMs(): number {
    const { spec } = this.start;
    const promised = Math.max(spec.intervalMs, this.ports.minIntervalMs);
    const account = { credentialId: this.credentialId ?? spec.credentialId, namespaces: spec.namespaces };
    return Math.round(promised * this.ports.budgets.stretch(this.host, account));
  }

  /** Woken before its time: what a host, a breaker or the budget asked for is kept, whoever is in a hurry. */
  private waits(): number | undefined {
    const { spec, previous } = this.start;
    const failure = previous?.failure;
    if (failure) {
      const { credentialId, refusals = 0 } = failure;
      const mayChange = credentialId === undefined || (refusals > 0 && credentialId !== anonymous);
      return mayChange ? undefined : this.ahead(failure.retryAt);
    }
    const promised = Math.max(spec.intervalMs, this.ports.minIntervalMs);
    if (previous === undefined || previous.intervalMs <= promised * stretched) return undefined;
    if (spec.wants.some(want => !Object.hasOwn(previous.heads, want))) return undefined;
    return this.ahead(previous.at + previous.intervalMs / stretched);
  }

  private ahead(at: number | undefined): number | undefined {
    return at !== undefined && at > this.now ? Math.ceil(at) : undefined;
  }

  /** Nothing is asked; the leader hears that the source is not forgotten. */
  private async stay(until: number): Promise<number> {
    const { previous } = this.start;
    if (previous && this.isTellingDue) await this.store(previous, false);
    return until;
  }

  /** Finds the credential; where a breaker is open, only a changed one or the turn to probe lets the question through. */
  private async access(): Promise<Access> {
    const { spec, previous } = this.start;
    const failure = previous?.failure;
    const isHeld = isOpenForSource(failure, spec.credentialId) || isOpenForHost(this.start.refusals, spec.credentialId);
    const resolved = await this.resolve(isHeld || failure ? { maxAgeMs: staleSecretMs } : {});
    const { credentialId } = resolved;
    this.credentialId = credentialId;
    const refusals = credentialId === spec.credentialId ? this.start.refusals : await this.refusals();
    const byHost = isOpenForHost(refusals, credentialId);
    if (!byHost && !isOpenForSource(failure, credentialId)) {
      const isEarly = failure?.credentialId === credentialId && this.ahead(failure.retryAt) !== undefined;
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
      message: `${this.host} refused this credential for other sources; it is tried again now and then, and when the Secret changes`,
      since: failure?.reason === reason ? failure.since : this.now,
      count: failure?.count ?? 1,
      refusals: 1,
      retryAt: this.now + secretMs,
      ...(credentialId === undefined ? {} : { credentialId }),
    };
  }

  /** The first Secret that still holds the credential that the source stands for; else the first that holds any. */
  private async resolve(options: ResolveOptions): Promise<Resolved> {
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

  /** Asks; after a 401 the Secret is read again, and a credential that changed meanwhile gets its chance at once. */
  private async ask(resolved: Resolved): Promise<ChosenAnswer> {
    try {
      return await this.question(resolved);
    } catch (error) {
      const isRefused = error instanceof RetryableError && error.reason === 'Unauthorized';
      if (!isRefused || resolved.credentialId === anonymous) throw error;
      const again = await this.resolve({ fresh: true });
      if (again.credentialId === resolved.credentialId) throw error;
      this.credentialId = again.credentialId;
      return this.question(again);
    }
  }

  private question({ credential, credentialId }: Resolved): Promise<ChosenAnswer> {
    const { spec, previous, signal } = this.start;
    const { budgets, http, memory, clock, providers } = this.ports;
    const question = {
      source: spec.source,
      wants: spec.wants,
      credential,
      credentialId,
      signal,
      ...(previous === undefined ? {} : { previous: previous.heads }),
      ...(this.isFresh ? { fresh: true } : {}),
    };
    const guarded = budgets.guard(http, { credentialId, namespaces: spec.namespaces });
    return providers.observeSource(question, { http: guarded, memory, now: () => clock.now() });
  }

  private get isFresh(): boolean {
    return needsFreshLook(this.start.previous, this.start.spec.wants);
  }

  private async succeed(answer: ChosenAnswer, { isProbe }: { readonly isProbe: boolean }): Promise<number> {
    const { spec, previous, refusals } = this.start;
    const { metrics, breakers, clock } = this.ports;
    const at = clock.now();
    const { heads, left, changed, moved, doubtful } = joinAnswer(previous, answer, {
      wants: spec.wants,
      fresh: this.isFresh,
      now: at,
    });
    const isMissing = Object.values(heads).every(head => head.kind === 'missing');
    const result = isMissing ? 'missing' : moved ? 'changed' : 'unchanged';
    metrics.count('revflow_polls_total', { host: this.host, driver: answer.driver, result });
    if (moved && previous) {
      metrics.observe('revflow_detection_seconds', { driver: answer.driver }, (at - previous.at) / 1000);
    }
    if (previous?.failure) this.ports.log.info('source answers again', { source: spec.key, host: this.host });
    if (isProbe || refusals !== undefined) await breakers.accepted(this.gate);
    const { intervalMs } = this;
    const { askedWith } = this;
    const observation: Observation = {
      at,
      heads,
      intervalMs,
      ...(Object.keys(left).length > 0 ? { left } : {}),
      ...(askedWith === undefined ? {} : { askedWith }),
    };
    await this.store(observation, changed || previous?.failure !== undefined || previous?.askedWith !== askedWith);
    const ordinarily = nextPoll({ key: spec.key, intervalMs, now: this.now });
    return doubtful ? Math.min(ordinarily, at + secondLookMs) : ordinarily;
  }

  private async refuse(error: Told): Promise<number> {
    const { spec, previous } = this.start;
    const failed: FailedPoll = {
      key: spec.key,
      intervalMs: this.intervalMs,
      now: this.now,
      credentialId: this.credentialId,
      previous: previous?.failure,
    };
    const failure = recordFailure(error, failed);
    if (failure.refusals !== undefined && this.credentialId !== undefined) {
      await this.ports.breakers.refused(this.gate, { failure, credentialId: this.credentialId });
    }
    const driver = spec.source.kind === 'git' ? 'git' : 'oci';
    this.ports.metrics.count('revflow_polls_total', { host: this.host, driver, result: failure.reason });
    return this.fail(failure);
  }

  private async fail(failure: PollFailure): Promise<number> {
    const { spec, previous } = this.start;
    const isNew = previous?.failure?.reason !== failure.reason;
    const { reason, message } = failure;
    if (isNew) this.ports.log.info('source cannot be asked', { source: spec.key, host: this.host, reason, message });
    const { at = 0, heads = {}, left } = previous ?? {};
    const { intervalMs } = this;
    await this.store({ at, heads, intervalMs, failure, ...(left === undefined ? {} : { left }) }, isNew);
    return nextAfter(failure, { now: this.now });
  }

  /** The budget is short: what was seen stays, and the interval that is really kept is told. */
  private async postpone(previous: Observation, { retryAt = this.now + secretMs }: BudgetSpent): Promise<number> {
    const intervalMs = Math.max(this.intervalMs, retryAt - previous.at);
    await this.store({ ...previous, intervalMs }, false);
    return retryAt;
  }

  /** Stored before it is told, so that who is told finds it; told again by the next poll, so that a crash in between loses nothing. */
  private async store(observation: Observation, isNews: boolean): Promise<void> {
    const { state, queue } = this.ports;
    const { spec, previous } = this.start;
    const { toldAt: _toldAt, ...bare } = observation;
    const isDue = this.isTellingDue;
    const told = isNews ? {} : { toldAt: isDue ? this.now : previous?.toldAt };
    await state.set(stateKeys.observation(spec.key), JSON.stringify({ ...bare, ...told }), keptMs);
    if (isNews || isDue) await queue.wake('fanout', spec.key);
  }

  private get isTellingDue(): boolean {
    const toldAt = this.start.previous?.toldAt;
    return toldAt === undefined || this.now - toldAt >= heartbeatMs;
  }
}
