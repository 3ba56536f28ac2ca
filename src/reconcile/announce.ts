// Events for what changed: one for each condition that says something else than before.
import { type ConditionType, findCondition } from '../function/conditions.ts';
import { kinds } from '../function/kinds.ts';
import type { FunctionObject } from '../function/schema.ts';
import type { Condition, FunctionStatus } from '../function/status.ts';
import type { EventInput } from '../platform/kube/events.ts';
import type { Kind, KubeObject } from '../platform/kube/kube.ts';

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

/** Nobody needs to be told that what was never asked for is not done. */
const quiet: ReadonlySet<string> = new Set(['Disabled', 'Skipped', 'AwaitingBuild']);

/** The Events that are due, in the order of the arrow. Pure. */
export function eventsOf(fn: FunctionObject, after: FunctionStatus): readonly EventInput[] {
  return voices.flatMap(voice => {
    const condition = findCondition(after.conditions, voice.condition);
    const old = findCondition(fn.status?.conditions, voice.condition);
    if (condition === undefined || !isNews(old, condition, hasNewChild(fn.status, after, voice))) return [];
    const { reason, message: note } = condition;
    const base = { regarding: fn, ...relatedChild(fn, after, voice), action: voice.action };
    return [{ ...base, reason, type: typeOf(condition), note }];
  });
}

function isNews(old: Condition | undefined, next: Condition, newChild: boolean): boolean {
  if (quiet.has(next.reason) && old === undefined) return false;
  return old?.reason !== next.reason || old.status !== next.status || newChild;
}

function hasNewChild(before: FunctionStatus | undefined, after: FunctionStatus, { child }: Voice): boolean {
  return child !== undefined && child.name(after) !== undefined && child.name(before ?? {}) !== child.name(after);
}

function relatedChild(fn: FunctionObject, status: FunctionStatus, { child }: Voice): { related?: KubeObject } {
  const name = child?.name(status);
  if (child === undefined || !name) return {};
  const { apiVersion, kind } = child.kind;
  return { related: { apiVersion, kind, metadata: { name, namespace: fn.metadata.namespace } } };
}

function typeOf({ status }: Condition): EventInput['type'] {
  return status === 'False' ? 'Warning' : 'Normal';
}
