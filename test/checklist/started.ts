// A Function whose build has begun: where most items of the checklist start from.
import { createWorld, gitSpec, type World } from '../flow/world.ts';
import type { TestCluster } from '../servers/api-server.ts';

/** `build` and `spec` are laid over those of a Function that builds from Git. */
export async function startedOn(cluster: TestCluster, build: object = {}, spec: object = {}): Promise<World> {
  const world = await createWorld(cluster);
  await world.create({ ...gitSpec, ...spec, build: { ...gitSpec.build, ...build } });
  await world.reconcile();
  return world;
}
