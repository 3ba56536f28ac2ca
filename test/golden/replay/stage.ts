// The cluster in which a case is replayed: its Functions reconciled and pruned until nothing more happens, Shipwright and the users
// played from outside.
import { kinds } from '../../../src/function/kinds.ts';
import { type Kind, KubeError, type KubeObject } from '../../../src/platform/kube/kube.ts';
import { builders, servings } from '../../../src/reconcile/kinds.ts';
import { Children } from '../../../src/reconcile/leader/children.ts';
import { Functions } from '../../../src/reconcile/leader/functions.ts';
import { Pruner } from '../../../src/reconcile/leader/pruner.ts';
import { mergePatch } from '../../../src/reconcile/merge-patch.ts';
import { eventually } from '../../eventually.ts';
import { createWorld, type World } from '../../flow/world.ts';
import { silentLog, type TestCluster } from '../../servers/api-server.ts';
import { Chronicle } from './chronicle.ts';
import { cancelledStatus, hasEnded } from './ends.ts';
import { fieldOf, isPlain } from './field.ts';

/** What a case may bring besides its Functions. */
const companions: readonly Kind[] = [
  kinds.secret,
  kinds.serving,
  { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' },
];

/** More rounds than any case needs. */
const mostRounds = 20;

export class Stage {
  readonly cluster: TestCluster;
  readonly namespace: string;
  readonly worlds: ReadonlyMap<string, World>;
  readonly #chronicle: Chronicle;

  private constructor(cluster: TestCluster, namespace: string, worlds: ReadonlyMap<string, World>) {
    this.cluster = cluster;
    this.namespace = namespace;
    this.worlds = worlds;
    this.#chronicle = new Chronicle(cluster.kube, namespace);
  }

  /** A namespace for Functions of these names; nothing is applied yet. */
  static async open(cluster: TestCluster, names: readonly string[]): Promise<Stage> {
    const namespace = await cluster.namespace();
    const worlds = new Map<string, World>();
    for (const name of names) worlds.set(name, await createWorld(cluster, { name, namespace }));
    const stage = new Stage(cluster, namespace, worlds);
    await stage.#chronicle.synced;
    return stage;
  }

  /** What was told of builds up to now, by object; nothing is told any more. */
  async close(): Promise<ReadonlyMap<string, readonly string[]>> {
    await using chronicle = this.#chronicle;
    return await chronicle.until([...(await this.all(kinds.function)), ...(await this.all(kinds.builder))]);
  }

  /** Applies an object; kinds that no part of a build reads are left out. Throws a KubeError when it is refused. */
  async apply(object: KubeObject): Promise<void> {
    const kind = [kinds.function, ...companions].find(each => each.kind === object.kind);
    if (kind === undefined) return;
    await this.cluster.kube.create(kind, { ...object, metadata: { ...object.metadata, namespace: this.namespace } });
  }

  /** All objects of a kind, oldest first. */
  async all(kind: Kind): Promise<readonly KubeObject[]> {
    const found = await this.cluster.kube.list(kind, { namespace: this.namespace });
    return found.toSorted((a, b) => sequenceOf(a) - sequenceOf(b));
  }

  read(kind: Kind, name: string): Promise<KubeObject | undefined> {
    return this.cluster.kube.get({ kind, namespace: this.namespace, name });
  }

  /** Changes the spec of a Function as a user would. */
  async edit(name: string, change: (object: unknown) => unknown): Promise<void> {
    const old = await this.read(kinds.function, name);
    if (old === undefined) throw new Error(`there is no Function ${name} to edit`);
    const patch = mergePatch({ spec: old['spec'] }, { spec: fieldOf(change(old), ['spec']) });
    if (patch) await this.cluster.kube.patch({ kind: kinds.function, namespace: this.namespace, name }, patch);
  }

  async writeStatus(kind: Kind, name: string, status: object): Promise<void> {
    const ref = { kind, namespace: this.namespace, name };
    await this.cluster.kube.patch(ref, { status }, { subresource: 'status' });
  }

  async remove(kind: Kind, name: string): Promise<void> {
    await this.#removeOne(kind, name);
    await this.#untilCollected();
  }

  advance(ms: number): void {
    for (const world of this.worlds.values()) world.clock.advance(ms);
  }

  get now(): number {
    return [...this.worlds.values()][0]?.clock.now() ?? 0;
  }

  /** Reconciles, prunes and lets Shipwright answer until all is at rest. */
  async settle(): Promise<void> {
    for (let round = 0; round < mostRounds; round += 1) {
      for (const world of this.worlds.values()) await world.reconcile();
      const answered = await this.#answer();
      const removed = await this.#prune();
      if (!answered && !removed) return;
    }
    throw new Error(`the Functions of ${this.namespace} do not come to rest`);
  }

  /** Shipwright looks at what is new, and stops what is asked to stop; whether a run has ended so. */
  async #answer(): Promise<boolean> {
    const [builds, runs] = await Promise.all([this.all(kinds.build), this.all(kinds.buildRun)]);
    for (const build of builds) {
      if (build['status'] !== undefined) continue;
      const status = { registered: 'True', reason: 'Succeeded', message: 'all validations succeeded' };
      await this.writeStatus(kinds.build, build.metadata.name, status);
    }
    const asked = runs.filter(run => fieldOf(run, ['spec', 'state']) === 'BuildRunCanceled' && !hasEnded(run));
    for (const run of asked) await this.writeStatus(kinds.buildRun, run.metadata.name, cancelledStatus(this.now));
    return asked.length > 0;
  }

  /** What the leader removes; whether it removed something. */
  async #prune(): Promise<boolean> {
    const before = await this.#children();
    // A first child that has not ended is nobody's surplus.
    const isYoung = before.length < 2 && before.every(child => fieldOf(child, ['status', 'reason']) === undefined);
    const [clock] = [...this.worlds.values()].map(world => world.clock);
    if (isYoung || clock === undefined) return false;
    const { kube } = this.cluster;
    const nothing = { namespaces: [this.namespace], changed() {}, gone() {} };
    await using functions = new Functions(kube, nothing);
    await using builderIndex = new Children(kube, builders, nothing);
    await using servingIndex = new Children(kube, servings, nothing);
    await Promise.all([functions.synced, builderIndex.synced, servingIndex.synced]);
    const indexes = { functions, builders: builderIndex, servings: servingIndex };
    await using pruner = new Pruner({ kube, ...indexes, clock, log: silentLog });
    for (const view of functions.values()) pruner.touch(view.uid);
    await pruner[Symbol.asyncDispose]();
    const isLess = (await this.#children()).length < before.length;
    if (isLess) await this.#untilCollected();
    return isLess;
  }

  async #children(): Promise<readonly KubeObject[]> {
    return (await Promise.all([this.all(kinds.builder), this.all(kinds.serving)])).flat();
  }

  /** Garbage collection by owner takes its own time; a real API server alone has none, and it is played. */
  async #untilCollected(): Promise<void> {
    await eventually(`orphans of ${this.namespace} are collected`, async () => {
      const orphans = await this.#orphans();
      if (this.cluster.isReal) for (const [kind, { metadata }] of orphans) await this.#removeOne(kind, metadata.name);
      return orphans.length === 0;
    });
  }

  async #orphans(): Promise<readonly (readonly [Kind, KubeObject])[]> {
    const some = [kinds.function, kinds.builder, kinds.serving, kinds.build, kinds.buildRun];
    const lists = await Promise.all(
      some.map(async kind => (await this.all(kind)).map(object => [kind, object] as const)),
    );
    const all = lists.flat();
    const uids = new Set(all.map(([, { metadata }]) => metadata.uid));
    return all.filter(([, { metadata }]) => metadata.ownerReferences?.some(owner => !uids.has(owner.uid)));
  }

  async #removeOne(kind: Kind, name: string): Promise<void> {
    await this.cluster.kube.remove({ kind, namespace: this.namespace, name });
  }
}

/** Why the API server does not take an object; undefined for any other error. */
export function refusalOf(error: unknown): string | undefined {
  return error instanceof KubeError && error.status >= 400 && error.status < 500 ? error.message : undefined;
}

function sequenceOf({ metadata }: KubeObject): number {
  return Number(metadata.labels?.['openfunction.io/sequence'] ?? 0);
}

/** The status of an object, empty when it has none. */
export function statusOf(object: KubeObject | undefined): Readonly<Record<string, unknown>> {
  const status = object?.['status'];
  return isPlain(status) ? status : {};
}
