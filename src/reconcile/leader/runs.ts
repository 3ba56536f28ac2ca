// The runs of the build engines, and what may refuse them: watched once the cluster serves the engine, looked for again while it does not.
import type { Backend } from '../../build/backend.ts';
import type { Kube } from '../../platform/kube/kube.ts';
import type { Log } from '../../platform/log.ts';
import { type ChildView, registrationsOf, runsOf } from '../kinds.ts';
import { claimOf, type SlotOffice } from '../slots/office.ts';
import { Children } from './children.ts';

/** Of an engine, what is watched. */
export type WatchedBackend = Pick<Backend, 'engine' | 'run' | 'registration'>;

export interface RunsOptions {
  readonly kube: Kube;
  readonly log: Log;
  /** Of each engine the first that the cluster serves is watched. */
  readonly backends: readonly WatchedBackend[];
  /** Where runs are looked for; undefined: everywhere. */
  readonly namespaces: readonly string[] | undefined;
  /** Told of every run that lives or no longer does. */
  readonly slots: SlotOffice;
  /** Something became of a run, or of what stands beside it. */
  readonly changed: (child: ChildView) => void;
  /** Aborted: nothing more is begun. */
  readonly signal: AbortSignal;
}

/** Disposing it ends its informers. */
export class Runs implements AsyncDisposable {
  readonly #options: RunsOptions;
  readonly #engines = new Set<string>();
  readonly #watched: Children[] = [];

  constructor(options: RunsOptions) {
    this.#options = options;
  }

  /** Resolves when all that is watched by now was listed. */
  get synced(): Promise<unknown> {
    return Promise.all(this.#watched.map(children => children.synced));
  }

  /** Begins to watch the engines that the cluster serves by now; one that cannot be told is tried again at the next call. */
  async find(): Promise<void> {
    const { kube, backends, namespaces, log, changed, signal } = this.#options;
    for (const { engine, run, registration } of backends) {
      if (this.#engines.has(engine)) continue;
      try {
        if (!(await kube.serves(run)) || signal.aborted) continue;
        this.#engines.add(engine);
        this.#watched.push(new Children(kube, runsOf(run), this.#events()));
        if (registration === undefined) continue;
        const events = { namespaces, changed, gone: () => {} };
        this.#watched.push(new Children(kube, registrationsOf(registration.kind), events));
      } catch (error) {
        log.warn('cannot tell whether a build engine is there', { kind: run.kind, error });
      }
    }
  }

  #events() {
    const { namespaces, slots, changed } = this.#options;
    const told = (run: ChildView, lives: boolean) => {
      slots.runChanged(claimOf(run), lives);
      changed(run);
    };
    return {
      namespaces,
      changed: (run: ChildView) => told(run, run.ended === undefined),
      gone: (run: ChildView) => told(run, false),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#watched.map(children => children[Symbol.asyncDispose]()));
  }
}
