// One budget in one worker: what it leased of the shared window, what it learned of the limit, and who asked for how much.
import type { Clock } from '../platform/clock.ts';
import type { State } from '../platform/state/state.ts';
import { stretchOf } from './fair-share.ts';
import { type Allowance, limitBy, windowMs } from './limits.ts';

/** Who wants the answer to a request; never empty in practice, and an empty list pays as one. */
export interface Payer {
  readonly namespaces: readonly string[];
}

export interface BucketOptions {
  readonly state: State;
  readonly clock: Clock;
  /** Name of the host and credential in the state port. */
  readonly gate: string;
  /** Requests a window to begin with; undefined: none is known, so there is nothing to share until an answer names one. */
  readonly limit: number | undefined;
}

/** A worker asks a host without a known limit a thousand times a second at most. */
const unknownLimit = 60_000;

/** The part of the limit that a worker leases at once: 1 of 20. */
const leases = 20;
/** How much of the newest window counts in the demand. */
const newest = 0.5;

/** Windows are of wall time, the same for all workers. A lease that is not used up goes with its window. */
export class Bucket {
  readonly gate: string;
  private readonly options: BucketOptions;
  private limit: number;
  private isShared: boolean;
  private blockedUntil = 0;
  private window = 0;
  private leased = 0;
  private spent = 0;
  private denied = 0;
  private isSpent = false;
  private leasing: Promise<void> | undefined;
  /** Our part of what all workers leased in this window. */
  private part = 1;
  /** Of this window, as it would be if nothing were stretched. */
  private asked = new Map<string, number>();
  private demand = new Map<string, number>();
  private stretches: ReadonlyMap<string, number> = new Map();
  private readonly spentBy = new Map<string, number>();

  constructor(options: BucketOptions) {
    this.options = options;
    this.gate = options.gate;
    this.limit = options.limit ?? unknownLimit;
    this.isShared = options.limit !== undefined;
  }

  /** Pays for one request; undefined when it may be sent, else the time when to try again. */
  async take({ namespaces }: Payer): Promise<number | undefined> {
    const payers = namespaces.length === 0 ? [''] : namespaces;
    this.roll();
    this.count(payers);
    for (;;) {
      const now = this.options.clock.now();
      if (this.blockedUntil > now) return this.blockedUntil;
      if (this.hadItsShare(payers)) return this.later(now);
      if (this.spent < this.leased) {
        this.spent += 1;
        for (const payer of payers) this.spentBy.set(payer, (this.spentBy.get(payer) ?? 0) + 1 / payers.length);
        return undefined;
      }
      if (this.isSpent) return this.later(now);
      this.leasing ??= this.lease().finally(() => {
        this.leasing = undefined;
      });
      await this.leasing;
      this.roll();
    }
  }

  /** The host is to be left alone until then, milliseconds since the epoch. */
  block(until: number): void {
    this.blockedUntil = Math.max(this.blockedUntil, until);
  }

  /** An answer told what is left. */
  learn(allowance: Allowance): void {
    const now = this.options.clock.now();
    this.limit = Math.max(limitBy(allowance, now), 1);
    if (!this.isShared) {
      this.isShared = true;
      this.leased = this.spent;
      this.isSpent = false;
    }
    // A second more, for hosts that count in whole ones.
    if (allowance.remaining === 0 && allowance.resetAt > now) this.block(allowance.resetAt + 1000);
  }

  /** By what the polls of these namespaces are stretched; a shared poll as its best served subscriber. */
  stretch(namespaces: readonly string[]): number {
    this.roll();
    if (this.stretches.size === 0 || namespaces.length === 0) return 1;
    return Math.min(...namespaces.map(namespace => this.stretches.get(namespace) ?? 1));
  }

  private roll(): void {
    const window = Math.floor(this.options.clock.now() / windowMs);
    if (window === this.window) return;
    this.settle(window - this.window);
    this.window = window;
    this.leased = 0;
    this.spent = 0;
    this.denied = 0;
    this.isSpent = false;
    this.asked = new Map();
    this.spentBy.clear();
  }

  /** Makes the demand of the window that ended count, and divides the budget by it. */
  private settle(passed: number): void {
    const names = new Set([...this.demand.keys(), ...this.asked.keys()]);
    const demand = new Map<string, number>();
    for (const name of names) {
      const before = this.demand.get(name) ?? 0;
      const wanted = (before * (1 - newest) + (this.asked.get(name) ?? 0) * newest) * (1 - newest) ** (passed - 1);
      if (wanted > 0.01) demand.set(name, wanted);
    }
    this.demand = demand;
    let sum = 0;
    for (const wanted of demand.values()) sum += wanted;
    const allowance = this.limit * this.part;
    this.stretches = sum <= allowance ? new Map() : stretchOf(demand, allowance);
  }

  /** A poll that comes rarer stands for as many as it was stretched by. */
  private count(payers: readonly string[]): void {
    const weight = this.stretch(payers) / payers.length;
    for (const payer of payers) this.asked.set(payer, (this.asked.get(payer) ?? 0) + weight);
  }

  /** While the budget is short nobody takes more than his part of it, whoever comes first. */
  private hadItsShare(payers: readonly string[]): boolean {
    if (this.stretches.size === 0) return false;
    return payers.every(payer => {
      const stretch = this.stretches.get(payer);
      if (stretch === undefined) return false;
      return (this.spentBy.get(payer) ?? 0) >= Math.ceil((this.demand.get(payer) ?? 0) / stretch);
    });
  }

  private async lease(): Promise<void> {
    const { state } = this.options;
    const { window } = this;
    if (!this.isShared) {
      this.isSpent = this.leased > 0;
      this.leased = this.limit;
      return;
    }
    const chunk = Math.max(Math.floor(this.limit / leases), 1);
    const sum = await state.add(`budget:${this.gate}:${window}`, chunk, 2 * windowMs);
    // The window may have ended meanwhile; then this lease is nothing.
    if (window !== this.window) return;
    const granted = Math.min(Math.max(this.limit - (sum - chunk), 0), chunk);
    this.leased += granted;
    this.isSpent = granted < chunk;
    if (sum > 0) this.part = Math.min(Math.max(this.leased / Math.min(sum, this.limit), 0), 1);
  }

  /** Somewhere in the next window, one after the other. */
  private later(now: number): number {
    const gap = windowMs / Math.max(this.limit, 1);
    const next = (Math.floor(now / windowMs) + 1) * windowMs + ((this.denied * gap) % windowMs);
    this.denied += 1;
    return Math.floor(next);
  }
}
