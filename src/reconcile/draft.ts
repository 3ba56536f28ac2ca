// The status of a Function while a reconcile works on it: what stands on the API server, and what shall stand there.
import { kinds } from '../function/kinds.ts';
import type { FunctionObject } from '../function/schema.ts';
import type { FunctionStatus } from '../function/status.ts';
import type { Kube } from '../platform/kube/kube.ts';
import { mergePatch } from './merge-patch.ts';

/** Members of the status that a step may set; undefined takes a member away. */
export type StatusChange = { readonly [K in keyof FunctionStatus]?: FunctionStatus[K] | undefined };

/** Changes are collected and written as one merge patch, with the version that they were decided on. */
export class Draft {
  readonly #fn: FunctionObject;
  #stored: FunctionStatus;
  #status: FunctionStatus;
  #resourceVersion: string | undefined;

  constructor(fn: FunctionObject) {
    this.#fn = fn;
    this.#stored = fn.status ?? {};
    this.#status = this.#stored;
    this.#resourceVersion = fn.metadata.resourceVersion;
  }

  /** As it shall stand. */
  get status(): FunctionStatus {
    return this.#status;
  }

  set(change: StatusChange): void {
    this.#status = withoutAbsent<FunctionStatus>({ ...this.#status, ...change });
  }

  /** The next free sequence; it is used when it is written. */
  get nextSequence(): number {
    const { sequence = 0, build, serving } = this.#status;
    return Math.max(sequence, build?.sequence ?? 0, serving?.sequence ?? 0) + 1;
  }

  /** Writes what differs; false when nothing does. KubeError Conflict when the Function changed since it was read. */
  async write(kube: Kube): Promise<boolean> {
    const patch = mergePatch(this.#stored, this.#status);
    if (patch === undefined) return false;
    const { namespace, name } = this.#fn.metadata;
    const options = {
      subresource: 'status',
      ...(this.#resourceVersion === undefined ? {} : { resourceVersion: this.#resourceVersion }),
    } as const;
    const written = await kube.patch({ kind: kinds.function, namespace, name }, { status: patch }, options);
    this.#stored = this.#status;
    this.#resourceVersion = written.metadata.resourceVersion;
    return true;
  }
}

/** A copy without members that are undefined. */
export function withoutAbsent<T extends object>(value: { readonly [K in keyof T]?: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}
