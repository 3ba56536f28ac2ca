// One run at the API server: read live, its status written only while it is the same run and not finished.
import type { Clock } from '../../platform/clock.ts';
import { type Kube, KubeError, type Ref } from '../../platform/kube/kube.ts';
import type { Run, RunDialect } from './dialect.ts';

export interface RunIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface RecordPorts {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly dialect: RunDialect;
}

const firstBackoffMs = 250;
const longestBackoffMs = 10_000;

/** The record of one run. What the API server cannot answer now is asked again until it does, or until the runner closes. */
export class RunRecord {
  readonly identity: RunIdentity;
  private readonly ports: RecordPorts;
  private readonly signal: AbortSignal;

  /** `signal` ends what waits for an API server that is away. */
  constructor(identity: RunIdentity, ports: RecordPorts, signal: AbortSignal) {
    this.identity = identity;
    this.ports = ports;
    this.signal = signal;
  }

  /** The run as it stands; undefined when it is finished, gone, going, or another one. */
  async read(): Promise<Run | undefined> {
    return this.live();
  }

  /** Merges a patch into the status. False where there is nothing left to write to. */
  async write(patchOf: (run: Run, now: string) => object): Promise<boolean> {
    return this.persist(async () => {
      const run = await this.live();
      if (!run) return false;
      const now = new Date(this.ports.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
      const { resourceVersion } = run.object.metadata;
      const options = { subresource: 'status', ...(resourceVersion === undefined ? {} : { resourceVersion }) } as const;
      await this.ports.kube.patch(this.ref(), { status: patchOf(run, now) }, options);
      return true;
    });
  }

  /** Any question to the API server, asked until it is answered. A refusal for good (4xx) is thrown. */
  async persist<T>(action: () => Promise<T>): Promise<T> {
    for (let failures = 0; ; failures += 1) {
      try {
        return await action();
      } catch (error) {
        this.signal.throwIfAborted();
        if (!(error instanceof KubeError) || isForGood(error)) throw error;
      }
      await this.ports.clock.sleep(Math.min(firstBackoffMs * 2 ** failures, longestBackoffMs), this.signal);
    }
  }

  private async live(): Promise<Run | undefined> {
    const object = await this.persist(() => this.ports.kube.get(this.ref()));
    if (object?.metadata.uid !== this.identity.uid || object.metadata.deletionTimestamp !== undefined) return undefined;
    const run = this.ports.dialect.read(object);
    return run?.finished === false ? run : undefined;
  }

  private ref(): Ref {
    return { kind: this.ports.dialect.kind, namespace: this.identity.namespace, name: this.identity.name };
  }
}

/** A conflict means that somebody wrote in between: read again. NotFound means that it went: the next read says so. */
function isForGood(error: KubeError): boolean {
  return error.status === 400 || error.status === 403 || error.status === 422;
}
