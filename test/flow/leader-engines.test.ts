// Which runs a leader watches: of each engine those of the newest version that the cluster serves, and what may refuse them.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../../src/build/backends.ts';
import { kinds } from '../../src/function/kinds.ts';
import { systemClock as clock } from '../../src/platform/clock.ts';
import type { Kind, KubeObject } from '../../src/platform/kube/kube.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { createMemoryQueue } from '../../src/platform/queue/memory.ts';
import { createMemoryState } from '../../src/platform/state/memory.ts';
import { startLeader } from '../../src/reconcile/leader/leader.ts';
import { SlotOffice } from '../../src/reconcile/slots/office.ts';
import { createCredentials } from '../../src/revision/credential.ts';
import { eventually } from '../eventually.ts';
import { hasPublished, published } from '../pipelines/manifests.ts';
import {
  isRealCluster,
  readDefinitions,
  silentLog,
  startTestCluster,
  type TestCluster,
} from '../servers/api-server.ts';
import { onlyV1alpha1 } from './v1alpha1.ts';
import { createWorld, gitSpec, type World } from './world.ts';

const why = isRealCluster ? 'a real one serves both versions' : 'its definition is not at hand';

describe.skipIf(!hasPublished || isRealCluster)(
  `a leader where Shipwright v1alpha1 alone is served${hasPublished && !isRealCluster ? '' : ` (skipped: ${why})`}`,
  () => {
    let cluster: TestCluster;
    const stack = new AsyncDisposableStack();
    beforeAll(async () => {
      cluster = stack.use(await startTestCluster());
      const definitions = await readDefinitions(join(published, 'shipwright-build'));
      await cluster.install(definitions.map(onlyV1alpha1));
    });
    afterAll(() => stack.disposeAsync());

    /** Leads in the world's namespace; the keys of Functions that it woke since the list was emptied. */
    async function lead({ namespace }: World): Promise<string[]> {
      const woken: string[] = [];
      const [log, state] = [silentLog, stack.use(createMemoryState({ clock }))];
      const queue = stack.use(createMemoryQueue({ clock, log }));
      await queue.work('function', async key => void woken.push(key), { concurrency: 1 });
      const { kube } = cluster;
      const credentials = createCredentials({ kube, installKey: new Uint8Array(32), clock, requireHosts: false });
      const limits = { cluster: Infinity, namespace: Infinity };
      const leader = startLeader({
        kube,
        state,
        queue,
        credentials,
        clock,
        log,
        metrics: createMetrics(),
        slots: new SlotOffice({ limits, state, queue, clock, log }),
        backends,
        minIntervalMs: 1_000,
        namespaces: [namespace],
        watchSecrets: false,
      });
      stack.use(leader);
      await leader.ready;
      return woken;
    }

    it.each<[string, Kind, object]>([
      ['its Build is refused', kinds.buildV1alpha1, { registered: 'False', reason: 'Failed', message: 'no' }],
      [
        'its BuildRun ends',
        kinds.buildRunV1alpha1,
        {
          conditions: [
            {
              type: 'Succeeded',
              status: 'False',
              reason: 'Failed',
              message: 'no',
              lastTransitionTime: '2026-01-01T00:00:00Z',
            },
          ],
        },
      ],
    ])('wakes a Function when %s', async (_, kind, status) => {
      const world = await createWorld(cluster);
      await world.create(gitSpec);
      await world.reconcile();
      const woken = await lead(world);
      const [object]: readonly (KubeObject | undefined)[] = await world.all(kind);
      // What a new leader wakes by itself has passed.
      await eventually('it is woken once', () => woken.includes(`${world.namespace}/f`));
      woken.length = 0;
      const ref = { kind, namespace: world.namespace, name: object?.metadata.name ?? '' };
      await world.kube.patch(ref, { status }, { subresource: 'status' });
      await eventually('it is woken again', () => woken.length > 0);
      expect(new Set(woken)).toEqual(new Set([`${world.namespace}/f`]));
    });
  },
);
