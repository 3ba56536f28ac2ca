// Puts definitions into an API server, and waits until their kinds are served.
import { kinds } from '../../function/kinds.ts';
import type { Clock } from '../../platform/clock.ts';
import { RetryableError } from '../../platform/errors.ts';
import type { Kube, KubeObject } from '../../platform/kube/kube.ts';

interface Definition extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] | null };
}

const triesOf50Ms = 200;

/** Applies them as our own, so that an older version of ours is replaced. RetryableError NotEstablished when one is not served in ten seconds. */
export async function installDefinitions(kube: Kube, definitions: readonly KubeObject[], clock: Clock): Promise<void> {
  for (const definition of definitions) await kube.apply(kinds.definition, definition);
  for (const { metadata } of definitions) await untilEstablished(kube, metadata.name, clock);
}

async function untilEstablished(kube: Kube, name: string, clock: Clock): Promise<void> {
  for (let tries = 0; tries < triesOf50Ms; tries += 1) {
    const definition = await kube.get<Definition>({ kind: kinds.definition, name });
    const conditions = definition?.status?.conditions ?? [];
    if (conditions.some(({ type, status }) => type === 'Established' && status === 'True')) return;
    await clock.sleep(50);
  }
  throw new RetryableError('NotEstablished', `the API server does not serve ${name}`);
}
