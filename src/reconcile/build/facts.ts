// What a decision about the build is made from: `status.build`, and where it matters the Builder and its run, read live by name.
import type { Backend, RunResult } from '../../build/backend.ts';
import { backends } from '../../build/backends.ts';
import { buildInputHash } from '../../build/plan.ts';
import type { BuildFacts, RecordedBuild } from '../../decide/facts.ts';
import { belongsTo } from '../../function/child.ts';
import { isOurHash } from '../../function/hash.ts';
import { kinds } from '../../function/kinds.ts';
import type { BuilderObject } from '../../function/schema.ts';
import { parseBuilder } from '../../function/schema.ts';
import type { BuilderSpec } from '../../function/schema-build.ts';
import type { BuildStatus } from '../../function/status.ts';
import type { KubeObject } from '../../platform/kube/kube.ts';
import { isAdopted } from '../adopted.ts';
import { isRecordedBuild } from '../commands.ts';
import { type Reading, wasEdited } from '../context.ts';
import { editedLast } from '../managed-fields.ts';
import { firstServed, recordedBackend } from './engine.ts';
import { lookAtShared, type SharedRun } from './follow.ts';
import { findLostBuild } from './lost.ts';
import { readResult } from './result.ts';

/** The build that `status.build` records, as it is found in the cluster. */
export interface Going {
  /** The engine that its run is on; the one that a new build would take while none is found. */
  readonly backend: Backend;
  readonly builder: BuilderObject | undefined;
  readonly run: KubeObject | undefined;
  readonly result: RunResult | undefined;
  /** Whether builder and run were looked for. */
  readonly asked: boolean;
  /** The engine refused the build before the run said anything: the run will never begin. */
  readonly refused: boolean;
  /** What has become of the run that it shares; undefined: it has its own. */
  readonly shared: SharedRun | undefined;
}

const nothing = {
  builder: undefined,
  run: undefined,
  result: undefined,
  asked: false,
  refused: false,
  shared: undefined,
};

/**
 * Reads Builder and run of a build that has not ended, named by the status or lost from it; of one that has, nothing. `chosen` is what a
 * new build would take.
 */
export async function lookAtBuild(reading: Reading, chosen: Backend): Promise<Going> {
  const { options, fn, draft } = reading;
  const build = draft.status.build;
  const open = build?.resourceRef && isOpen(build) ? { name: build.resourceRef, sequence: build.sequence } : undefined;
  const attempt = open ?? (await findLostBuild(reading));
  if (attempt === undefined) return { ...nothing, backend: chosen };
  const backend = build && open ? await recordedBackend(options.kube, build, chosen) : chosen;
  const { namespace } = fn.metadata;
  const builderRef = { kind: kinds.builder, namespace, name: attempt.name };
  if (open && build?.follows) {
    const [found, shared] = await Promise.all([options.kube.get(builderRef), lookAtShared(reading, backend)]);
    return { ...nothing, backend, builder: readBuilder(found, fn.metadata.uid), asked: true, shared };
  }
  // Our own runs have derived names, so both are asked for at once; another controller's name stands in its Builder.
  const derived = attempt.sequence === undefined ? undefined : { backend, name: backend.runName(attempt.name) };
  const [found, ours] = await Promise.all([options.kube.get(builderRef), derived && readRun(reading, derived)]);
  const builder = readBuilder(found, fn.metadata.uid);
  const named = builder && (await namedRun(reading, builder, backend));
  const isOther = named !== undefined && (named.backend !== derived?.backend || named.name !== derived.name);
  const engine = isOther ? named.backend : backend;
  const candidate = isOther ? await readRun(reading, named) : ours;
  const run = candidate && builder && belongsTo(candidate, builder.metadata.uid) ? candidate : undefined;
  const reported = run && builder ? await readResult(reading, engine, { run, builder: builder.metadata }) : undefined;
  return { ...nothing, ...reported, backend: engine, builder, run, asked: true };
}

interface RunName {
  readonly backend: Backend;
  readonly name: string;
}

function readRun({ options, fn }: Reading, { backend, name }: RunName): Promise<KubeObject | undefined> {
  return options.kube.get({ kind: backend.run, namespace: fn.metadata.namespace, name });
}

/** The run that a Builder's status names: the annotation may name another engine by now, and the cluster serve another version of it. */
async function namedRun(
  { options }: Reading,
  builder: BuilderObject,
  preferred: Backend,
): Promise<RunName | undefined> {
  const ref = builder.status?.resourceRef ?? {};
  const candidates = backends.filter(backend => backend.runNamed(ref) !== undefined);
  const backend = candidates.includes(preferred)
    ? preferred
    : ((await firstServed(options.kube, candidates)) ?? candidates[0]);
  const name = backend?.runNamed(ref);
  return backend === undefined || name === undefined ? undefined : { backend, name };
}

/** The Builder when it is ours and stays; a Builder that is not readable is as good as none. */
function readBuilder(object: KubeObject | undefined, ownerUid: string): BuilderObject | undefined {
  if (object === undefined || !belongsTo(object, ownerUid)) return undefined;
  const parsed = parseBuilder(object);
  return 'ok' in parsed ? parsed.ok : undefined;
}

/** Whether the recorded Builder is there; asked only where its absence would mean something. */
export async function builderIsThere({ options, fn, draft }: Reading): Promise<boolean> {
  const name = draft.status.build?.resourceRef ?? '';
  const found = await options.kube.get({ kind: kinds.builder, namespace: fn.metadata.namespace, name });
  return readBuilder(found, fn.metadata.uid) !== undefined;
}

/** A build that was started and not ended. */
export function isOpen(build: BuildStatus): boolean {
  return build.state === 'Created' || build.state === 'Building';
}

/** Whether what runs is recorded no more: it is cancelled before another build starts. */
export function isLost({ recorded }: BuildFacts, { run, result }: Going): boolean {
  return recorded === undefined && run !== undefined && result?.phase === 'running';
}

/** The facts of the decision. */
export function buildFacts(context: Reading, spec: BuilderSpec, going: Going): BuildFacts {
  const { fn, draft } = context;
  const recorded = recordedBuild(context, going);
  return {
    inputHash: buildInputHash(spec),
    recorded,
    everBuilt:
      draft.status.build?.state !== 'Skipped' &&
      (draft.status.sequence !== undefined || draft.status.sources !== undefined),
    builder: !going.asked || recorded?.phase === 'intended' ? 'unasked' : presence(going.builder),
    run: !going.asked || going.shared || recorded?.phase === 'intended' ? 'unasked' : presence(going.run),
    editedSinceAdoption: wasEdited(fn, editedLast(fn)),
  };
}

function presence(object: object | undefined): 'present' | 'absent' {
  return object === undefined ? 'absent' : 'present';
}

/** Undefined where nothing is recorded, or where an emptied field asks for a build. */
function recordedBuild({ draft }: Reading, going: Going): RecordedBuild | undefined {
  const { build, sources, watch } = draft.status;
  if (!isRecordedBuild(build)) return undefined;
  const phase = phaseOf(build, going);
  const [first] = sources ?? [];
  const inputHash = build.inputHash && isOurHash(build.inputHash) ? build.inputHash : undefined;
  const seen = watch?.type === 'image' ? undefined : watch?.adopted;
  const adopted = inputHash && !isAdopted(build) ? undefined : (first?.git?.commitSha ?? first?.bundle?.digest ?? seen);
  return {
    phase,
    revision: build.revision ?? adopted,
    inputHash,
    cancels: build.cancels ?? 0,
    vanished: build.vanished ?? 0,
    retries: build.retries ?? 0,
    retryAt: Date.parse(build.retryAt ?? '') || undefined,
    superseded: build.cancelledAt !== undefined,
    pruned: build.pruned ?? false,
    lost: going.shared?.kind === 'lost' ? going.shared.because : undefined,
  };
}

function phaseOf(build: BuildStatus, { builder, run }: Going): RecordedBuild['phase'] {
  if (build.state === 'Succeeded') return 'succeeded';
  if (build.state === 'Building') return 'running';
  if (build.state !== 'Created') return 'failed';
  // The intent is written first; whether its run was created, Builder and run know.
  return run !== undefined || builder?.status?.phase === 'Build' ? 'running' : 'intended';
}
