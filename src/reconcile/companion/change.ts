// Companion mode: whether what is there now is told to OpenFunction. Its status says what it built last; the annotation, what it was told.
import { judgePaths } from '../../decide/path-filter.ts';
import { confirmRollback } from '../../decide/rollback.ts';
import { readAnnotations } from '../../function/annotations.ts';
import { momentText } from '../../function/conditions.ts';
import { canonicalJson, sha256 } from '../../function/hash.ts';
import type { FunctionObject } from '../../function/schema.ts';
import type { Head, LeftHead, PathIds } from '../../revision/observation.ts';
import type { Watch } from '../../watch/plan.ts';
import type { ReconcilerOptions } from '../context.ts';
import { withoutAbsent } from '../draft.ts';
import { pathsOf } from '../watch/paths.ts';
import type { CompanionState } from './state.ts';

/** A source that was found, and for whom. */
export interface Sighting {
  readonly fn: FunctionObject;
  readonly watch: Watch;
  readonly head: Head & { readonly kind: 'found' };
  /** When it was seen, milliseconds since the epoch. */
  readonly seenAt: number;
  /** Ids that the source left a short while ago. */
  readonly left: readonly LeftHead[];
  /** What is remembered so far. */
  readonly state: CompanionState;
}

export interface Change {
  readonly state: CompanionState;
  /** The id to tell; absent: nothing. */
  readonly tell?: string;
  readonly until?: number | undefined;
}

/** Rejects when the state port cannot be asked. */
export async function judgeChange(options: ReconcilerOptions, sighting: Sighting): Promise<Change> {
  const { fn, watch, head } = sighting;
  const { type } = watch;
  const now = options.clock.now();
  const spec = watchedPart(fn, type);
  const edited = sighting.state.spec !== undefined && sighting.state.spec !== spec;
  const state: CompanionState = { ...sighting.state, observed: head.id, ...(spec === undefined ? {} : { spec }) };
  const paths = pathsOf(watch, head);
  const current = currentOf(fn, type);
  const from = current === undefined ? {} : { from: current };
  const at = current ?? state.baseline;
  // Just created, or found when watching began: that is what there is. An edit of the source OpenFunction builds by itself.
  if (at === undefined || edited) return { state: withPaths({ ...state, baseline: head.id, ...from }, paths) };
  if (at === head.id) return { state: withPaths(settle(state, head.id, now), paths) };
  const passed = passOver(sighting, at);
  if (passed) return { state: passed };
  if (state.baseline === head.id) {
    // It was told already, and what came of it has another id: told once more it would be the same.
    if (state.from === current) return { state };
    if (!(await isNews(options, sighting, current))) return { state };
  }
  const { suspended, hold } = readAnnotations(fn.metadata.annotations);
  if (suspended || hold !== undefined) return { state };
  const until = rollbackWait(options, { ...sighting, state });
  if (until !== undefined) return { state, until };
  const told = { ...leave(state, { left: at, taken: head.id, now }), baseline: head.id, ...from };
  return { state: withPaths(told, paths), tell: head.id };
}

function withPaths(state: CompanionState, paths: PathIds | undefined): CompanionState {
  return withoutAbsent<CompanionState>({ ...state, paths });
}

/** What is remembered of a head that is none to tell, since it changed none of the watched paths; undefined: it may be one. */
function passOver({ watch, head, state }: Sighting, at: string): CompanionState | undefined {
  if (watch.paths === undefined) return undefined;
  // The ids are those of the id that was told last; OpenFunction may have taken another one since.
  const { kind } = judgePaths(watch.paths, at === state.baseline ? state.paths : undefined, head);
  if (kind === 'widened') return withPaths(state, pathsOf(watch, head));
  // Not even that it was seen is written down: a push would write to every Function of its repository.
  return kind === 'pending' || kind === 'unchanged' ? state : undefined;
}

/** What OpenFunction recorded last; undefined: nothing yet. */
function currentOf({ status }: FunctionObject, type: Watch['type']): string | undefined {
  if (type === 'image') return status?.revision?.imageDigest || undefined;
  const source = status?.sources?.find(entry => entry.name === 'default');
  return (type === 'source' ? source?.git?.commitSha : source?.bundle?.digest) || undefined;
}

/** What OpenFunction builds anew by itself when it is edited; undefined for images, which it serves without asking what they are now. */
function watchedPart({ spec }: FunctionObject, type: Watch['type']): string | undefined {
  const { url, revision, bundleContainer } = spec.build?.srcRepo ?? {};
  if (type === 'image') return undefined;
  const part = type === 'source' ? [url ?? '', revision ?? ''] : [bundleContainer?.image ?? ''];
  return sha256(canonicalJson([type, ...part])).slice(0, 12);
}

/** OpenFunction, or we before we could write it down, took the id that is there. */
function settle(state: CompanionState, id: string, now: number): CompanionState {
  if (state.baseline === id) return state;
  if (state.baseline === undefined) return { ...state, baseline: id };
  return { ...leave(state, { left: state.baseline, taken: id, now }), baseline: id };
}

const rememberedMs = 10 * 60_000;

interface Move {
  readonly left: string;
  readonly taken: string;
  readonly now: number;
}

function leave(state: CompanionState, { left, taken, now }: Move): CompanionState {
  const known = (state.left ?? []).filter(entry => now - Date.parse(entry.at) < rememberedMs);
  const others = known.filter(entry => entry.id !== left && entry.id !== taken);
  return { ...state, left: [...others, { id: left, at: momentText(now) }] };
}

function rollbackWait({ clock, policy }: ReconcilerOptions, sighting: Sighting): number | undefined {
  const { head, state } = sighting;
  const own = (state.left ?? []).map(entry => ({ id: entry.id, at: Date.parse(entry.at) }));
  const left = sighting.watch.paths === undefined ? own : [...own, ...sighting.left];
  const watch = { awaitingSince: undefined, head: { id: head.id, sightings: head.sightings ?? 1 }, left };
  const steering = { suspended: false, hold: undefined, rebuildRequest: undefined };
  return confirmRollback({ now: clock.now(), policy, ...steering, watch })?.until;
}

const pendingMs = 60 * 60_000;

/**
 * OpenFunction records another id than the one that it was told: often a newer commit, which the last poll had not seen. Only a poll
 * after the record was seen here tells which it is.
 */
async function isNews({ state, clock }: ReconcilerOptions, { fn, seenAt }: Sighting, current = ''): Promise<boolean> {
  const key = `companion:${fn.metadata.uid}`;
  const [id, since] = (await state.get(key))?.split(' ') ?? [];
  if (id === current) return seenAt > Number(since);
  await state.set(key, `${current} ${clock.now()}`, pendingMs);
  return false;
}
