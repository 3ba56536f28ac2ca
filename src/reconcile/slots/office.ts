// Where workers ask for build slots: at once in the leader's own process, else through the state port and the leader's queue.
import type { Clock } from '../../platform/clock.ts';
import { RetryableError } from '../../platform/errors.ts';
import type { Log } from '../../platform/log.ts';
import type { Queue } from '../../platform/queue/queue.ts';
import type { State } from '../../platform/state/state.ts';
import { stateKeys } from '../../watch/source.ts';
import type { ChildView } from '../kinds.ts';
import type { Answer, Answered, Claim, Slots } from './claim.ts';
import { SlotKeeper, type SlotLimits } from './slots.ts';

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
const answeredMs = 120_000;
/** In the state port: which reign of a leader the answers there must be of. Those of an earlier one are void: its successor knows nothing of them. */
const reignKey = 'slot-reign';
const reignMs = 24 * 60 * 60_000;

/** One for each process; it grants only while its process leads and has counted. */
export class SlotOffice implements Slots {
  readonly #options: SlotOfficeOptions;
  #keeper: SlotKeeper;
  #open = false;
  /** Counts the leaders there were; undefined: not told yet. */
  #reign: number | undefined;

  constructor(options: SlotOfficeOptions) {
    this.#options = options;
    this.#keeper = new SlotKeeper(options.limits);
  }

  async take(claim: Claim): Promise<Answer> {
    const { state, queue, clock, limits } = this.#options;
    const isLimited = limits.cluster < Infinity || limits.namespace < Infinity;
    if (!isLimited && claim.share === undefined) return 'granted';
    if (this.#open) {
      const answer = this.#keeper.take(claim, clock.now());
      const answered = this.#keeper.grantNext(clock.now());
      this.#tell(answered.filter(other => other.claim.uid !== claim.uid));
      return answered.find(other => other.claim.uid === claim.uid)?.answer ?? answer;
    }
    const [text, reign] = await state.getMany([stateKeys.slot(claim.uid, claim.sequence), reignKey]);
    const told = readAnswer(text);
    if (told !== undefined && String(told.reign) === reign) return told.answer;
    const key = `${claimPrefix}${claim.namespace}/${claim.name}`;
    await state.set(key, JSON.stringify(claim), claimMs);
    await queue.wake('fanout', key);
    return 'wait';
  }

  /** The leader has counted all runs: it may grant. What earlier leaders granted is void from now on, unless its run was seen. */
  async open(): Promise<void> {
    const { log } = this.#options;
    await this.#begin().catch((error: unknown) => log.warn('cannot void what an earlier leader granted', { error }));
    this.#open = true;
    this.#next();
  }

  /** This process leads no longer: what it counted is void. */
  shut(): void {
    this.#open = false;
    this.#reign = undefined;
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
    const answer = this.#keeper.take(claim, clock.now());
    if (answer !== 'wait') this.#tell([{ claim, answer }]);
    this.#next();
    return true;
  }

  #next(): void {
    if (this.#open) this.#tell(this.#keeper.grantNext(this.#options.clock.now()));
  }

  #tell(answered: readonly Answered[]): void {
    const { log } = this.#options;
    for (const each of answered) {
      this.#answer(each).catch((error: unknown) => {
        // The grant is taken back when it is not used; the Function asks again.
        if (error instanceof RetryableError)
          log.warn('cannot tell of a build slot', { function: each.claim.name, error });
        else log.error('telling of a build slot failed', { function: each.claim.name, error });
      });
    }
  }

  async #answer({ claim, answer }: Answered): Promise<void> {
    const { state, queue } = this.#options;
    const reign = this.#reign ?? (await this.#begin());
    // The state may have been emptied.
    await state.set(reignKey, String(reign), reignMs);
    await state.set(stateKeys.slot(claim.uid, claim.sequence), JSON.stringify({ reign, answer }), answeredMs);
    await queue.wake('function', `${claim.namespace}/${claim.name}`);
  }

  async #begin(): Promise<number> {
    const reign = await this.#options.state.add(reignKey, 1, reignMs);
    this.#reign = reign;
    return reign;
  }
}

/** The claim that a run stands for. One that was asked to stop is shared no more. */
export function claimOf(run: ChildView): Claim {
  const { namespace, function: name, functionUid: uid, sequence, builder, share, cancelled } = run;
  const own = share === undefined || cancelled ? undefined : { key: share, own: true };
  return { namespace, name, uid, sequence, builder, share: own };
}

function readClaim(text: string | undefined): Claim | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Claim);
}

interface Told {
  readonly reign: number;
  readonly answer: Answered['answer'];
}

/** Undefined also where a worker of an earlier release wrote it: that one asks again. */
function readAnswer(text: string | undefined): Told | undefined {
  return text?.startsWith('{') ? (JSON.parse(text) as Told) : undefined;
}
