// Who leads: one process, by Lease, and only while no controller of OpenFunction holds its own.
import type { Clock } from '../../platform/clock.ts';
import { type ForeignLeases, holdForeignLeases } from '../../platform/kube/foreign-leases.ts';
import type { Kube } from '../../platform/kube/kube.ts';
import { type Election, elect } from '../../platform/kube/lease.ts';
import type { Log } from '../../platform/log.ts';
import type { Leader } from './leader.ts';

export interface LeadershipOptions {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Log;
  /** Where our own Lease `revflow` is. */
  readonly namespace: string;
  /** Who we are in Leases. */
  readonly identity: string;
  readonly mode: 'full' | 'companion';
  /** Lead without any Lease. */
  readonly alone: boolean;
}

/** Names of OpenFunction's own leader Leases and where they are. */
const openFunction = {
  namespace: 'openfunction',
  controller: '79f0111e.openfunction.io',
  watcher: 'revision.openfunction.io',
};
/** Who leads: this process while it holds the Lease and no OpenFunction controller holds its own. */
export class Leadership {
  readonly ready: Promise<void>;
  readonly #options: LeadershipOptions;
  readonly #lead: () => Leader;
  readonly #first = Promise.withResolvers<void>();
  #election: Election | undefined;
  #foreign: ForeignLeases | undefined;
  #leader: Leader | undefined;
  #wanted = false;
  #changing: Promise<void> = Promise.resolve();
  #ready = false;

  constructor(options: LeadershipOptions, lead: () => Leader) {
    this.#options = options;
    this.#lead = lead;
    this.ready = this.#first.promise;
  }

  /** Nothing is missing here: the leader has listed all, or another process leads. */
  get settled(): boolean {
    return this.#wanted ? this.#ready : true;
  }

  start(): void {
    const { kube, clock, log, identity, mode, alone } = this.#options;
    if (alone) return this.#turn(true);
    const common = { kube, clock, log, identity };
    const { controller, watcher, namespace } = openFunction;
    const names = mode === 'full' ? [controller, watcher] : [watcher];
    const election = elect({ ...common, namespace: this.#options.namespace, name: 'revflow' });
    const look = () => this.#turn(election.leading && (this.#foreign?.clear ?? false));
    election.onChange(leading => {
      // Only the leader keeps the others away: their Leases pass on with ours.
      if (leading) {
        this.#foreign = holdForeignLeases({ ...common, namespace, names });
        this.#foreign.onChange(look);
      } else void this.#releaseForeign();
      look();
    });
    this.#election = election;
  }

  async stop(): Promise<void> {
    this.#turn(false);
    await this.#changing;
    await this.#releaseForeign();
    await this.#election?.close();
  }

  async #releaseForeign(): Promise<void> {
    const foreign = this.#foreign;
    this.#foreign = undefined;
    await foreign?.close();
  }

  /** Starts or ends leading; changes come one after the other. */
  #turn(wanted: boolean): void {
    if (this.#wanted === wanted) return;
    this.#wanted = wanted;
    this.#changing = this.#changing
      .then(() => (wanted ? this.#begin() : this.#end()))
      .catch((error: unknown) => {
        this.#options.log.error('a change of the leader failed', { error });
      });
  }

  #begin(): void {
    if (!this.#wanted) return;
    this.#options.log.info('leading');
    const leader = this.#lead();
    this.#leader = leader;
    leader.ready.then(
      () => {
        if (this.#leader !== leader) return;
        this.#ready = true;
        this.#options.log.info('every source is watched');
        this.#first.resolve();
      },
      (error: unknown) => this.#options.log.error('leading failed', { error }),
    );
  }

  async #end(): Promise<void> {
    this.#ready = false;
    const leader = this.#leader;
    this.#leader = undefined;
    await leader?.[Symbol.asyncDispose]();
    this.#options.log.info('leading no longer');
  }
}
