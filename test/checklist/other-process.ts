// Another process at the cluster of a world: it works at the same time of day, and knows nothing but what stands there.
import { defaultPolicy } from '../../src/decide/facts.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { createMemoryState } from '../../src/platform/state/memory.ts';
import { createReconciler } from '../../src/reconcile/function.ts';
import { createCredentials } from '../../src/revision/credential.ts';
import type { World } from '../flow/world.ts';
import { silentLog } from '../servers/api-server.ts';

/** Reconciles the Function of this name once, each time it is called. */
export function otherProcess({ kube, clock, namespace }: World, name = 'f'): () => Promise<unknown> {
  const handler = createReconciler({
    kube,
    clock,
    state: createMemoryState({ clock }),
    credentials: createCredentials({ kube, installKey: new Uint8Array(32), clock, requireHosts: false }),
    slots: { take: async () => 'granted' },
    log: silentLog,
    events: async () => {},
    metrics: createMetrics(),
    policy: defaultPolicy,
    mode: 'full',
  });
  return async () => handler(`${namespace}/${name}`, AbortSignal.timeout(20_000));
}
