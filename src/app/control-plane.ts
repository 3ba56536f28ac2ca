// Puts the parts together: workers that poll and reconcile, and the leader where this process holds the Lease. No rule lives here.
import { backends } from '../build/backends.ts';
import { defaultPolicy } from '../decide/facts.ts';
import type { Clock } from '../platform/clock.ts';
import type { Http } from '../platform/http/http.ts';
import { recordEvent } from '../platform/kube/events.ts';
import type { Kube } from '../platform/kube/kube.ts';
import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { Queue } from '../platform/queue/queue.ts';
import type { State } from '../platform/state/state.ts';
import { createReconciler } from '../reconcile/function.ts';
import { startLeader } from '../reconcile/leader/leader.ts';
import { Leadership } from '../reconcile/leader/leadership.ts';
import { SlotOffice } from '../reconcile/slots/office.ts';
import type { SlotLimits } from '../reconcile/slots/slots.ts';
import { createCredentials } from '../revision/credential.ts';
import { createDetector } from '../revision/detect.ts';
import { loadInstallKey } from '../revision/install-key.ts';
import { Workers } from './workers.ts';

export interface ControlPlaneOptions {
  readonly kube: Kube;
  readonly queue: Queue;
  readonly state: State;
  readonly http: Http;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly settings: Settings;
}

export interface Settings {
  /** revflow's own namespace: its Lease and its install key. */
  readonly namespace: string;
  /** Names this process in Leases and Events; no two may share it. */
  readonly identity: string;
  /** `companion`: only the watching, beside an installed OpenFunction. */
  readonly mode: 'full' | 'companion';
  /** Where Functions are looked for; undefined: everywhere. */
  readonly namespaces: readonly string[] | undefined;
  /** Floor of all polling intervals, milliseconds. */
  readonly minIntervalMs: number;
  /** How often Builders that grow too old are looked for; absent: at every beat of the leader. */
  readonly builderCheckMs?: number;
  readonly slots: SlotLimits;
  /** Refuse credentials whose Secret does not say where they may be sent. */
  readonly requireCredentialHosts: boolean;
  /** Watch the Secrets with the label `openfunction.io/watch`. */
  readonly watchSecrets: boolean;
  /** Sources polled, and Functions reconciled, at once in this process. */
  readonly polls: number;
  readonly reconciles: number;
  /** Lead without a Lease: this process is the only one (local mode). */
  readonly alone: boolean;
}

/** What `/readyz` and `/livez` look at. */
export interface Health {
  /** The leader of this process has listed everything; also true for a worker that does not lead. */
  readonly ready: boolean;
  /** Keys that are due were handled lately. */
  readonly live: boolean;
}

/** A control plane at work. Disposing it lets what runs finish. */
export interface ControlPlane extends AsyncDisposable {
  /** Resolves when this process has handed every source to the workers; pending while another process leads. */
  readonly leading: Promise<void>;
  health(): Promise<Health>;
}

/** Starts working, and leading when it is this process's turn. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { kube, queue, clock, settings } = options;
  const installKey = await loadInstallKey(kube, settings.namespace);
  const credentials = createCredentials({ kube, installKey, clock, requireHosts: settings.requireCredentialHosts });
  const office = settings.mode === 'full' ? new SlotOffice({ ...options, limits: settings.slots }) : undefined;
  const detector = createDetector({ ...options, credentials, minIntervalMs: settings.minIntervalMs });
  const reporter = { clock, log: options.log, instance: settings.identity };
  const reconciler = createReconciler({
    ...options,
    credentials,
    slots: office ?? { take: async () => 'wait' },
    policy: defaultPolicy,
    mode: settings.mode,
    events: input => recordEvent(kube, input, reporter),
  });
  const workers = new Workers({
    ...options,
    jobs: [
      { queue: 'source', handler: detector, concurrency: settings.polls },
      { queue: 'function', handler: reconciler, concurrency: settings.reconciles },
    ],
  });
  const leadership = new Leadership({ ...options, ...settings }, () =>
    workers.under(startLeader({ ...options, ...settings, credentials, backends, slots: office })),
  );
  leadership.start();
  return {
    leading: leadership.ready,
    async health() {
      return { ready: leadership.settled && queue.healthy(), live: await workers.live() };
    },
    async [Symbol.asyncDispose]() {
      // The Lease is given back at once: the next leader need not wait for what still runs here.
      await Promise.all([leadership.stop(), workers.close()]);
    },
  };
}
