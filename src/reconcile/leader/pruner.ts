// Deletes the children that are no longer wanted, and records in the Function what it took away.
import { kinds } from '../../function/kinds.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Kind, Kube } from '../../platform/kube/kube.ts';
import { KubeError } from '../../platform/kube/kube.ts';
import type { Log } from '../../platform/log.ts';
import { builders as builderKind, type ChildView, viewChild } from '../kinds.ts';
import type { Children } from './children.ts';
import { type FunctionView, viewFunction } from './function-view.ts';
import type { Functions } from './functions.ts';
import { type Latest, latestByKey } from './latest.ts';
import { abandonedBuilders, surplusBuilders, surplusServings } from './prune.ts';

export interface PrunerOptions {
  readonly kube: Kube;
  readonly functions: Functions;
  readonly builders: Children;
  readonly servings: Children;
  /** Whether other Functions still wait for what the run of a Builder builds; it is kept until they have it. Absent: never. */
  readonly isFollowed?: (builder: ChildView) => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

const concurrency = 8;
const retryMs = 10_000;

/** The leader's pruning; keys are UIDs of Functions. */
export class Pruner implements AsyncDisposable {
  readonly #options: PrunerOptions;
  readonly #work: Latest;

  constructor(options: PrunerOptions) {
    this.#options = options;
    this.#work = latestByKey(concurrency, uid => this.#prune(uid));
  }

  /** Something about this Function or its children changed. */
  touch(functionUid: string): void {
    this.#work.touch(functionUid);
  }

  /** Looks at all Functions whose Builders grow too old. */
  sweep(): void {
    for (const view of this.#options.functions.values()) if (view.history.maxAgeMs > 0) this.touch(view.uid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#work.close();
  }

  async #prune(uid: string): Promise<void> {
    const { functions, builders, servings, isFollowed, clock, log } = this.#options;
    // Children of a Function that is gone belong to the garbage collector.
    const view = functions.withUid(uid);
    if (view === undefined) return;
    try {
      for (const builder of surplusBuilders(builders.of(uid), view, clock.now()))
        if (!isFollowed?.(builder)) await this.#removeBuilder(view, builder);
      for (const builder of abandonedBuilders(builders.of(uid), view)) await this.#stopBuilder(view, builder);
      for (const serving of surplusServings(servings.of(uid), view)) await this.#remove(kinds.serving, serving);
    } catch (error) {
      if (!(error instanceof KubeError)) log.error('pruning failed', { function: view.key, error });
      clock.after(retryMs, () => this.touch(uid));
    }
  }

  /** A deleted Builder of a failed build asks for another try, unless the status says that we took it away. */
  async #removeBuilder(view: FunctionView, builder: ChildView): Promise<void> {
    if (builder.name === view.builder && builder.ended === 'failed') {
      const ref = { kind: kinds.function, namespace: view.namespace, name: view.name };
      const options = { subresource: 'status', resourceVersion: view.resourceVersion } as const;
      await this.#options.kube.patch(ref, { status: { build: { pruned: true } } }, options);
    }
    await this.#remove(kinds.builder, builder);
  }

  /** Its run goes with it, which stops it. Both are read again: what the cache holds may be newer than an API server that came back. */
  async #stopBuilder({ namespace, name: functionName }: FunctionView, builder: ChildView): Promise<void> {
    const { kube } = this.#options;
    const { name } = builder;
    const fn = await kube.get({ kind: kinds.function, namespace, name: functionName });
    const found = await kube.get({ kind: kinds.builder, namespace, name });
    if (fn === undefined || found === undefined) return;
    const children = [viewChild(builderKind, found)].filter(({ uid }) => uid === builder.uid);
    for (const child of abandonedBuilders(children, viewFunction(fn))) await this.#remove(kinds.builder, child);
  }

  async #remove(kind: Kind, child: ChildView): Promise<void> {
    const { kube, log, builders, servings } = this.#options;
    const { namespace, name, uid } = child;
    const removed = await kube.remove({ kind, namespace, name }, { uid, propagationPolicy: 'Background' });
    (kind === kinds.builder ? builders : servings).drop(child);
    if (removed) log.debug('removed', { kind: kind.kind, namespace, name });
  }
}
