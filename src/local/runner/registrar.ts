// Registers Builds: writes into their status whether they can work, as often as their spec changes.
import { kinds } from '../../function/kinds.ts';
import type { Clock } from '../../platform/clock.ts';
import { type Kube, KubeError, type KubeObject } from '../../platform/kube/kube.ts';
import type { Log } from '../../platform/log.ts';
import { readBuildSpec } from './build-object.ts';
import { judgeBuild } from './registration.ts';

export interface RegistrarPorts {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Log;
}

const againMs = 1_000;

/** The registrar of all Builds. */
export class Registrar {
  private readonly ports: RegistrarPorts;
  private readonly closing: AbortSignal;
  private readonly writing = new Set<Promise<void>>();

  constructor(ports: RegistrarPorts, closing: AbortSignal) {
    this.ports = ports;
    this.closing = closing;
  }

  /** Takes note of a Build; never throws. */
  changed(build: KubeObject): void {
    const judged = judgeBuild(readBuildSpec(build));
    const written = (build['status'] ?? {}) as Readonly<Record<string, unknown>>;
    if (Object.entries(judged).every(([field, value]) => written[field] === value)) return;
    const done: Promise<void> = this.write(build, judged).finally(() => this.writing.delete(done));
    this.writing.add(done);
  }

  async idle(): Promise<void> {
    await Promise.all(this.writing);
  }

  private async write({ metadata }: KubeObject, status: object): Promise<void> {
    const { namespace = '', name, resourceVersion } = metadata;
    const ref = { kind: kinds.build, namespace, name };
    const options = { subresource: 'status', ...(resourceVersion === undefined ? {} : { resourceVersion }) } as const;
    while (!this.closing.aborted) {
      try {
        await this.ports.kube.patch(ref, { status }, options);
        return;
      } catch (error) {
        // Changed or gone meanwhile: the watch tells what it is now.
        if (error instanceof KubeError && (error.status === 409 || error.status === 404)) return;
        this.ports.log.warn('a Build could not be registered', { build: `${namespace}/${name}`, error });
      }
      await this.ports.clock.sleep(againMs, this.closing).catch(() => {});
    }
  }
}
