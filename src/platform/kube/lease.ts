// Leader election over a Lease: one holder at a time, renewed with preconditions, given up in time when it cannot be renewed.
import type { Clock, Timer } from '../clock.ts';
import type { Log } from '../log.ts';
import { type Kind, type Kube, KubeError, type KubeObject, type Ref } from './kube.ts';

export interface ElectionOptions {
  readonly kube: Kube;
  readonly namespace: string;
  readonly name: string;
  /** Who we are in the Lease; no two processes may share it. */
  readonly identity: string;
  readonly clock: Clock;
  readonly log: Log;
  /** A Lease that was not renewed for so long is free; default 15 000. */
  readonly durationMs?: number;
  /** A holder that could not renew for so long stops leading; less than `durationMs`; default 10 000. */
  readonly renewMs?: number;
  /** Between two looks at the Lease; default 2 000. */
  readonly retryMs?: number;
}

export interface Election {
  /** True while we hold the Lease and may act; false in time when it cannot be renewed. */
  readonly leading: boolean;
  /** Called with each change of `leading`. */
  onChange(listener: (leading: boolean) => void): void;
  /** Stops, and releases a Lease that is held, so that the next holder need not wait for its end. */
  close(): Promise<void>;
}

/** How long closing waits for a renewal under way. */
const closeMs = 3_000;

/** Lease of coordination.k8s.io. */
export const leaseKind: Kind = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' };

interface Lease extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string | null;
    readonly leaseDurationSeconds?: number | null;
    readonly leaseTransitions?: number | null;
    readonly renewTime?: string | null;
  };
}

/** Takes part in an election until closed. Failures are logged and tried again. */
export function elect(options: ElectionOptions): Election {
  const candidate = new Candidate(options);
  const closing = new AbortController();
  const running = candidate.run(closing.signal);
  return {
    get leading() {
      return candidate.leading;
    },
    onChange: listener => candidate.listeners.push(listener),
    async close() {
      closing.abort();
      // A renewal that hangs on a dead connection is not waited for: the Lease then ends by itself. Nor does the process wait for the time.
      const waited = new AbortController();
      await Promise.race([running, options.clock.sleep(closeMs, waited.signal).catch(() => {})]);
      waited.abort();
      await candidate.release();
    },
  };
}

class Candidate {
  readonly listeners: ((leading: boolean) => void)[] = [];
  private readonly options: ElectionOptions;
  private readonly ref: Ref;
  private readonly durationMs: number;
  private readonly renewMs: number;
  private readonly retryMs: number;
  /** Leading is over at this time, whatever the API server says later. */
  private leadingUntil = 0;
  private deadline: Timer | undefined;
  private told = false;
  /** The Lease as last seen, and when we first saw it so: other machines' clocks are not compared with ours. */
  private seen: { readonly lease: Lease; readonly at: number } | undefined;

  constructor(options: ElectionOptions) {
    this.options = options;
    this.ref = { kind: leaseKind, namespace: options.namespace, name: options.name };
    this.durationMs = options.durationMs ?? 15_000;
    this.renewMs = options.renewMs ?? 10_000;
    this.retryMs = options.retryMs ?? 2_000;
  }

  get leading(): boolean {
    return this.options.clock.now() < this.leadingUntil;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, name } = this.options;
    while (!signal.aborted) {
      try {
        await this.look(signal);
      } catch (error) {
        // Another write came first, or the Lease was deleted, or the API server is away: the next look tells.
        const outdated = error instanceof KubeError && (error.status === 409 || error.status === 404);
        this.seen = outdated ? undefined : this.seen;
        if (!outdated && !signal.aborted) log.warn('election failed', { lease: name, error });
      }
      // Candidates that look in step would only make conflicts.
      await clock.sleep(this.retryMs * (1 + Math.random() / 5), signal).catch(() => {});
    }
  }

  /** Gives the Lease back; whoever waits takes it at the next look. */
  async release(): Promise<void> {
    const held = this.leading ? this.seen?.lease.metadata.resourceVersion : undefined;
    this.endLeading();
    if (held === undefined) return;
    const body = { spec: { holderIdentity: null, leaseDurationSeconds: 1, renewTime: this.microTime() } };
    await this.options.kube.patch(this.ref, body, { resourceVersion: held }).catch((error: unknown) => {
      this.options.log.warn('lease not released; it ends by itself', { lease: this.options.name, error });
    });
  }

  private async look(signal: AbortSignal): Promise<void> {
    const { kube, clock, identity } = this.options;
    // Time counts from before the request: an answer that comes late must not lengthen our term.
    const askedAt = clock.now();
    const lease = (this.leading ? this.seen?.lease : undefined) ?? (await this.read(signal));
    if (lease === undefined) return this.won(await this.createLease(), askedAt);
    const holder = lease.spec?.holderIdentity;
    if (holder && holder !== identity && !this.isOver(lease)) return this.endLeading();
    const mine = holder === identity;
    const transitions = (lease.spec?.leaseTransitions ?? 0) + (mine ? 0 : 1);
    const { resourceVersion } = lease.metadata;
    const spec = mine ? { renewTime: this.microTime() } : { ...this.freshSpec(), leaseTransitions: transitions };
    this.won(await kube.patch<Lease>(this.ref, { spec }, resourceVersion ? { resourceVersion } : {}), askedAt);
  }

  private async read(signal: AbortSignal): Promise<Lease | undefined> {
    const lease = await this.options.kube.get<Lease>(this.ref, signal);
    const same = lease && lease.metadata.resourceVersion === this.seen?.lease.metadata.resourceVersion;
    if (!same) this.seen = lease && { lease, at: this.options.clock.now() };
    return lease;
  }

  private isOver(lease: Lease): boolean {
    const seconds = lease.spec?.leaseDurationSeconds;
    const ms = seconds ? seconds * 1000 : this.durationMs;
    return this.seen !== undefined && this.options.clock.now() - this.seen.at >= ms;
  }

  private createLease(): Promise<Lease> {
    const { kube, namespace, name } = this.options;
    const metadata = { name, namespace };
    const { apiVersion, kind } = leaseKind;
    return kube.create<Lease>(leaseKind, {
      apiVersion,
      kind,
      metadata,
      spec: { ...this.freshSpec(), leaseTransitions: 0 },
    });
  }

  private freshSpec() {
    const now = this.microTime();
    const leaseDurationSeconds = Math.ceil(this.durationMs / 1000);
    return { holderIdentity: this.options.identity, leaseDurationSeconds, acquireTime: now, renewTime: now };
  }

  private won(lease: Lease, askedAt: number): void {
    const { clock } = this.options;
    this.seen = { lease, at: clock.now() };
    this.leadingUntil = askedAt + this.renewMs;
    this.deadline?.cancel();
    // Timers may fire a moment early by the clock: this one ends the term, whatever the clock says.
    this.deadline = clock.after(Math.max(this.leadingUntil - clock.now(), 0), () => this.endLeading());
    this.tell();
  }

  private endLeading(): void {
    this.leadingUntil = 0;
    this.deadline?.cancel();
    this.tell();
  }

  private tell(): void {
    const { leading } = this;
    if (this.told === leading) return;
    this.told = leading;
    const { log, name } = this.options;
    log.info(leading ? 'lease taken' : 'lease lost or given up', { lease: name });
    for (const listener of this.listeners) {
      try {
        listener(leading);
      } catch (error) {
        log.error('election listener threw', { lease: name, error });
      }
    }
  }

  /** Lease times are microseconds on the wire. */
  private microTime(): string {
    return new Date(this.options.clock.now()).toISOString().replace('Z', '000Z');
  }
}
