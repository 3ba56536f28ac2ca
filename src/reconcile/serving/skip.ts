// A Function without spec.serving: what served for it is removed.
import { belongsTo } from '../../function/child.ts';
import { kinds } from '../../function/kinds.ts';
import type { Context } from '../context.ts';
import type { Outcome } from '../outcome.ts';
import { servingOutcome } from './said.ts';

/**
 * Removes the Servings that the status names; the leader removes those that it does not. What another controller left when it skipped is
 * left too, and while nothing is built the status stays without a word about serving, as OpenFunction keeps it: switching over changes neither.
 */
export async function skipServing(context: Context): Promise<Outcome> {
  const { draft } = context;
  const { serving, build } = draft.status;
  const names = new Set([serving?.resourceRef, serving?.lastSuccessfulResourceRef]);
  for (const name of names) if (name) await remove(context, name);
  const isSkipped = serving?.state === 'Skipped' && !serving.resourceRef;
  const isEarly = serving === undefined && build?.state !== 'Succeeded' && build?.state !== 'Skipped';
  if (!isSkipped && !isEarly) draft.set({ serving: { state: 'Skipped' }, addresses: undefined, route: undefined });
  return servingOutcome({ state: 'Skipped' });
}

async function remove({ options, fn }: Context, name: string): Promise<void> {
  const ref = { kind: kinds.serving, namespace: fn.metadata.namespace, name };
  const found = await options.kube.get(ref);
  if (found?.metadata.uid === undefined || !belongsTo(found, fn.metadata.uid)) return;
  await options.kube.remove(ref, { uid: found.metadata.uid });
}
