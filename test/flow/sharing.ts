// Several Functions of one namespace that may share runs: a world for each, and an office of slots that counts the runs that are there.
import { expect } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import { runsOf, viewChild } from '../../src/reconcile/kinds.ts';
import type { Answer, Claim, Slots } from '../../src/reconcile/slots/claim.ts';
import { claimOf } from '../../src/reconcile/slots/office.ts';
import { SlotKeeper, type SlotLimits } from '../../src/reconcile/slots/slots.ts';
import type { TestCluster } from '../servers/api-server.ts';
import { createWorld, digest, gitSpec, shaA, type World, watching } from './world.ts';

export interface Sharing {
  readonly namespace: string;
  /** One for each name. */
  readonly worlds: readonly World[];
  /** Every claim that was made. */
  readonly claims: readonly Claim[];
  /** All runs of all engines, in the order of their names. */
  runs(): Promise<readonly KubeObject[]>;
  /** Forgets what was granted, as another leader would. */
  changeLeader(): void;
}

export interface SharingOptions {
  readonly limits?: SlotLimits;
  readonly namespace?: string;
  /** The cluster has the kinds of Tekton too. */
  readonly tekton?: boolean;
}

/** Worlds whose Functions have these names. */
export async function createSharing(
  cluster: TestCluster,
  names: readonly string[],
  { limits = { cluster: 50, namespace: Infinity }, tekton = false, ...options }: SharingOptions = {},
): Promise<Sharing> {
  const namespace = options.namespace ?? (await cluster.namespace());
  const runKinds = tekton ? [kinds.buildRun, kinds.pipelineRun] : [kinds.buildRun];
  const claims: Claim[] = [];
  let keeper = new SlotKeeper(limits);
  let known: readonly Claim[] = [];
  const runs = async () => {
    const lists = await Promise.all(runKinds.map(kind => cluster.kube.list(kind, { namespace })));
    return lists.flat().toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  };
  const count = async () => {
    const views = (await runs()).map(run => viewChild(runsOf(kinds.buildRun), run));
    const live = views.filter(view => view.ended === undefined).map(claimOf);
    for (const run of live) keeper.runLives(run);
    for (const run of known) if (!live.some(({ builder }) => builder === run.builder)) keeper.runEnded(run);
    known = live;
  };
  const office: Slots = {
    async take(claim): Promise<Answer> {
      claims.push(claim);
      await count();
      const answer = keeper.take(claim, 0);
      const later = keeper.grantNext(0).find(each => each.claim.uid === claim.uid);
      return later?.answer ?? answer;
    },
  };
  const worlds = await Promise.all(names.map(name => createWorld(cluster, { name, namespace, office })));
  return {
    namespace,
    worlds,
    claims,
    runs,
    changeLeader() {
      keeper = new SlotKeeper(limits);
      known = [];
    },
  };
}

/** Functions that watch the same branch, at shaA. */
export async function begin(sharing: Sharing, annotations: Record<string, string> = {}): Promise<readonly World[]> {
  for (const world of sharing.worlds) {
    await world.create(gitSpec, { ...watching(), ...annotations });
    await world.observe(shaA);
    await world.reconcile();
  }
  return sharing.worlds;
}

export async function twoSharers(
  cluster: TestCluster,
): Promise<{ readonly sharing: Sharing; readonly first: World; readonly other: World }> {
  const sharing = await createSharing(cluster, ['first', 'other']);
  const [first, other] = await begin(sharing);
  if (!first || !other) throw new Error('there are two worlds');
  return { sharing, first, other };
}

export const buildOf = async (world: World) => (await world.read()).status?.build ?? {};
export const builderOf = async (world: World) => {
  const name = (await buildOf(world)).resourceRef ?? '';
  return world.kube.get({ kind: kinds.builder, namespace: world.namespace, name });
};
/** All that a Function has, oldest first. */
export const buildersOf = async (world: World) => {
  const { uid } = (await world.read()).metadata;
  const all = (await world.all(kinds.builder)).filter(
    ({ metadata: { labels } }) => labels?.['openfunction.io/function-uid'] === uid,
  );
  return all.toSorted((x, y) => sequenceOf(x) - sequenceOf(y));
};
const sequenceOf = ({ metadata }: KubeObject) => Number(metadata.labels?.['openfunction.io/sequence']);
export const onlyRun = async (sharing: Sharing): Promise<KubeObject> => {
  const [run, ...others] = await sharing.runs();
  expect(others).toEqual([]);
  if (run === undefined) throw new Error('there is no run');
  return run;
};
export const liveRuns = async (sharing: Sharing) =>
  (await sharing.runs()).filter(run => Reflect.get(Object(run['status']), 'completionTime') === undefined);
export const isCancelled = (run: KubeObject | undefined) =>
  Reflect.get(Object(run?.['spec']), 'state') === 'BuildRunCanceled' ||
  Reflect.get(Object(run?.['spec']), 'status') === 'Cancelled';

export async function succeed(world: World, run: KubeObject, commit = shaA, built = digest(1)): Promise<void> {
  if (run['kind'] !== 'PipelineRun') return world.shipwright.succeed(run, { digest: built, commit });
  const completionTime = new Date(Date.parse(run.metadata.creationTimestamp ?? '') + 60_000).toISOString();
  const results = [
    { name: 'CHAINS-GIT_COMMIT', value: commit },
    { name: 'commit-author', value: 'A. Author' },
    { name: 'IMAGE_DIGEST', value: built },
    { name: 'image-size', value: '1000' },
  ];
  const condition = { type: 'Succeeded', status: 'True', reason: 'Succeeded', lastTransitionTime: completionTime };
  const ref = { kind: kinds.pipelineRun, namespace: world.namespace, name: run.metadata.name };
  const status = { conditions: [{ ...condition, message: 'done' }], completionTime, results };
  await world.kube.patch(ref, { status }, { subresource: 'status' });
}
