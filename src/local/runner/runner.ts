// Plays Shipwright and Tekton where there is none: registers Builds, and carries runs out. For local mode only.

import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { kinds } from '../../function/kinds.ts';
import type { Kube, KubeObject } from '../../platform/kube/kube.ts';
import type { Log } from '../../platform/log.ts';
import { Attempt, type AttemptContext } from './attempt.ts';
import { buildRuns } from './build-runs.ts';
import type { RunDialect } from './dialect.ts';
import { pipelineRuns } from './pipeline-runs.ts';
import { Registrar } from './registrar.ts';
import { forgetOldLogs, openRunLog, runLogFile } from './run-log.ts';
import type { RunIdentity } from './run-record.ts';
import { Worker, type WorkPorts } from './work.ts';

export interface RunnerOptions extends WorkPorts {
  readonly kube: Kube;
  readonly log: Log;
  /** Where checkouts lie while a run goes; emptied at the start. */
  readonly scratchDirectory: string;
  /** Where the logs of runs are kept, as `<namespace>/<run>.log`: longer than the runs, which are pruned soon. */
  readonly logsDirectory: string;
  /** Runs at a time; default: twice the processors, for they mostly wait. */
  readonly concurrency?: number;
}

/** What is kept of a run in memory. */
interface Seen extends RunIdentity {
  readonly dialect: RunDialect;
  readonly finished: boolean;
  /** Somebody deleted it, and a finalizer still holds it. */
  readonly deleting: boolean;
  readonly cancelled: boolean;
}

/** Engines whose runs it carries out. */
const dialects: readonly RunDialect[] = [buildRuns, pipelineRuns];

/**
 * Starts it; runs that an earlier process left unfinished are taken up again. Disposing kills what runs and leaves it to the next
 * start.
 */
export async function startRunner(options: RunnerOptions): Promise<AsyncDisposable> {
  const closing = new AbortController();
  await rm(options.scratchDirectory, { recursive: true, force: true });
  await mkdir(options.scratchDirectory, { recursive: true, mode: 0o700 });
  await mkdir(options.logsDirectory, { recursive: true, mode: 0o700 });
  await forgetOldLogs(options.logsDirectory, options.clock.now());
  const runner = new Runner(options, closing.signal);
  const registrar = new Registrar(options, closing.signal);
  const builds = options.kube.reflect({
    kind: kinds.build,
    project: (object: KubeObject) => object,
    changed: build => registrar.changed(build),
    gone: () => {},
  });
  const runs = dialects.map(dialect =>
    options.kube.reflect({
      kind: dialect.kind,
      project: object => project(object, dialect),
      changed: run => runner.changed(run),
      gone: run => runner.gone(run),
    }),
  );
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all([builds, ...runs].map(reflector => reflector[Symbol.asyncDispose]()));
      closing.abort();
      await Promise.all([runner.idle(), registrar.idle()]);
    },
  };
}

function project(object: KubeObject, dialect: RunDialect): Seen {
  const { namespace = '', name, uid = '', deletionTimestamp } = object.metadata;
  const run = dialect.read(object);
  const deleting = deletionTimestamp !== undefined;
  const finished = run === undefined || run.finished || run.pending || deleting;
  return { dialect, namespace, name, uid, finished, deleting, cancelled: run?.cancelled ?? false };
}

class Runner {
  private readonly options: RunnerOptions;
  private readonly context: Omit<AttemptContext, 'dialect'>;
  private readonly waiting = new Map<string, Seen>();
  private readonly active = new Map<string, { readonly attempt: Attempt; readonly done: Promise<void> }>();

  constructor(options: RunnerOptions, closing: AbortSignal) {
    this.options = options;
    const { kube, clock, log } = options;
    this.context = {
      kube,
      clock,
      log,
      worker: new Worker(options),
      scratch: options.scratchDirectory,
      openLog: ({ namespace, name }) => openRunLog(runLogFile(options.logsDirectory, namespace, name), clock),
      closing,
    };
  }

  changed(run: Seen): void {
    const active = this.active.get(run.uid);
    if (active) {
      if (run.deleting) active.attempt.stop('gone');
      else if (run.cancelled) active.attempt.stop('cancelled');
      return;
    }
    if (run.finished) return void this.waiting.delete(run.uid);
    this.waiting.set(run.uid, run);
    this.next();
  }

  gone(run: Seen): void {
    this.waiting.delete(run.uid);
    this.active.get(run.uid)?.attempt.stop('gone');
  }

  async idle(): Promise<void> {
    this.waiting.clear();
    await Promise.all([...this.active.values()].map(({ done }) => done));
  }

  private next(): void {
    const most = this.options.concurrency ?? availableParallelism() * 2;
    for (const [uid, run] of this.waiting) {
      if (this.active.size >= most || this.context.closing.aborted) return;
      this.waiting.delete(uid);
      const attempt = new Attempt(run, { ...this.context, dialect: run.dialect });
      const done = attempt.run().finally(() => {
        this.active.delete(uid);
        this.next();
      });
      this.active.set(uid, { attempt, done });
    }
  }
}
