// A Function that cannot work as it stands: the condition names field and value, and nothing else is touched.

import { z } from 'zod';
import { findCondition, readyFrom, removeCondition, setCondition } from '../function/conditions.ts';
import { kinds } from '../function/kinds.ts';
import { type Problem, problemText } from '../function/problem.ts';
import { type Condition, condition } from '../function/status.ts';
import type { KubeObject } from '../platform/kube/kube.ts';
import type { ReconcilerOptions } from './context.ts';
import { oneLine } from './fold.ts';
import { mergePatch } from './merge-patch.ts';

/** The part of a status that is read whatever the rest is. */
const readable = z.object({
  conditions: z.array(condition).catch([]),
  serving: z.object({ state: z.string() }).optional().catch(undefined),
});
const mostShown = 5;
const servingReady = readyFrom({ serves: 'yes', built: undefined, served: undefined, routed: undefined });

/** Says what is wrong in Stalled, and in Ready where nothing serves; an Event when it is news. */
export async function refuse(
  options: ReconcilerOptions,
  object: KubeObject,
  problems: readonly Problem[],
): Promise<void> {
  const { namespace = '', name, generation, resourceVersion = '' } = object.metadata;
  const parsed = readable.safeParse(object['status'] ?? {});
  const status = parsed.success ? parsed.data : { conditions: [], serving: undefined };
  const before: readonly Condition[] = status.conditions.map(({ observedGeneration: seen, ...rest }) => ({
    ...rest,
    ...(seen === undefined ? {} : { observedGeneration: seen }),
  }));
  const message = oneLine(textOf(problems));
  const said = {
    reason: 'InvalidSpec',
    message,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  } as const;
  const now = options.clock.now();
  let conditions = removeCondition(
    setCondition(before, { type: 'Stalled', status: 'True', ...said }, now),
    'Reconciling',
  );
  const serves = status.serving?.state === 'Running';
  // What serves goes on; where OpenFunction brought it there, nobody has said so yet.
  const ready = serves ? { ...said, ...servingReady } : { ...said, status: 'False' as const };
  if (!serves || findCondition(conditions, 'Ready') === undefined)
    conditions = setCondition(conditions, { type: 'Ready', ...ready }, now);
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  const old = { conditions: before, ...observedOf(object) };
  const patch = mergePatch(old, { conditions, ...observed });
  if (patch === undefined) return;
  await options.kube.patch(
    { kind: kinds.function, namespace, name },
    { status: patch },
    { subresource: 'status', resourceVersion },
  );
  const known = findCondition(before, 'Stalled');
  if (known?.reason === 'InvalidSpec' && known.message === message) return;
  await options.events({ regarding: object, action: 'Check', reason: 'InvalidSpec', type: 'Warning', note: message });
}

function observedOf(object: KubeObject): { observedGeneration?: number } {
  const status = z.object({ observedGeneration: z.number() }).safeParse(object['status']);
  return status.success ? status.data : {};
}

function textOf(problems: readonly Problem[]): string {
  const shown = problems.slice(0, mostShown).map(problemText);
  const more = problems.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}
