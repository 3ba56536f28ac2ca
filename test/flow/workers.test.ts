// Two workers on one Redis under many pushes, and one of them killed in the midst: the last revision of each Function is served, none is
// built twice.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasRedis, skipsWithoutRedis, startRedis, type TestRedis } from '../servers/redis.ts';
import type { Plane, System } from './system.ts';
import { startSystem } from './system.ts';
import { type Fleet, startFleet } from './workers-fleet.ts';

const functions = 200;
const rounds = 5;
const limitMs = 180_000;

describe.skipIf(!hasRedis)(`two workers on one Redis (${skipsWithoutRedis})`, () => {
  let system: System;
  let redis: TestRedis;
  let fleet: Fleet;
  let planes: readonly Plane[];

  beforeAll(async () => {
    [system, redis] = await Promise.all([startSystem(), startRedis()]);
    system.farm.durationMs = 200;
    planes = await Promise.all([system.plane({ redis: redis.url }), system.plane({ redis: redis.url })]);
    fleet = await startFleet(system, { count: functions, each: 20, pushes: rounds + 1 });
    await fleet.untilBuilt(functions / 4);
  }, limitMs);
  afterAll(async () => {
    await system[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
  });

  it(
    'serve the last revisions of 200 Functions after 1,000 pushes, lose none and build none twice',
    async () => {
      for (let round = 0; round < rounds; round += 1) {
        fleet.push();
        await fleet.untilBuilt(functions / 4);
      }
      await fleet.untilServed();

      expect(fleet.pushes).toBe(functions * rounds);
      expect(fleet.builtTwice()).toEqual([]);
    },
    limitMs,
  );

  it(
    'go on as one when the leader is killed and its Lease ends, and lose and repeat nothing',
    async () => {
      const half = functions / 2;
      fleet.push({ count: half });
      await fleet.untilBuilt(half / 4);
      await planes.find(plane => plane.log().includes('"leading"'))?.kill9();
      fleet.push({ from: half });
      await fleet.untilServed();

      expect(fleet.builtTwice()).toEqual([]);
    },
    limitMs,
  );
});
