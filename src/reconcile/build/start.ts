// The start of a build: the intent is recorded, a slot is taken, then Builder, Build and run are created. Each may be there already.
import type { Backend, Emitted } from '../../build/backend.ts';
import { builderFor, isSameBuilder, runningStatus } from '../../build/builder.ts';
import { buildInputHash, wantedBuilder } from '../../build/plan.ts';
import { belongsTo } from '../../function/child.ts';
import { momentText } from '../../function/conditions.ts';
import { kinds } from '../../function/kinds.ts';
import { builderName } from '../../function/names.ts';
import { type BuilderObject, type FunctionObject, parseBuilder } from '../../function/schema.ts';
import type { BuilderSpec } from '../../function/schema-build.ts';
import type { BuildStatus, WatchStatus } from '../../function/status.ts';
import { RetryableError, TerminalError } from '../../platform/errors.ts';
import { KubeError, type KubeObject } from '../../platform/kube/kube.ts';
import { isAdopted } from '../adopted.ts';
import type { Context, Reading } from '../context.ts';
import { withoutAbsent } from '../draft.ts';
import { type Outcome, waiting } from '../outcome.ts';
import { deadlineOf, writeBuilderStatus } from './end.ts';
import { takeImages } from './images.ts';
import { nameRevision, sayBuild, sayNoSlot } from './said.ts';
import { claimRun, emitShared } from './share.ts';
import { startFailed } from './start-failed.ts';
import { strategyRefusal } from './strategy.ts';

/** A build that is wanted. */
export interface Order {
  readonly backend: Backend;
  /** One word (decide/rule.ts). */
  readonly cause: string;
  /** The id to pin; undefined: as written. */
  readonly revision: string | undefined;
  /** The id attempted before; undefined: none. */
  readonly from: string | undefined;
  /** Runs in a row that were cancelled for newer revisions, that vanished, and that failed in passing, before this one. */
  readonly cancels: number;
  readonly vanished: number;
  readonly retries: number;
  /** The Builder whose run it shared before this one, in vain; absent: none. */
  readonly past?: string | undefined;
  /** Shared runs in a row that failed before this one; absent: none. */
  readonly unshared?: number;
}

/** How soon a waiting intent asks again for a slot when nobody woke it. */
const slotRetryMs = 30_000;
/** Names that something else holds are passed over so many at a time; the next reconcile goes on. */
const mostCollisions = 5;
/** How many sequences after a taken one are looked at. */
const probed = 8;

/** Records a new intent under the next sequence, and acts on it. */
export async function startBuild(context: Context, order: Order): Promise<Outcome> {
  let sequence = context.draft.nextSequence;
  for (let attempt = 0; attempt < mostCollisions; attempt += 1) {
    if ((await recordIntent(context, order, sequence)) === 'wait') return waitForSlot(context);
    const outcome = await createBuild(context, order.backend);
    if (outcome !== 'taken') return outcome;
    sequence = await sequenceAfter(context, sequence);
  }
  return waiting(sayBuild(context.draft.status.build ?? {}), context.now);
}

/** Goes on with an intent whose run does not exist yet. */
export async function continueBuild(context: Context, order: Order): Promise<Outcome> {
  if ((await claimAgain(context, order)) === 'wait') return waitForSlot(context);
  const outcome = await createBuild(context, order.backend);
  return outcome === 'taken' ? startBuild(context, order) : outcome;
}

/** A run is looked for where its intent says; one that is shared is shared to the end. */
async function claimAgain(context: Context, { backend }: Order): Promise<'granted' | 'wait' | 'shared'> {
  const { draft, fn } = context;
  const { build = {} } = draft.status;
  const spec = wantedSpec(fn, build.revision);
  const claimed = build.follows === undefined ? await claimRun(context, { backend, spec }) : 'shared';
  if (claimed === 'wait') return claimed;
  const next: BuildStatus = { ...draft.status.build, engine: backend.engine };
  if (next.engine === build.engine && next.follows === build.follows) return claimed;
  draft.set({ build: next });
  await context.commit(waiting(sayBuild(next)));
  return claimed;
}

async function recordIntent(context: Context, order: Order, sequence: number): Promise<'granted' | 'wait' | 'shared'> {
  const { draft, fn, now, steering } = context;
  const { backend, cause, revision, from, cancels, vanished, retries, past, unshared } = order;
  const build = withoutAbsent<BuildStatus>({
    state: 'Created',
    resourceRef: builderName(fn.metadata.uid, sequence),
    sequence,
    revision,
    inputHash: buildInputHash(wantedSpec(fn, undefined)),
    cause,
    startedAt: momentText(now),
    cancels: cancels || undefined,
    vanished: vanished || undefined,
    retries: retries || undefined,
    engine: backend.engine,
    unshared: unshared || undefined,
  });
  const { lastHandledRebuild } = draft.status;
  draft.set({
    build,
    sequence,
    watch: takeImages(context, leave(context, from, revision)),
    lastHandledRebuild: steering.rebuildRequested ?? lastHandledRebuild,
  });
  const claimed = await claimRun(context, { backend, spec: wantedSpec(fn, revision), past });
  await context.commit(waiting(claimed === 'wait' ? sayNoSlot(build) : sayBuild(draft.status.build ?? build)));
  return claimed;
}

/**
 * The sequence after one that is taken: the status is older than the children (a backup came back). The same build under a later
 * sequence is taken up again; otherwise the first sequence after all that are found near by.
 */
async function sequenceAfter({ options, fn, draft }: Context, taken: number): Promise<number> {
  const { namespace, uid } = fn.metadata;
  const spec = wantedSpec(fn, draft.status.build?.revision);
  const near = Array.from({ length: probed }, (_, at) => taken + 1 + at);
  const found = await Promise.all(
    near.map(async sequence => {
      const attempt = { name: builderName(uid, sequence), sequence };
      const parsed = parseBuilder(await options.kube.get({ kind: kinds.builder, namespace, name: attempt.name }));
      if (!('ok' in parsed)) return { sequence, there: false, same: false };
      return { sequence, there: true, same: isSameBuilder(parsed.ok, { fn, attempt, spec }) };
    }),
  );
  const same = found.findLast(entry => entry.same);
  return same?.sequence ?? (found.findLast(entry => entry.there)?.sequence ?? taken) + 1;
}

/** A build was decided on, so there is something to build. */
function wantedSpec(fn: FunctionObject, revision: string | undefined): BuilderSpec {
  const spec = wantedBuilder(fn, revision);
  if (spec === undefined) throw new TypeError(`${fn.metadata.name} has no spec.build`);
  return spec;
}

/** Notes that one id was left for another, and that nothing is awaited any more. Old notes go with the next one. */
export function leave(
  { draft, now, options, findings }: Reading,
  from: string | undefined,
  to: string | undefined,
): WatchStatus | undefined {
  const { watch, build } = draft.status;
  if (watch === undefined) return undefined;
  const recent = (watch.left ?? []).filter(entry => now - Date.parse(entry.at) < options.policy.rollbackMs);
  const others = recent.filter(entry => entry.id !== to && entry.id !== from);
  const left =
    from === undefined || to === undefined || from === to ? recent : [...others, { id: from, at: momentText(now) }];
  const same = to !== undefined && to === build?.revision ? watch.paths : undefined;
  const paths = to !== undefined && findings.watch?.facts.head?.id === to ? findings.watch.headPaths : same;
  return withoutAbsent<WatchStatus>({
    ...watch,
    awaitingSince: undefined,
    paths,
    left: left.length === 0 ? undefined : left,
  });
}

function waitForSlot({ draft, now }: Context): Outcome {
  return waiting(sayNoSlot(draft.status.build ?? {}), now + slotRetryMs);
}

/** Creates what the recorded intent is for. `taken`: something else has a name that it needs. */
async function createBuild(context: Context, backend: Backend): Promise<Outcome | 'taken'> {
  const { draft } = context;
  const { follows } = draft.status.build ?? {};
  let builder: BuilderObject | 'taken' | undefined;
  try {
    const refusing = strategyRefusal(context, backend, wantedSpec(context.fn, draft.status.build?.revision));
    const [created, refusal] = await Promise.all([createBuilder(context), refusing]);
    builder = created;
    if (builder === 'taken') return 'taken';
    if (refusal !== undefined) throw new TerminalError('BuildStartFailed', refusal);
    const emitted = follows === undefined ? emitShared(context, backend, builder) : [];
    for (const each of emitted) await createChild(context, each, builder);
  } catch (error) {
    return startFailed(context, { backend, builder: builder === 'taken' ? undefined : builder, error });
  }
  await writeBuilderStatus(
    context,
    builder,
    runningStatus(backend.resourceRef(follows?.builder ?? builder.metadata.name)),
  );
  const build = withoutAbsent<BuildStatus>({ ...draft.status.build, state: 'Building', failures: undefined });
  draft.set({ build });
  measure(context);
  // What is shared may have ended by now.
  return waiting(sayBuild(build), follows === undefined ? deadlineOf(builder) : context.now);
}

async function createBuilder({ options, fn, draft }: Context): Promise<BuilderObject | 'taken'> {
  const { resourceRef: name = '', sequence = 0, revision } = draft.status.build ?? {};
  const spec = wantedSpec(fn, revision);
  const attempt = { name, sequence };
  const created = await createOrGet(options.kube, { kind: kinds.builder, object: builderFor(fn, attempt, spec) });
  const parsed = parseBuilder(created);
  if (!('ok' in parsed)) return 'taken';
  // One that OpenFunction made and did not come to start is as good as our own: what it asks for is built, and nothing beside it.
  const isOurs = isAdopted(draft.status.build)
    ? belongsTo(created, fn.metadata.uid)
    : isSameBuilder(parsed.ok, { fn, attempt, spec });
  return isOurs ? parsed.ok : 'taken';
}

async function createChild({ options }: Context, emitted: Emitted, builder: BuilderObject): Promise<void> {
  const object = await createOrGet(options.kube, emitted);
  if (belongsTo(object, builder.metadata.uid)) return;
  const { kind, metadata } = object;
  throw new RetryableError(
    'NameTaken',
    `${kind} ${metadata.name} exists and is not of Builder ${builder.metadata.name}`,
  );
}

/** The object; one that has the name already is read live, whatever it is. */
export async function createOrGet(kube: Context['options']['kube'], { kind, object }: Emitted): Promise<KubeObject> {
  try {
    return await kube.create(kind, object);
  } catch (error) {
    if (!(error instanceof KubeError) || error.reason !== 'AlreadyExists') throw error;
    const { namespace = '', name } = object.metadata;
    const found = await kube.get({ kind, namespace, name });
    // Gone again in between: the next try finds the name free.
    if (found === undefined) throw error;
    return found;
  }
}

function measure({ options, findings, fn, draft, now }: Context): void {
  const { revision, sequence, follows } = draft.status.build ?? {};
  const { namespace, name } = fn.metadata;
  const what = { function: `${namespace}/${name}`, sequence, revision: nameRevision(revision) };
  if (follows) return options.log.info('build shared', { ...what, builder: follows.builder });
  options.log.info('build started', what);
  const seenAt = findings.watch?.seenAt;
  if (seenAt === undefined || revision === undefined) return;
  options.metrics.observe('revflow_emission_seconds', {}, Math.max(options.clock.now(), now) / 1000 - seenAt / 1000);
}
