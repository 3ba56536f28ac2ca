// What a decision about the Serving is made from: `status.serving`, and the Serving itself, read live by name.
import type { ServingFacts } from '../../decide/facts.ts';
import { belongsTo } from '../../function/child.ts';
import { isOurHash } from '../../function/hash.ts';
import { kinds } from '../../function/kinds.ts';
import { parseServing, type ServingObject } from '../../function/schema.ts';
import type { ServingSpec } from '../../function/schema-serving.ts';
import type { ServingStageStatus } from '../../function/status.ts';
import { servingInputHash } from '../../serving/plan.ts';
import { isRecordedServing } from '../commands.ts';
import { type Reading, wasEdited } from '../context.ts';
import { editedLast } from '../managed-fields.ts';

/** The Serving when it is ours and stays. */
export async function readServing(
  { options, fn }: Reading,
  name: string | undefined,
): Promise<ServingObject | undefined> {
  if (!name) return undefined;
  const found = await options.kube.get({ kind: kinds.serving, namespace: fn.metadata.namespace, name });
  if (found === undefined || !belongsTo(found, fn.metadata.uid)) return undefined;
  const parsed = parseServing(found);
  return 'ok' in parsed ? parsed.ok : undefined;
}

/** The facts of the decision. */
export function servingFacts(
  { fn, draft, findings }: Reading,
  spec: ServingSpec,
  current: ServingObject | undefined,
): ServingFacts {
  const { serving } = draft.status;
  const pending = serving !== undefined && isPending(serving, spec);
  return {
    inputHash: servingInputHash(spec),
    recorded: isRecordedServing(serving) ? { inputHash: comparable(serving.inputHash) } : undefined,
    everServed: serving !== undefined,
    serving: current !== undefined || pending ? 'present' : 'absent',
    justBuilt: findings.justBuilt ?? false,
    editedSinceAdoption: isAnother(spec, current, wasEdited(fn, editedLast(fn))),
  };
}

/**
 * Another controller's hash cannot be compared, what it serves can: a digest that came since is another Serving, and a Function that was
 * written since, its annotations perhaps, is none while it asks for the same.
 */
function isAnother(spec: ServingSpec, current: ServingObject | undefined, written: boolean): boolean {
  if (current === undefined) return written;
  const isSame = servingInputHash(current.spec) === servingInputHash(spec);
  return current.spec.image !== spec.image || (written && !isSame);
}

/** A hash of another version says nothing: what it stands for is adopted. */
function comparable(hash: string | undefined): string | undefined {
  return hash !== undefined && isOurHash(hash) ? hash : undefined;
}

/** Its intent is recorded, and it may not have been created yet. */
function isPending({ state, inputHash, sequence }: ServingStageStatus, spec: ServingSpec): boolean {
  return state === 'Created' && sequence !== undefined && inputHash === servingInputHash(spec);
}
