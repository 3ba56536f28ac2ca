// What a decision about the build is made from: `status.build`, and where it matters the Builder and its run, read live by name.
import type { Backend, RunResult } from '../build/backend.ts';
import { buildInputHash } from '../build/plan.ts';
import type { BuildFacts, RecordedBuild } from '../decide/facts.ts';
import { belongsTo } from '../function/child.ts';
import { isOurHash } from '../function/hash.ts';
import { kinds } from '../function/kinds.ts';
import type { BuilderObject } from '../function/schema.ts';
import { parseBuilder } from '../function/schema.ts';
import type { BuilderSpec } from '../function/schema-build.ts';
import type { BuildStatus } from '../function/status.ts';
import type { KubeObject } from '../platform/kube/kube.ts';
import { type Reading, wasEdited } from './context.ts';
import { editedLast } from './managed-fields.ts';

/** The build that `status.build` records, as it is found in the cluster. */
export interface Going {
  readonly builder: BuilderObject | undefined;
  readonly run: KubeObject | undefined;
  readonly result: RunResult | undefined;
  /** Whether builder and run were looked for. */
  readonly asked: boolean;
}

const unasked: Going = { builder: undefined, run: undefined, result: undefined, asked: false };

/** Reads Builder and run of a build that has not ended; of one that has, nothing. */
export async function lookAtBuild({ options, fn, draft }: Reading, backend: Backend): Promise<Going> {
  const build = draft.status.build;
  if (!build?.resourceRef || !isOpen(build)) return unasked;
  const { namespace } = fn.metadata;
  const builderRef = { kind: kinds.builder, namespace, name: build.resourceRef };
  const runOf = (name: string) => options.kube.get({ kind: backend.run, namespace, name });
  // Our own runs have derived names, so both are asked for at once; another controller's name stands in its Builder.
  const derived = build.sequence === undefined ? undefined : runOf(backend.runName(build.resourceRef));
  const [found, ours] = await Promise.all([options.kube.get(builderRef), derived]);
  const builder = readBuilder(found, fn.metadata.uid);
  const theirs = derived === undefined && builder ? backend.runNamed(builder.status?.resourceRef ?? {}) : undefined;
  const candidate = theirs === undefined ? ours : await runOf(theirs);
  const run = candidate && builder && belongsTo(candidate, builder.metadata.uid) ? candidate : undefined;
  return { builder, run, result: run && backend.result(run), asked: true };
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
    run: !going.asked || recorded?.phase === 'intended' ? 'unasked' : presence(going.run),
    editedSinceAdoption: wasEdited(fn, editedLast(fn)),
  };
}

function presence(object: object | undefined): 'present' | 'absent' {
  return object === undefined ? 'absent' : 'present';
}

/** Undefined where nothing is recorded, or where an emptied field asks for a build. */
function recordedBuild({ draft }: Reading, going: Going): RecordedBuild | undefined {
  const { build, sources } = draft.status;
  if (!build?.resourceRef || (!build.inputHash && !build.resourceHash)) return undefined;
  const phase = phaseOf(build, going);
  const [first] = sources ?? [];
  const inputHash = build.inputHash && isOurHash(build.inputHash) ? build.inputHash : undefined;
  const adopted = inputHash ? undefined : (first?.git?.commitSha ?? first?.bundle?.digest);
  return {
    phase,
    revision: build.revision ?? adopted,
    inputHash,
    cancels: build.cancels ?? 0,
    vanished: build.vanished ?? 0,
    superseded: build.cancelledAt !== undefined,
    pruned: build.pruned ?? false,
  };
}

function phaseOf(build: BuildStatus, { builder, run }: Going): RecordedBuild['phase'] {
  if (build.state === 'Succeeded') return 'succeeded';
  if (build.state === 'Building') return 'running';
  if (build.state !== 'Created') return 'failed';
  // The intent is written first; whether its run was created, Builder and run know.
  return run !== undefined || builder?.status?.phase === 'Build' ? 'running' : 'intended';
}
