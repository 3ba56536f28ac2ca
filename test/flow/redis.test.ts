// Redis goes away, comes back, forgets everything or stands still while pushes happen: the workers go on by themselves, what was pushed is
// served, and nothing is built twice.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasRedis, skipsWithoutRedis, startRedis, type TestRedis } from '../servers/redis.ts';
import { type Plane, type System, startSystem } from './system.ts';
import { type Fleet, startFleet } from './workers-fleet.ts';

const limitMs = 150_000;

describe.skipIf(!hasRedis)(`two workers on a Redis (${skipsWithoutRedis})`, { timeout: limitMs }, () => {
  let system: System;
  let redis: TestRedis;
  let fleet: Fleet;
  let planes: readonly Plane[];

  beforeAll(async () => {
    [system, redis] = await Promise.all([startSystem(), startRedis()]);
    // Long enough that builds are under way when something breaks.
    system.farm.durationMs = 300;
    planes = await Promise.all([system.plane({ redis: redis.url }), system.plane({ redis: redis.url })]);
    fleet = await startFleet(system, { count: 12, each: 3, pushes: 20 });
  }, limitMs);
  beforeEach(() => fleet.untilServed(), limitMs);
  afterAll(async () => {
    await system[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
  });

  /** How it ends, when every last revision is served. */
  async function end() {
    await fleet.untilServed();
    return { builtTwice: fleet.builtTwice(), alive: planes.filter(({ pid }) => isAlive(pid)).length };
  }
  const good = { builtTwice: [], alive: 2 };

  it('that is down while pushes happen, and comes back', async () => {
    fleet.push();
    await redis.kill9();
    fleet.push();
    fleet.push();
    await redis.restart();

    expect(await end()).toEqual(good);
  });

  it('that is restarted again and again while pushes happen', async () => {
    for (let round = 0; round < 3; round += 1) {
      fleet.push();
      await fleet.untilBuilt(3);
      await redis.restart();
    }

    expect(await end()).toEqual(good);
  });

  it('that is emptied again and again while pushes happen', async () => {
    for (let round = 0; round < 3; round += 1) {
      fleet.push();
      await fleet.untilBuilt(3);
      await redis.flush();
    }

    expect(await end()).toEqual(good);
  });

  it('that comes back empty after it was down', async () => {
    await redis.kill9();
    fleet.push();
    await redis.restart();
    await redis.flush();

    expect(await end()).toEqual(good);
  });

  it('that stands still while pushes happen', async () => {
    redis.freeze(true);
    fleet.push();
    fleet.push();
    redis.freeze(false);

    expect(await end()).toEqual(good);
  });
});

/** Signal 0 only asks whether the process is there. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
