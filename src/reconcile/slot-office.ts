// Where workers ask for build slots: at once in the leader's own process, else through the state port and the leader's queue.
import type { Clock } from '../platform/clock.ts';
import { RetryableError } from '../platform/errors.ts';
import type { Log } from '../platform/log.ts';
import type { Queue } from '../platform/queue/queue.ts';
import type { State } from '../platform/state/state.ts';
import { stateKeys } from '../watch/source.ts';
import type { ChildView } from './kinds.ts';
import { type Claim, SlotKeeper, type SlotLimits, type Slots } from './slots.ts';

export interface SlotOfficeOptions {
  readonly limits: SlotLimits;
  readonly state: State;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly log: Log;
}

/** Keys of the leader's queue that are claims and not sources begin so. */
const claimPrefix = 'slot/';
/** Claims outlive a change of the leader, not a day. */
const claimMs = 60 * 60_000;
/** As long as the leader keeps a grant whose run it has not seen. */
const grantedMs = 120_000;

/** One for each process; it grants only while its process leads and has counted. */
export class SlotOffice implements Slots {
  readonly #options: SlotOfficeOptions;
  #keeper: SlotKeeper;
  #open = false;

  constructor(options: SlotOfficeOptions) {
    this.#options = options;
    this.#keeper = new SlotKeeper(options.limits);
  }

  async take(claim: Claim): Promise<boolean> {
    const { state, queue, clock, limits } = this.#options;
    if (limits.cluster === Infinity && limits.namespace === Infinity) return true;
    if (this.#open) {
      if (this.#keeper.take(claim, clock.now())) return true;
      const granted = this.#keeper.grantNext(clock.now());
      this.#tell(granted.filter(other => other.uid !== claim.uid));
      return granted.some(other => other.uid === claim.uid);
    }
    if ((await state.get(stateKeys.slot(claim.uid, claim.sequence))) !== undefined) return true;
    const key = `${claimPrefix}${claim.namespace}/${claim.name}`;
    await state.set(key, JSON.stringify(claim), claimMs);
    await queue.wake('fanout', key);
    return false;
  }

  /** The leader has counted all runs: it may grant. */
  open(): void {
    this.#open = true;
    this.#next();
  }

  /** This process leads no longer: what it counted is void. */
  shut(): void {
    this.#open = false;
    this.#keeper = new SlotKeeper(this.#options.limits);
  }

  /** A run of this claim is there and lives, or does not. */
  runChanged(claim: Claim, lives: boolean): void {
    if (lives) this.#keeper.runLives(claim);
    else this.#keeper.runEnded(claim);
    this.#next();
  }

  functionGone(uid: string): void {
    this.#keeper.functionGone(uid);
    this.#next();
  }

  /** Takes back grants that nobody used. */
  round(): void {
    this.#next();
  }

  /** Handles a key of the leader's queue; false when it is none of ours. */
  async handle(key: string): Promise<boolean> {
    if (!key.startsWith(claimPrefix)) return false;
    const { state, clock } = this.#options;
    const claim = readClaim(await state.get(key));
    if (claim === undefined) return true;
    await state.delete(key);
    if (this.#keeper.take(claim, clock.now())) this.#tell([claim]);
    else this.#next();
    return true;
  }

  #next(): void {
    if (this.#open) this.#tell(this.#keeper.grantNext(this.#options.clock.now()));
  }

  #tell(granted: readonly Claim[]): void {
    const { log } = this.#options;
    for (const claim of granted) {
      this.#grant(claim).catch((error: unknown) => {
        // The grant is taken back when it is not used; the Function asks again.
        if (error instanceof RetryableError) log.warn('cannot tell of a build slot', { function: claim.name, error });
        else log.error('telling of a build slot failed', { function: claim.name, error });
      });
    }
  }

  async #grant(claim: Claim): Promise<void> {
    const { state, queue } = this.#options;
    await state.set(stateKeys.slot(claim.uid, claim.sequence), 'granted', grantedMs);
    await queue.wake('function', `${claim.namespace}/${claim.name}`);
  }
}

/** The claim that a run stands for. Its Function's name does not matter: nobody is woken for a run that is there. */
export function claimOf(run: ChildView): Claim {
  return { namespace: run.namespace, name: run.name, uid: run.functionUid, sequence: run.sequence };
}

function readClaim(text: string | undefined): Claim | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Claim);
}
