// A build that has no run of its own: it shares the one of another Function, copies how it ends, and starts its own when it does not end well.
import type { Backend } from '../../build/backend.ts';
import { type BuildEnd, endOf } from '../../build/builder.ts';
import { readAnnotations } from '../../function/annotations.ts';
import { momentText } from '../../function/conditions.ts';
import { kinds } from '../../function/kinds.ts';
import { shareAnnotation } from '../../function/names.ts';
import { type BuilderObject, parseFunction } from '../../function/schema.ts';
import type { BuildStatus, FunctionStatus } from '../../function/status.ts';
import type { KubeObject } from '../../platform/kube/kube.ts';
import type { Context, Reading } from '../context.ts';
import { conclude } from './end.ts';
import { readResult } from './result.ts';

/** What has become of a run that is shared. */
export type SharedRun =
  /** It goes on, or is about to be created; `until`: when to look again though nobody woke the Function. */
  | { readonly kind: 'going'; readonly until: number }
  | { readonly kind: 'ended'; readonly end: BuildEnd }
  /** Nothing comes of it. `failed`: it was let run to its end. */
  | { readonly kind: 'lost'; readonly because: string; readonly failed: boolean };

/** How long a run that is to be shared may not be there yet: as long as the office keeps a grant. */
const createdMs = 120_000;
const lookMs = 15_000;
/** Of a run that is there its informer tells. */
const slowLookMs = 60_000;

/** Reads the run that this build shares, or, when it is gone, what its own Function recorded of it. Undefined: the build shares none. */
export async function lookAtShared(reading: Reading, backend: Backend): Promise<SharedRun | undefined> {
  const { build } = reading.draft.status;
  if (build?.follows === undefined) return undefined;
  const shared: Shared = { backend, build, follows: build.follows };
  const run = await readShared(reading, shared);
  return run ? ofRun(reading, shared, run) : ofFunction(reading, shared);
}

interface Shared {
  readonly backend: Backend;
  readonly build: BuildStatus;
  readonly follows: NonNullable<BuildStatus['follows']>;
}

/** Only a run that is made from the same counts, whatever has its name by now. */
async function readShared({ options, fn }: Reading, { backend, follows }: Shared): Promise<KubeObject | undefined> {
  const name = backend.runName(follows.builder);
  const run = await options.kube.get({ kind: backend.run, namespace: fn.metadata.namespace, name });
  const { annotations = {}, deletionTimestamp, ownerReferences = [] } = run?.metadata ?? {};
  const isOurs = ownerReferences.some(owner => owner.kind === kinds.builder.kind && owner.name === follows.builder);
  return isOurs && deletionTimestamp === undefined && annotations[shareAnnotation] === follows.share ? run : undefined;
}

async function ofRun(reading: Reading, { backend, follows }: Shared, run: KubeObject): Promise<SharedRun> {
  const owner = run.metadata.ownerReferences?.find(({ kind }) => kind === kinds.builder.kind);
  const builder = { name: follows.builder, uid: owner?.uid ?? '' };
  const { result } = await readResult(reading, backend, { run, builder });
  if (result.phase === 'running') return { kind: 'going', until: reading.now + slowLookMs };
  const end = endOf(result, run, reading.now);
  if (end?.state === 'Succeeded') return { kind: 'ended', end };
  return lost(follows, `ended ${end?.state}: ${end?.message}`, end?.state !== 'Canceled');
}

/** The run is not there: not yet, or not any more. */
async function ofFunction(reading: Reading, shared: Shared): Promise<SharedRun> {
  const { options, fn, now } = reading;
  const { build, follows } = shared;
  const found = await options.kube.get({
    kind: kinds.function,
    namespace: fn.metadata.namespace,
    name: follows.function,
  });
  const parsed = found && parseFunction(found);
  const first = parsed && 'ok' in parsed ? parsed.ok : undefined;
  if (first === undefined) return lost(follows, 'is gone with its Function');
  const theirs = first.status?.build;
  const isToCome = now < Date.parse(build.startedAt ?? momentText(now)) + createdMs;
  const isSuspended = readAnnotations(first.metadata.annotations).suspended;
  if (theirs?.resourceRef !== follows.builder) {
    return isToCome && !isSuspended ? { kind: 'going', until: now + lookMs } : lost(follows, 'was not created');
  }
  if (theirs.state === 'Succeeded') return ofRecord(shared, first.status ?? {});
  if (theirs.state === 'Created')
    return isToCome && !isSuspended ? { kind: 'going', until: now + lookMs } : lost(follows, 'was not created');
  if (theirs.state !== 'Building') return lost(follows, `ended ${theirs.state}`, theirs.state !== 'Canceled');
  // It may have been created after it was looked for, and before its Function said so.
  const run = await readShared(reading, shared);
  return run ? ofRun(reading, shared, run) : lost(follows, 'was deleted');
}

/** The run ended well and was pruned: its Function has what it reported. */
function ofRecord({ build, follows }: Shared, { build: theirs = {}, revision, sources }: FunctionStatus): SharedRun {
  if (theirs.inputHash !== build.inputHash || theirs.revision !== build.revision)
    return lost(follows, 'is another one');
  const { reason = 'Succeeded', message = 'Succeeded', buildDuration } = theirs;
  const output = revision?.imageDigest === undefined ? {} : { output: { digest: revision.imageDigest } };
  const duration = buildDuration === undefined ? {} : { buildDuration };
  return {
    kind: 'ended',
    end: { state: 'Succeeded', reason, message, ...duration, ...output, sources: sources ?? [] },
  };
}

function lost({ builder }: Shared['follows'], what: string, failed = false): SharedRun {
  return { kind: 'lost', because: `the run of ${builder} that it shared ${what}`, failed };
}

/** Records how the shared run ended, or that somebody cancelled this build; false when it goes on. */
export async function settleShared(context: Context, builder: BuilderObject, shared: SharedRun): Promise<boolean> {
  if (shared.kind === 'ended') await conclude(context, builder, shared.end);
  else if (builder.spec.state === 'Cancelled')
    await conclude(context, builder, { state: 'Canceled', reason: 'Canceled', message: 'cancelled' });
  else return false;
  return true;
}

/** Lets go of the shared run for something newer: it goes on, for whoever still wants it. */
export async function leaveShared(context: Context, builder: BuilderObject): Promise<void> {
  const { draft, now } = context;
  draft.set({ build: { ...draft.status.build, cancelledAt: momentText(now) } });
  const message = 'its shared run was left for something newer';
  await conclude(context, builder, { state: 'Canceled', reason: 'Canceled', message });
}
