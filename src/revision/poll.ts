// One poll of one source: may it be asked, with what, what came back, and who has to know.
import { RetryableError } from '../platform/errors.ts';
import { anonymous } from '../watch/graph.ts';
import { nextPoll } from '../watch/schedule.ts';
import { sourceHost, stateKeys } from '../watch/source.ts';
import { Access, type PollStart } from './access.ts';
import type { Breakers } from './breaker.ts';
import { BudgetSpent, type Budgets } from './budget.ts';
import type { Resolved } from './credential.ts';
import type { DetectorOptions } from './detect.ts';
import type { Heads, Observation, PathTrouble, PollFailure } from './observation.ts';
import { addPaths, type PathReading, troubleOf } from './path-ids.ts';
import { type FailedPoll, isTold, nextAfter, recordFailure, secretMs, type Told } from './poll-failure.ts';
import type { FoundPaths, Memory, Ports, Question, WantedPaths } from './provider.ts';
import type { ChosenAnswer, Providers } from './providers.ts';
import { joinAnswer, needsFreshLook } from './sighting.ts';
import type { Vanguard } from './vanguard.ts';

export interface PollPorts extends Omit<DetectorOptions, 'providers'> {
  readonly budgets: Budgets;
  readonly breakers: Breakers;
  readonly memory: Memory;
  readonly vanguard: Vanguard;
  readonly providers: Pick<Providers, 'observeSource' | 'readPaths'>;
}

/** An observation outlives the longest interval; the leader asks again for what is really watched. */
const keptMs = 24 * 3_600_000;
/** A second look at an id that came back is taken this soon. */
const secondLookMs = 2_000;
/** The leader hears of a source this often even when nothing happens. */
const heartbeatMs = 45_000;
/** How soon a source comes again that waits for another one to try their credential. */
const vanguardMs = 500;
/** An interval this much longer than promised is a stretched one. */
const stretched = 1.05;

/** One poll; it is run once. */
export class Poll {
  private readonly ports: PollPorts;
  private readonly start: PollStart;
  private readonly now: number;
  private readonly host: string;
  private readonly access: Access;
  /** Who was asked last; before anybody is, who would be. */
  private driver: string;
  /** The question that was answered, for what is asked besides. */
  private asked: { readonly question: Question; readonly ports: Ports } | undefined;

  constructor(ports: PollPorts, start: PollStart) {
    this.ports = ports;
    this.start = start;
    this.now = ports.clock.now();
    this.host = sourceHost(start.spec.source);
    this.driver = start.spec.source.kind === 'git' ? 'git' : 'oci';
    this.access = new Access(ports, start, this.now);
  }

  /** Asks, or finds that it may not, and records which; returns the next time. */
  async run(): Promise<number> {
    try {
      const waiting = this.waits();
      if (waiting !== undefined) return await this.stay(waiting);
      const found = await this.access.find();
      if ('failure' in found) return await this.fail(found.failure);
      const { credentialId } = found.resolved;
      if (!found.isProbe && this.ports.vanguard.mustWait(this.access.gate, credentialId)) return this.now + vanguardMs;
      return await this.succeed(await this.ask(found.resolved), found);
    } catch (error) {
      this.start.signal.throwIfAborted();
      if (error instanceof BudgetSpent && this.start.previous?.failure === undefined && this.start.previous) {
        return this.postpone(this.start.previous, error);
      }
      if (!isTold(error)) throw error;
      return this.refuse(error);
    }
  }

  /** The credential in use, where it is another one than the source stands for. */
  private get askedWith(): string | undefined {
    return this.access.credentialId === this.start.spec.credentialId ? undefined : this.access.credentialId;
  }

  private get promisedMs(): number {
    return Math.max(this.start.spec.intervalMs, this.ports.minIntervalMs);
  }

  private get intervalMs(): number {
    const { spec } = this.start;
    const account = { credentialId: this.access.credentialId ?? spec.credentialId, namespaces: spec.namespaces };
    return Math.round(this.promisedMs * this.ports.budgets.stretch(this.host, account));
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
    const { promisedMs } = previous ?? {};
    // A promise that was kept holds nobody back who wants it shorter.
    if (previous === undefined || promisedMs === undefined || this.promisedMs < promisedMs) return undefined;
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

  /** Asks; after a 401 the Secret is read again, and a credential that changed meanwhile gets its chance at once. */
  private async ask(resolved: Resolved): Promise<ChosenAnswer> {
    try {
      return await this.question(resolved);
    } catch (error) {
      const isRefused = error instanceof RetryableError && error.reason === 'Unauthorized';
      if (!isRefused || resolved.credentialId === anonymous) throw error;
      const again = await this.access.resolve({ fresh: true });
      if (again.credentialId === resolved.credentialId) throw error;
      this.access.credentialId = again.credentialId;
      return this.question(again);
    }
  }

  private question({ credential, credentialId }: Resolved): Promise<ChosenAnswer> {
    const { spec, previous, signal } = this.start;
    const { budgets, http, memory, clock, providers, vanguard } = this.ports;
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
    const asked = (driver: string) => {
      this.driver = driver;
    };
    const asking = { http: guarded, memory, now: () => clock.now(), asked };
    this.asked = { question, ports: asking };
    return vanguard.lead(this.access.gate, () => providers.observeSource(question, asking));
  }

  private get isFresh(): boolean {
    return needsFreshLook(this.start.previous, this.start.spec.wants);
  }

  private async succeed(answer: ChosenAnswer, { isProbe }: { readonly isProbe: boolean }): Promise<number> {
    const { spec, previous, refusals } = this.start;
    const { metrics, breakers, clock } = this.ports;
    const at = clock.now();
    const look = { wants: spec.wants, fresh: this.isFresh, now: at };
    const { heads: seen, left, changed, moved, doubtful } = joinAnswer(previous, answer, look);
    const isMissing = Object.values(seen).every(head => head.kind === 'missing');
    const result = isMissing ? 'missing' : moved ? 'changed' : 'unchanged';
    metrics.count('revflow_polls_total', { host: this.host, driver: answer.driver, result });
    if (moved && previous) {
      metrics.observe('revflow_detection_seconds', { driver: answer.driver }, (at - previous.at) / 1000);
    }
    if (previous?.failure) this.ports.log.info('source answers again', { source: spec.key, host: this.host });
    if (isProbe || refusals !== undefined) await breakers.accepted(this.access.gate);
    const { heads, changed: known, pending } = await this.withPaths(seen, answer.driver);
    const { intervalMs } = this;
    const { askedWith } = this;
    const observation: Observation = {
      at,
      heads,
      intervalMs,
      ...(Object.keys(left).length > 0 ? { left } : {}),
      ...(askedWith === undefined ? {} : { askedWith }),
    };
    const isOther = previous?.failure !== undefined || previous?.askedWith !== askedWith;
    await this.store(observation, changed || known || isOther);
    const ordinarily = nextPoll({ key: spec.key, intervalMs, now: this.now });
    return doubtful || pending ? Math.min(ordinarily, at + secondLookMs) : ordinarily;
  }

  /** The heads with the ids of the paths that are wanted in them: one more question where a commit is new. */
  private async withPaths(heads: Heads, driver: string): Promise<PathReading> {
    const { spec, previous } = this.start;
    if (spec.paths === undefined) return { heads, changed: false, pending: false };
    const look = { wanted: spec.paths, previous, now: this.now };
    return addPaths(heads, look, wanted => this.readPaths(wanted, driver));
  }

  private async readPaths(wanted: WantedPaths, driver: string): Promise<FoundPaths | PathTrouble> {
    const { metrics, log, providers } = this.ports;
    const count = (result: string) => metrics.count('revflow_tree_reads_total', { host: this.host, driver, result });
    try {
      if (this.asked === undefined) throw new TypeError('paths are read after a question only');
      const { question, ports } = this.asked;
      const found = await providers.readPaths({ ...question, driver }, wanted, ports);
      count('read');
      return found;
    } catch (error) {
      this.start.signal.throwIfAborted();
      const trouble = troubleOf(error);
      const { reason } = trouble;
      const said = { source: this.start.spec.key, host: this.host, reason };
      if (reason === 'InternalError') log.error('the ids of paths could not be read', { ...said, error });
      else log.info('the ids of paths could not be read', { ...said, because: trouble.message });
      count(reason);
      return trouble;
    }
  }

  private async refuse(error: Told): Promise<number> {
    const { spec, previous } = this.start;
    const failed: FailedPoll = {
      key: spec.key,
      intervalMs: this.intervalMs,
      now: this.now,
      credentialId: this.access.credentialId,
      previous: previous?.failure,
    };
    const failure = recordFailure(error, failed);
    if (failure.refusals !== undefined && this.access.credentialId !== undefined) {
      await this.ports.breakers.refused(this.access.gate, { failure, credentialId: this.access.credentialId });
    }
    const labels = { host: this.host, driver: this.driver, result: failure.reason };
    this.ports.metrics.count('revflow_polls_total', labels);
    return this.fail(failure);
  }

  private async fail(failure: PollFailure): Promise<number> {
    const { spec, previous } = this.start;
    const isNew = previous?.failure?.reason !== failure.reason;
    const { reason, message } = failure;
    if (isNew)
      this.ports.log.info('source cannot be asked', { source: spec.key, host: this.host, reason, because: message });
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

  /**
   * Stored before it is told, so that who is told finds it; told again by the next poll, so that a crash in between loses nothing. A poll
   * that another one overtook (Redis was emptied, and its lock with it) may have seen what is no longer so, and stores nothing.
   */
  private async store(observation: Observation, isNews: boolean): Promise<void> {
    const { state, queue } = this.ports;
    const { spec, previous, stored } = this.start;
    const { toldAt: _toldAt, promisedMs: _promisedMs, ...bare } = observation;
    const { promisedMs } = this;
    const promise = bare.intervalMs > promisedMs * stretched ? { promisedMs } : {};
    const isDue = this.isTellingDue;
    const told = isNews ? {} : { toldAt: isDue ? this.now : previous?.toldAt };
    const next = { value: JSON.stringify({ ...bare, ...promise, ...told }), ttlMs: keptMs };
    if (!(await state.swap(stateKeys.observation(spec.key), stored, next))) return;
    if (isNews || isDue) await queue.wake('fanout', spec.key);
  }

  private get isTellingDue(): boolean {
    const toldAt = this.start.previous?.toldAt;
    return toldAt === undefined || this.now - toldAt >= heartbeatMs;
  }
}
