// Companion mode: only the watching, beside an installed OpenFunction. A change is told with the handshake of its own
// revision-controller; besides it only one annotation and Events are written.
import { kinds } from '../../function/kinds.ts';
import { annotations } from '../../function/names.ts';
import { isReason } from '../../function/reasons.ts';
import { type FunctionObject, parseFunction } from '../../function/schema.ts';
import type { KubeObject, Ref } from '../../platform/kube/kube.ts';
import { ofWant } from '../../revision/observation.ts';
import type { Watch } from '../../watch/plan.ts';
import type { ReconcilerOptions } from '../context.ts';
import { withoutAbsent } from '../draft.ts';
import { oneLine } from '../fold.ts';
import type { Said } from '../outcome.ts';
import { describe, type Look, lookAtWatch, type Seen, secretRetryMs } from '../watch/look.ts';
import { sayPaths } from '../watch/paths.ts';
import { judgeChange } from './change.ts';
import { type CompanionState, companionStateText, readCompanionState } from './state.ts';

/** What a reconcile makes of what it saw. */
interface Verdict {
  /** What is remembered from now on. */
  readonly state: CompanionState;
  /** What an Event says when `state.watching` is another reason than before. */
  readonly said: Said;
  /** The handshake, when the source changed. */
  readonly handshake?: object;
  readonly until?: number | undefined;
}

const unseen: Said = { status: 'Unknown', reason: 'AwaitingFirstObservation', message: 'it was not looked at yet' };

/** One reconcile; returns the next time, undefined: when woken. */
export async function reconcileCompanion(options: ReconcilerOptions, object: KubeObject): Promise<number | undefined> {
  const parsed = parseFunction(object);
  if ('problems' in parsed) return undefined;
  const fn = parsed.ok;
  const before = readCompanionState(fn.metadata.annotations);
  const look = await lookAtWatch(options, fn);
  const verdict = await judge(options, fn, look);
  const written = await write(options, fn, verdict);
  const { watching } = verdict.state;
  if (watching !== undefined && watching !== before.watching) await tell(options, fn, verdict.said);
  if (written && verdict.handshake) await tell(options, fn, changeSaid(look, verdict.state));
  return verdict.until;
}

async function judge(options: ReconcilerOptions, fn: FunctionObject, look: Look): Promise<Verdict> {
  const before = readCompanionState(fn.metadata.annotations);
  if (look.kind === 'unwatched') {
    const state = look.said.reason === 'Disabled' ? {} : { ...before, watching: look.said.reason };
    return { state, said: look.said };
  }
  if (look.kind === 'unusable') {
    const state = { ...before, watching: look.said.reason };
    return { state, said: look.said, until: options.clock.now() + secretRetryMs };
  }
  const said = saySeen(look);
  // Not looked at yet, or it was forgotten: there is nothing to say.
  if (said === undefined) return { state: before, said: unseen };
  const state = { ...before, watching: said.reason };
  const { watch, observation } = look;
  const { type, want } = watch;
  const head = ofWant(observation?.heads, want);
  if (head?.kind !== 'found') return { state, said };
  const change = await judgeChange(options, {
    fn,
    watch,
    head,
    seenAt: observation?.at ?? 0,
    left: ofWant(observation?.left, want) ?? [],
    state,
  });
  const handshake = change.tell === undefined ? {} : { handshake: handshakes[type](change.tell) };
  return { state: change.state, said, until: change.until, ...handshake };
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
  if (handshake) await options.kube.patch(ref, { status: handshake }, { subresource: 'status', resourceVersion });
  const text = companionStateText(withoutAbsent<CompanionState>(state));
  const old = fn.metadata.annotations?.[annotations.revflowState];
  if (text !== (old ?? '{}')) {
    const value = text === '{}' ? null : text;
    // OpenFunction acts on the handshake at once; what was told is written down whatever it wrote meanwhile.
    const body = { metadata: { uid: fn.metadata.uid, annotations: { [annotations.revflowState]: value } } };
    await options.kube.patch(ref, body, handshake ? {} : { resourceVersion });
  }
  return handshake !== undefined;
}

/** Undefined: it was not looked at yet. */
function saySeen({ watch, observation, warnings }: Seen): Said | undefined {
  const what = describe(watch.source, watch.want);
  if (observation?.failure) {
    const { reason, message } = observation.failure;
    return { status: 'False', reason: isReason(reason) ? reason : 'UnexpectedAnswer', message: `${what}: ${message}` };
  }
  const head = ofWant(observation?.heads, watch.want);
  if (head === undefined) return undefined;
  if (head.kind === 'missing') {
    const reason = watch.source.kind === 'image' ? 'TagNotFound' : 'RefNotFound';
    return { status: 'False', reason, message: `${what} does not exist` };
  }
  const because = warnings.length === 0 ? '' : `; ${warnings.join('; ')}`;
  return { status: 'True', reason: 'Observed', message: `${what} is looked at${sayPaths(watch, head)}${because}` };
}

function changeSaid(look: Look, { baseline = '' }: CompanionState): Said {
  const what = look.kind === 'seen' ? describe(look.watch.source, look.watch.want) : 'the source';
  return { status: 'True', reason: 'Progressing', message: `${what} is now ${baseline}` };
}

async function tell(options: ReconcilerOptions, fn: FunctionObject, { status, reason, message }: Said): Promise<void> {
  const type = status === 'False' ? 'Warning' : 'Normal';
  await options.events({ regarding: fn, action: 'Watch', reason, type, note: oneLine(message) });
}
