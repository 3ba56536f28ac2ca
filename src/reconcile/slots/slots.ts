// Build slots: how many runs may live at once, in the cluster and in each namespace, who gets the next free one, and who needs none because
// the run of another Function builds the very same.
import { type Answer, type Answered, type Claim, keyOf } from './claim.ts';
import { Sharers } from './sharers.ts';

/** How many runs may live at once; Infinity: no limit. */
export interface SlotLimits {
  readonly cluster: number;
  readonly namespace: number;
}

interface Grant extends Claim {
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A grant whose run was not seen for this long is free again: its worker died, or the intent was replaced. */
const grantMs = 120_000;

/**
 * Counts live runs and grants slots, fair among namespaces: each one with a waiting claim gets one in turn. Kept by the leader, in
 * memory: a new leader counts again from its informers before it grants anything.
 */
export class SlotKeeper {
  readonly #limits: SlotLimits;
  /** Live runs, and grants whose run is still to be seen, by claim. */
  readonly #live = new Map<string, Claim>();
  readonly #granted = new Map<string, Grant>();
  /** Both of them, where others may follow. */
  readonly #sharers = new Sharers();
  /** Claims in the order in which they came, by namespace; namespaces in the order of their turn. */
  readonly #waiting = new Map<string, Map<string, Claim>>();
  readonly #taken = new Map<string, number>();
  /** A run that may be followed has come since the waiting were told. */
  #isShared = false;

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  /** How many claims wait. */
  get waiting(): number {
    return this.#waiting.values().reduce((sum, claims) => sum + claims.size, 0);
  }

  /** How many slots are taken. */
  get taken(): number {
    return this.#live.size + this.#granted.size;
  }

  /**
   * Grants a slot at once, names whose run is shared, or notes the claim. A claim that has a slot keeps it; an older one of the same
   * Function is forgotten.
   */
  take(claim: Claim, now: number): Answer {
    const key = keyOf(claim);
    if (this.#live.has(key) || this.#granted.has(key)) return 'granted';
    this.#forgetOlder(claim);
    const first = this.#sharers.firstFor(claim);
    if (first) {
      this.#unwait(claim);
      return first;
    }
    const others = this.#waiting.size > 0 && !this.#waiting.get(claim.namespace)?.has(key);
    if (!others && this.#hasRoom(claim.namespace)) {
      this.#unwait(claim);
      this.#grant(claim, now);
      return 'granted';
    }
    const claims = this.#waiting.get(claim.namespace) ?? new Map<string, Claim>();
    this.#waiting.set(claim.namespace, claims.set(key, claim));
    return 'wait';
  }

  /** A run is there and has not ended. */
  runLives(run: Claim): void {
    const key = keyOf(run);
    const known = this.#live.get(key) ?? this.#granted.get(key);
    if (known?.share?.key !== run.share?.key) {
      if (known) this.#sharers.remove(known);
      this.#offer(run);
    }
    if (!known) this.#count(run.namespace, 1);
    this.#granted.delete(key);
    this.#live.set(key, run);
    this.#unwait(run);
  }

  /** A run ended or was removed. */
  runEnded(run: Claim): void {
    const key = keyOf(run);
    const known = this.#live.get(key) ?? this.#granted.get(key);
    if (known) this.#sharers.remove(known);
    if (this.#live.delete(key) || this.#granted.delete(key)) this.#count(run.namespace, -1);
  }

  /** A Function is gone: its claims and grants go too; its runs count until they end. */
  functionGone(uid: string): void {
    // Its runs are deleted with it: nobody follows them any more.
    for (const run of this.#live.values()) if (run.uid === uid) this.#sharers.remove(run);
    for (const grant of this.#granted.values()) if (grant.uid === uid) this.#revoke(grant);
    for (const claims of this.#waiting.values()) {
      for (const claim of claims.values()) if (claim.uid === uid) this.#unwait(claim);
    }
  }

  /** Grants what is free to those who wait, tells the others whom they follow by now, and returns both. */
  grantNext(now: number): readonly Answered[] {
    for (const grant of this.#granted.values()) if (now - grant.at > grantMs) this.#revoke(grant);
    const answered = [...this.#followers()];
    for (let turn = this.#nextTurn(); turn; turn = this.#nextTurn()) {
      const first = this.#sharers.firstFor(turn);
      if (!first) this.#grant(turn, now);
      answered.push({ claim: turn, answer: first ?? 'granted' });
    }
    return [...answered, ...this.#followers()];
  }

  #offer(run: Claim): void {
    this.#sharers.add(run);
    this.#isShared ||= run.share !== undefined;
  }

  /** Those who wait though another run builds the same; they wait no longer. */
  #followers(): readonly Answered[] {
    if (!this.#isShared) return [];
    this.#isShared = false;
    const found: Answered[] = [];
    for (const claims of this.#waiting.values()) {
      for (const claim of claims.values()) {
        const answer = this.#sharers.firstFor(claim);
        if (answer) found.push({ claim, answer });
      }
    }
    for (const { claim } of found) this.#unwait(claim);
    return found;
  }

  /** The claim whose turn it is, taken from the queue; its namespace goes to the end. */
  #nextTurn(): Claim | undefined {
    for (const [namespace, claims] of this.#waiting) {
      if (!this.#hasRoom(namespace)) continue;
      const [claim] = claims.values();
      if (!claim) continue;
      claims.delete(keyOf(claim));
      this.#waiting.delete(namespace);
      if (claims.size > 0) this.#waiting.set(namespace, claims);
      return claim;
    }
    return undefined;
  }

  #hasRoom(namespace: string): boolean {
    return this.taken < this.#limits.cluster && (this.#taken.get(namespace) ?? 0) < this.#limits.namespace;
  }

  #grant(claim: Claim, now: number): void {
    this.#granted.set(keyOf(claim), { ...claim, at: now });
    this.#offer(claim);
    this.#count(claim.namespace, 1);
  }

  #revoke(grant: Grant): void {
    this.#sharers.remove(grant);
    if (this.#granted.delete(keyOf(grant))) this.#count(grant.namespace, -1);
  }

  #forgetOlder(claim: Claim): void {
    for (const grant of this.#granted.values()) {
      if (grant.uid === claim.uid && grant.sequence < claim.sequence) this.#revoke(grant);
    }
    for (const waiting of this.#waiting.get(claim.namespace)?.values() ?? []) {
      if (waiting.uid === claim.uid && waiting.sequence < claim.sequence) this.#unwait(waiting);
    }
  }

  #unwait(claim: Claim): void {
    const claims = this.#waiting.get(claim.namespace);
    if (!claims?.delete(keyOf(claim))) return;
    if (claims.size === 0) this.#waiting.delete(claim.namespace);
  }

  #count(namespace: string, by: number): void {
    const sum = (this.#taken.get(namespace) ?? 0) + by;
    if (sum === 0) this.#taken.delete(namespace);
    else this.#taken.set(namespace, sum);
  }
}
