// Companion mode: only the watching, beside an installed OpenFunction. A change is told with the handshake of its own
// revision-controller (core-build.md §6.3); besides it only one annotation and Events are written.
import { confirmRollback } from '../decide/rollback.ts';
import { readAnnotations } from '../function/annotations.ts';
import { momentText } from '../function/conditions.ts';
import { kinds } from '../function/kinds.ts';
import { annotations } from '../function/names.ts';
import { isReason } from '../function/reasons.ts';
import { type FunctionObject, parseFunction } from '../function/schema.ts';
import type { KubeObject, Ref } from '../platform/kube/kube.ts';
import { ofWant } from '../revision/observation.ts';
import type { Watch } from '../watch/plan.ts';
import { type CompanionState, companionStateText, readCompanionState } from './companion-state.ts';
import type { ReconcilerOptions } from './context.ts';
import { withoutAbsent } from './draft.ts';
import { oneLine } from './fold.ts';
import type { Said } from './outcome.ts';
import { describe, type Look, lookAtWatch, type Seen, secretRetryMs } from './watch-look.ts';

/** What a reconcile makes of what it saw. */
interface Verdict {
  readonly state: CompanionState;
  readonly said: Said;
  /** The handshake, when the source changed. */
  readonly handshake?: object;
  readonly until?: number | undefined;
}

/** One reconcile; returns the next time, undefined: when woken. */
export async function reconcileCompanion(options: ReconcilerOptions, object: KubeObject): Promise<number | undefined> {
  const parsed = parseFunction(object);
  if ('problems' in parsed) return undefined;
  const fn = parsed.ok;
  const before = readCompanionState(fn.metadata.annotations);
  const look = await lookAtWatch(options, fn);
  const verdict = judge(options, fn, look);
  const written = await write(options, fn, verdict);
  if (verdict.said.reason !== before.watching && verdict.said.reason !== 'Disabled')
    await tell(options, fn, verdict.said);
  if (written && verdict.handshake) await tell(options, fn, changeSaid(look, verdict.state));
  return verdict.until;
}

function judge(options: ReconcilerOptions, fn: FunctionObject, look: Look): Verdict {
  const before = readCompanionState(fn.metadata.annotations);
  if (look.kind === 'unwatched') {
    const state = look.said.reason === 'Disabled' ? {} : { ...before, watching: look.said.reason };
    return { state, said: look.said };
  }
  const { said } = look.kind === 'unusable' ? look : { said: saySeen(look, before) };
  const state = { ...before, watching: said.reason };
  if (look.kind === 'unusable') return { state, said, until: options.clock.now() + secretRetryMs };
  const head = ofWant(look.observation?.heads, look.watch.want);
  if (head?.kind !== 'found') return { state, said };
  return { ...compare(options, { fn, look, state: { ...state, observed: head.id } }), said };
}

interface Comparison {
  readonly fn: FunctionObject;
  readonly look: Seen;
  readonly state: CompanionState;
}

function compare({ clock, policy }: ReconcilerOptions, { fn, look, state }: Comparison): Omit<Verdict, 'said'> {
  const head = ofWant(look.observation?.heads, look.watch.want);
  if (head?.kind !== 'found') return { state };
  const baseline = currentOf(fn, look.watch.type) ?? state.baseline;
  // Just created, or found when watching began: that is what there is, and nothing is asked for.
  if (baseline === undefined) return { state: { ...state, baseline: head.id } };
  if (baseline === head.id) return { state: state.baseline === undefined ? state : { ...state, baseline } };
  const { suspended, hold } = readAnnotations(fn.metadata.annotations);
  if (suspended || hold !== undefined) return { state };
  const now = clock.now();
  const left = (state.left ?? []).filter(entry => now - Date.parse(entry.at) < policy.rollbackMs);
  const known = left.map(entry => ({ id: entry.id, at: Date.parse(entry.at) }));
  const facts = { awaitingSince: undefined, head: { id: head.id, sightings: head.sightings ?? 1 }, left: known };
  const base = { now, policy, suspended, hold, rebuildRequest: undefined };
  const wait = confirmRollback({ ...base, watch: facts });
  if (wait) return { state, until: wait.until };
  const others = left.filter(entry => entry.id !== head.id && entry.id !== baseline);
  const moved = { ...state, baseline: head.id, left: [...others, { id: baseline, at: momentText(now) }] };
  return { state: moved, handshake: handshakes[look.watch.type](head.id) };
}

/** What OpenFunction recorded last; undefined: nothing yet. */
function currentOf({ status }: FunctionObject, type: Watch['type']): string | undefined {
  if (type === 'image') return status?.revision?.imageDigest || undefined;
  const source = status?.sources?.find(entry => entry.name === 'default');
  return (type === 'source' ? source?.git?.commitSha : source?.bundle?.digest) || undefined;
}

/** Exactly what OpenFunction's revision-controller writes, and nothing more. */
const handshakes: Readonly<Record<Watch['type'], (id: string) => object>> = {
  source: commitSha => ({ build: null, sources: [{ name: 'default', git: { commitSha } }] }),
  'source-image': digest => ({ build: null, sources: [{ name: 'default', bundle: { digest } }] }),
  image: imageDigest => ({ serving: { state: '', resourceHash: '' }, revision: { imageDigest } }),
};

/** The handshake first: a change that was told and not remembered is not told twice, since OpenFunction's own status remembers it. */
async function write(options: ReconcilerOptions, fn: FunctionObject, { handshake, state }: Verdict): Promise<boolean> {
  const { namespace, name, resourceVersion = '' } = fn.metadata;
  const ref: Ref = { kind: kinds.function, namespace, name };
  let version = resourceVersion;
  if (handshake) {
    const written = await options.kube.patch(ref, { status: handshake }, { subresource: 'status', resourceVersion });
    version = written.metadata.resourceVersion ?? version;
  }
  const text = companionStateText(withoutAbsent<CompanionState>(state));
  const old = fn.metadata.annotations?.[annotations.revflowState];
  if (text !== (old ?? '{}')) {
    const body = { metadata: { annotations: { [annotations.revflowState]: text === '{}' ? null : text } } };
    await options.kube.patch(ref, body, { resourceVersion: version });
  }
  return handshake !== undefined;
}

function saySeen({ watch, observation, warnings }: Seen, before: CompanionState): Said {
  const what = describe(watch.source, watch.want);
  if (observation?.failure) {
    return {
      status: 'False',
      reason: 'UnexpectedAnswer',
      ...reasonOf(observation.failure),
      message: `${what}: ${observation.failure.message}`,
    };
  }
  const head = ofWant(observation?.heads, watch.want);
  if (head === undefined) {
    return {
      status: 'Unknown',
      reason: 'AwaitingFirstObservation',
      ...reasonOf({ reason: before.watching ?? '' }),
      message: `${what} was not looked at yet`,
    };
  }
  if (head.kind === 'missing') {
    const reason = watch.source.kind === 'image' ? 'TagNotFound' : 'RefNotFound';
    return { status: 'False', reason, message: `${what} does not exist` };
  }
  const because = warnings.length === 0 ? '' : `; ${warnings.join('; ')}`;
  return { status: 'True', reason: 'Observed', message: `${what} is looked at${because}` };
}

function reasonOf({ reason }: { readonly reason: string }): Partial<Pick<Said, 'reason'>> {
  return isReason(reason) ? { reason } : {};
}

function changeSaid(look: Look, { baseline = '' }: CompanionState): Said {
  const what = look.kind === 'seen' ? describe(look.watch.source, look.watch.want) : 'the source';
  return { status: 'True', reason: 'Progressing', message: `${what} is now ${baseline}` };
}

async function tell(options: ReconcilerOptions, fn: FunctionObject, { status, reason, message }: Said): Promise<void> {
  const type = status === 'False' ? 'Warning' : 'Normal';
  await options.events({ regarding: fn, action: 'Watch', reason, type, note: oneLine(message) });
}
