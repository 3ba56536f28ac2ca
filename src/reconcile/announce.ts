// Events for what changed: one for each condition that says something else than before, and for builds one for each state, in
// OpenFunction's words.
import { type ConditionType, findCondition } from '../function/conditions.ts';
import { kinds } from '../function/kinds.ts';
import type { BuilderObject, BuilderStatus, FunctionObject } from '../function/schema.ts';
import type { BuildStatus, Condition, FunctionStatus } from '../function/status.ts';
import type { EventInput } from '../platform/kube/events.ts';
import type { Kind, KubeObject } from '../platform/kube/kube.ts';
import { oneLine } from './fold.ts';

/** What the Event of a condition names: what was done, and the child that took part. */
interface Voice {
  readonly condition: ConditionType;
  readonly action: string;
  readonly child?: { readonly kind: Kind; readonly name: (status: FunctionStatus) => string | undefined };
}

const voices: readonly Voice[] = [
  { condition: 'Watching', action: 'Watch' },
  {
    condition: 'Built',
    action: 'Build',
    child: { kind: kinds.builder, name: status => status.build?.resourceRef },
  },
  {
    condition: 'Served',
    action: 'Serving',
    child: { kind: kinds.serving, name: status => status.serving?.resourceRef },
  },
];

/** What the condition Built says of a build that only goes its way: its states have Events of their own. */
const ofStates: ReadonlySet<string> = new Set(['Building', 'Built', 'BuildFailed', 'BuildTimeout', 'BuildCanceled']);

/** Nobody needs to be told that what was never asked for is not done. */
const quiet: ReadonlySet<string> = new Set(['Disabled', 'Skipped', 'AwaitingBuild']);

/** The Events that are due, in the order of the arrow. `ended`: the build that this reconcile saw end, if any. Pure. */
export function eventsOf(
  fn: FunctionObject,
  after: FunctionStatus,
  ended: BuildStatus | undefined,
): readonly EventInput[] {
  return voices.flatMap(voice => {
    const ofBuild = voice.condition === 'Built' ? buildEvents(fn, after, ended) : [];
    const condition = findCondition(after.conditions, voice.condition);
    const old = findCondition(fn.status?.conditions, voice.condition);
    const isNewChild = hasNewChild(fn.status, after, voice);
    if (condition === undefined || !isNews(old, condition, isNewChild)) return ofBuild;
    if (old === undefined && !isNewChild && wasLeft(fn, voice)) return ofBuild;
    if (voice.condition === 'Built' && tellsState(condition, ofBuild)) return ofBuild;
    const { reason, message: note } = condition;
    const base = { regarding: fn, ...relatedChild(fn, after, voice), action: voice.action };
    return [...ofBuild, { ...base, reason, type: typeOf(condition), note }];
  });
}

/** Whether the condition says nothing but what the Events of the build's states say. */
function tellsState({ reason, status }: Condition, told: readonly EventInput[]): boolean {
  return ofStates.has(reason) || (status === 'False' && told.some(event => event.type === 'Warning'));
}

/** The states that a build came to: the one that this reconcile saw end and that another one followed, and the one that counts. */
function buildEvents(fn: FunctionObject, { build }: FunctionStatus, ended: BuildStatus | undefined): EventInput[] {
  const before = fn.status?.build;
  const isOther = ended !== undefined && ended.resourceRef !== build?.resourceRef && ended.cancelledAt === undefined;
  const reached = [...(isOther ? [ended] : []), ...(build === undefined ? [] : [build])];
  return reached
    .filter(({ state, resourceRef }) => state !== before?.state || resourceRef !== before?.resourceRef)
    .flatMap(stage => {
      const words = wordsOf(buildWords, stage);
      const related = relatedTo(fn, kinds.builder, stage.resourceRef);
      return words === undefined ? [] : [{ regarding: fn, ...related, action: 'Build', ...words }];
    });
}

type Words = Pick<EventInput, 'type' | 'reason' | 'note'>;

/** The words for a state, a failure with its message; undefined for a state that is not told. */
function wordsOf(
  table: Readonly<Record<string, Words>>,
  { state = '', message = '' }: { readonly state?: string | undefined; readonly message?: string | undefined },
): Words | undefined {
  const words = table[state];
  return words && state === 'Failed' ? { ...words, note: `${words.note}: ${oneLine(message)}` } : words;
}

const buildWords: Readonly<Record<string, Words>> = {
  Building: { type: 'Normal', reason: 'BuildStarted', note: 'Build started' },
  Succeeded: { type: 'Normal', reason: 'BuildCompleted', note: 'Build completed' },
  Failed: { type: 'Warning', reason: 'BuildFailed', note: 'Build failed' },
  Timeout: { type: 'Warning', reason: 'BuildTimeout', note: 'Build timeout' },
  Canceled: { type: 'Warning', reason: 'BuildCanceled', note: 'Build cancelled' },
};

const builderWords: Readonly<Record<string, Words>> = {
  Building: { type: 'Normal', reason: 'Started', note: 'Build started' },
  Succeeded: { type: 'Normal', reason: 'Completed', note: 'Build completed' },
  Failed: { type: 'Warning', reason: 'Failed', note: 'Build failed' },
  Timeout: { type: 'Warning', reason: 'Timeout', note: 'Build timeout' },
  Canceled: { type: 'Warning', reason: 'Canceled', note: 'Build canceled' },
};

/** The Event of a Builder that comes from this status to that one; undefined while its state stays. Pure. */
export function builderEvent(builder: BuilderObject, after: BuilderStatus): EventInput | undefined {
  const words = (after.state ?? '') === builder.status?.state ? undefined : wordsOf(builderWords, after);
  return words && { regarding: builder, action: 'Build', ...words };
}

function isNews(old: Condition | undefined, next: Condition, newChild: boolean): boolean {
  if (quiet.has(next.reason) && old === undefined) return false;
  return old?.reason !== next.reason || old.status !== next.status || newChild;
}

/** What another controller left is no news when it is looked at for the first time. Of watching it told nobody. */
function wasLeft({ status }: FunctionObject, { child }: Voice): boolean {
  return child !== undefined && status?.conditions === undefined && (status?.build ?? status?.serving) !== undefined;
}

function hasNewChild(before: FunctionStatus | undefined, after: FunctionStatus, { child }: Voice): boolean {
  return child !== undefined && child.name(after) !== undefined && child.name(before ?? {}) !== child.name(after);
}

function relatedChild(fn: FunctionObject, status: FunctionStatus, { child }: Voice): { related?: KubeObject } {
  return child === undefined ? {} : relatedTo(fn, child.kind, child.name(status));
}

/** A child by its name; nothing where there is none. */
function relatedTo(
  { metadata }: FunctionObject,
  { apiVersion, kind }: Kind,
  name: string | undefined,
): { related?: KubeObject } {
  return name ? { related: { apiVersion, kind, metadata: { name, namespace: metadata.namespace } } } : {};
}

function typeOf({ status }: Condition): EventInput['type'] {
  return status === 'False' ? 'Warning' : 'Normal';
}
