// Waits until a control plane has nothing more to write.
import { systemClock } from '../../src/platform/clock.ts';
import type { Cluster } from './world.ts';

/** Until revflow has written nothing for so long. */
export async function untilStill(cluster: Pick<Cluster, 'writes'>, ms = 400): Promise<void> {
  let last = -1;
  for (let now = await cluster.writes(); now !== last; now = await cluster.writes()) {
    last = now;
    await systemClock.sleep(ms);
  }
}
