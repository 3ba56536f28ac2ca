// The whole system: Functions of one namespace that watch one branch and push one image share its builds, whatever happens to the workers.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCondition } from '../../src/function/conditions.ts';
import { leaseKind } from '../../src/platform/kube/lease.ts';
import { eventually } from '../eventually.ts';
import type { ServedRepository } from '../servers/git-server.ts';
import { hasRedis, skipsWithoutRedis, startRedis, type TestRedis } from '../servers/redis.ts';
import { digestOf } from './builder-farm.ts';
import { type Plane, type System, startSystem } from './system.ts';

const names = ['one', 'two', 'three', 'four'];
const limitMs = 150_000;
const waitMs = 60_000;

interface Fixture {
  readonly system: System;
  readonly repository: ServedRepository;
  /** The first commit. */
  readonly first: string;
}

async function prepare(): Promise<Fixture> {
  const system = await startSystem();
  const repository = await system.git.repository('team/shared');
  return { system, repository, first: await repository.commit() };
}

const createAll = ({ system }: Fixture) =>
  Promise.all(
    names.map(name =>
      system.create(name, {
        url: `${system.git.url}/team/shared.git`,
        spec: { image: 'registry.example/shared:v1' },
      }),
    ),
  );
const runsOf = ({ system }: Fixture, revision: string) => system.farm.created.filter(run => run.revision === revision);

/** One run is there, and everybody has it or follows it. */
async function untilShared(fixture: Fixture, revision: string): Promise<void> {
  for (const name of names) {
    await fixture.system.until(name, `builds ${revision}`, ({ status }) => {
      return status?.build?.revision === revision && status.build.state === 'Building';
    });
  }
  await eventually('its run', () => runsOf(fixture, revision).length > 0);
}

/** With its Lease, whose end its successor would otherwise wait for. */
async function kill({ system: { kube, namespace } }: Fixture, plane: Plane): Promise<void> {
  await plane.kill9();
  await kube.remove({ kind: leaseKind, namespace, name: 'revflow' });
}

/** Waits until all serve what the first run built; how many runs there were. */
async function untilServed(fixture: Fixture, revision: string): Promise<number> {
  await eventually('a run', () => runsOf(fixture, revision).length > 0, waitMs);
  const [run] = runsOf(fixture, revision);
  const digest = digestOf(run?.function ?? '', revision);
  await Promise.all(names.map(name => fixture.system.untilServed(name, digest, waitMs)));
  return runsOf(fixture, revision).length;
}

describe('four Functions that build the very same', { timeout: limitMs }, () => {
  let fixture: Fixture;
  let plane: Plane;
  const slow = (isSlow: boolean) => {
    fixture.system.farm.durationMs = isSlow ? Infinity : 0;
  };

  beforeAll(async () => {
    fixture = await prepare();
    // Long enough that all have asked.
    slow(true);
    plane = await fixture.system.plane();
    await createAll(fixture);
  });
  afterAll(() => fixture.system[Symbol.asyncDispose]());

  it('have one run for all, and serve what it built', async () => {
    await untilShared(fixture, fixture.first);
    await fixture.system.farm.release();
    expect(await untilServed(fixture, fixture.first)).toBe(1);
  });

  it('share it though the worker is killed and another one takes over while it goes on', async () => {
    const revision = await fixture.repository.commit();
    await untilShared(fixture, revision);
    await kill(fixture, plane);
    await fixture.system.farm.release();
    plane = await fixture.system.plane();
    expect(await untilServed(fixture, revision)).toBe(1);
  });

  it('all ship the third of newer commits in a row, though its first Function goes on with a fourth at once', async () => {
    const commits = [];
    for (const _ of [1, 2, 3]) {
      commits.push(await fixture.repository.commit());
      await untilShared(fixture, commits.at(-1) ?? '');
    }
    const fourth = await fixture.repository.commit();
    for (const name of names) {
      await fixture.system.until(name, 'lets it finish', ({ status }) => {
        return findCondition(status?.conditions, 'Built')?.reason === 'LettingFinish';
      });
    }
    await fixture.system.farm.release();
    // The fourth is not released: what is served meanwhile is the third.
    expect(await untilServed(fixture, commits[2] ?? '')).toBe(1);
    await untilShared(fixture, fourth);
    await fixture.system.farm.release();
    expect(await untilServed(fixture, fourth)).toBe(1);
  });

  it('share another one when it fails', async () => {
    const revision = await fixture.repository.commit();
    await untilShared(fixture, revision);
    fixture.system.farm.broken.add(revision);
    await fixture.system.farm.release();
    await eventually('a second run', () => runsOf(fixture, revision).length === 2);
    fixture.system.farm.broken.delete(revision);
    const second = runsOf(fixture, revision)[1]?.function ?? '';
    const others = names.filter(name => name !== runsOf(fixture, revision)[0]?.function);
    for (const name of others) {
      await fixture.system.until(name, 'builds again', ({ status }) => status?.build?.cause === 'ShareLost');
    }
    await fixture.system.farm.release();
    await Promise.all(others.map(name => fixture.system.untilServed(name, digestOf(second, revision))));
    expect(runsOf(fixture, revision)).toHaveLength(2);
  });
});

describe.skipIf(!hasRedis)(`the same with two workers on a Redis (${skipsWithoutRedis})`, { timeout: limitMs }, () => {
  let fixture: Fixture;
  let redis: TestRedis;
  let planes: Plane[];

  beforeAll(async () => {
    [fixture, redis] = await Promise.all([prepare(), startRedis()]);
    fixture.system.farm.durationMs = Infinity;
    planes = await Promise.all([
      fixture.system.plane({ redis: redis.url }),
      fixture.system.plane({ redis: redis.url }),
    ]);
    await createAll(fixture);
  }, limitMs);
  afterAll(async () => {
    await fixture.system[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
  });

  it('have one run for all though Redis is emptied and the leader killed while it goes on', async () => {
    const revision = fixture.first;
    await untilShared(fixture, revision);
    await redis.flush();
    const leader = planes.find(plane => plane.log().includes('"every source is watched"'));
    if (leader) await kill(fixture, leader);
    await fixture.system.farm.release();
    expect(await untilServed(fixture, revision)).toBe(1);

    await fixture.system.plane({ redis: redis.url });
    const next = await fixture.repository.commit();
    await untilShared(fixture, next);
    await fixture.system.farm.release();
    expect(await untilServed(fixture, next)).toBe(1);
  });
});
