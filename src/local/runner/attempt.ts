// One run from its start, or from where an earlier process left it, to its end. Never throws; what it cannot write it leaves to a later start.
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDuration } from '../../function/duration.ts';
import type { Log } from '../../platform/log.ts';
import type { BuildSpec } from './build-object.ts';
import type { Run } from './dialect.ts';
import { failureOf, type Stop } from './failure.ts';
import { noInputs } from './inputs.ts';
import type { RunLog } from './run-log.ts';
import { type RecordPorts, type RunIdentity, RunRecord } from './run-record.ts';
import type { Failure } from './run-status.ts';
import type { Worker } from './work.ts';

export interface AttemptContext extends RecordPorts {
  readonly worker: Worker;
  readonly log: Log;
  /** Where runs have their directories. */
  readonly scratch: string;
  readonly openLog: (identity: RunIdentity) => RunLog;
  /** The runner is closing. */
  readonly closing: AbortSignal;
}

/** As long as Tekton lets a run go that says nothing. */
const defaultTimeout = '1h0m0s';

/** One run in this process. */
export class Attempt {
  private readonly identity: RunIdentity;
  private readonly context: AttemptContext;
  private readonly record: RunRecord;
  private readonly stopping = new AbortController();
  private spec: BuildSpec | undefined;
  private inputs = noInputs;
  private timeout = defaultTimeout;

  constructor(identity: RunIdentity, context: AttemptContext) {
    this.identity = identity;
    this.context = context;
    this.record = new RunRecord(identity, context, context.closing);
    context.closing.addEventListener('abort', () => this.stop('closing'), { once: true });
  }

  get uid(): string {
    return this.identity.uid;
  }

  /** Ends the work; processes that it started are killed. The first reason counts. */
  stop(reason: Stop): void {
    this.stopping.abort(reason);
  }

  /** Resolves when nothing of it runs any more. */
  async run(): Promise<void> {
    try {
      const run = await this.record.read();
      if (run) await this.carry(run);
    } catch (error) {
      if (this.context.closing.aborted) return;
      this.context.log.error('the local runner could not finish a run', { run: this.label, error });
    }
  }

  private get label(): string {
    return `${this.identity.namespace}/${this.identity.name}`;
  }

  private async carry(run: Run): Promise<void> {
    if (run.cancelled) this.stop('cancelled');
    const refusal = this.stopping.signal.aborted ? undefined : await this.prepare(run);
    if (refusal) return this.fail(refusal);
    if (this.stopping.signal.aborted) return this.ended();
    await this.record.write((live, now) => this.context.dialect.started(live, now));
    await this.work(run);
  }

  /** Finds what is to be built; a failure where that cannot be. */
  private async prepare(run: Run): Promise<Failure | undefined> {
    const { kube, dialect } = this.context;
    const found = await this.record.persist(() => dialect.find(run, kube.get.bind(kube)));
    if ('failure' in found) return found.failure;
    this.spec = found.spec;
    this.inputs = found.inputs;
    return undefined;
  }

  private async work(run: Run): Promise<void> {
    const { spec } = this;
    const { dialect } = this.context;
    if (!spec) return;
    const log = this.context.openLog(this.identity);
    const timer = this.limit(run, spec);
    const directory = await mkdtemp(join(this.context.scratch, 'run-'));
    try {
      log.write(run.startTime === undefined ? `run ${this.label} started` : `run ${this.label} taken up again`);
      const result = await this.context.worker.perform({
        spec,
        namespace: this.identity.namespace,
        known: run.known,
        inputs: this.inputs,
        directory,
        signal: this.stopping.signal,
        log,
        fetched: async source => {
          await this.record.write(() => dialect.fetched(source, spec));
        },
      });
      await this.record.write((live, now) => dialect.succeeded(live, { image: spec.output.image, ...result }, now));
    } catch (error) {
      if (this.stopping.signal.aborted) return await this.ended();
      await this.report(error, log);
    } finally {
      timer.cancel();
      await rm(directory, { recursive: true, force: true });
    }
  }

  private async report(error: unknown, log: RunLog): Promise<void> {
    const failure = failureOf(error, this.spec, log.tail(20));
    log.write(`failed: ${failure.details?.message ?? failure.message}`);
    if (failure.details?.reason === 'InternalError') {
      this.context.log.error('the local runner failed', { run: this.label, error });
    }
    await this.fail(failure);
  }

  /** The time runs from the first start, restarts included. */
  private limit(run: Run, spec: BuildSpec) {
    const written = run.timeout ?? spec.timeout;
    const ms = written === undefined ? undefined : parseDuration(written);
    if (written !== undefined && ms !== undefined && ms > 0) this.timeout = written;
    const startedAt = Date.parse(run.startTime ?? '') || this.context.clock.now();
    const left = startedAt + (parseDuration(this.timeout) ?? 0) - this.context.clock.now();
    return this.context.clock.after(Math.max(left, 1), () => this.stop('timeout'));
  }

  private async ended(): Promise<void> {
    const stop: Stop = this.stopping.signal.reason;
    if (stop === 'gone' || stop === 'closing') return;
    await this.fail(this.context.dialect.stopped(stop, this.identity.name, this.timeout));
  }

  private async fail(failure: Failure): Promise<void> {
    await this.record.write((run, now) => this.context.dialect.failed(run, failure, now));
  }
}
