import { beforeEach, describe, expect, it } from 'vitest';
import { failing, found, interval, never, PollWorld } from '../../test/poll-world.ts';
import { TerminalError } from '../platform/errors.ts';
import { stateKeys } from '../watch/source.ts';

const minute = 60_000;

let world: PollWorld;

beforeEach(() => {
  world = new PollWorld();
});

describe('revision/detect', () => {
  it('a source that nobody watches is not polled', async () => {
    expect(await world.handle('0123456789abcdef-0', never)).toBeUndefined();
    expect(world.questions).toEqual([]);
  });

  it('forgets what it saw of a source that nobody watches any more', async () => {
    const key = await world.watch();
    await world.poll(key);
    await world.state.delete(stateKeys.spec(key));
    expect(await world.handle(key, never)).toBeUndefined();
    expect(await world.seen(key)).toBeUndefined();
  });

  it('stores what it saw, tells the leader, and comes again within the promise', async () => {
    const key = await world.watch();
    const at = world.clock.now();
    const waited = await world.poll(key);
    expect(waited).toBeGreaterThan(0);
    expect(waited).toBeLessThanOrEqual(interval);
    expect(await world.seen(key)).toEqual({
      at,
      heads: { main: { kind: 'found', id: 'a', sightings: 1 } },
      intervalMs: interval,
    });
    expect(world.woken).toEqual([`fanout ${key}`]);
    expect(world.polls).toEqual(['unchanged']);
  });

  it('an unchanged poll costs one read, one write and, now and then, one wake', async () => {
    const key = await world.watch();
    for (let at = 0; at < 4; at += 1) await world.poll(key);
    world.stateCalls = [];
    world.woken.length = 0;
    const [read, write] = ['getMany', 'swap'];
    for (let at = 0; at < 4; at += 1) await world.poll(key);
    expect(world.stateCalls).toEqual([read, write, read, write, read, write, read, write]);
    expect(world.woken.length).toBeLessThanOrEqual(2);
    expect(world.woken.length).toBeGreaterThan(0);
    expect((await world.seen(key))?.at).toBeGreaterThan(world.clock.now() - interval - 1);
  });

  it('hands the provider what was seen, and asks once more afresh what was seen once', async () => {
    const key = await world.watch();
    for (let at = 0; at < 3; at += 1) await world.poll(key);
    expect(world.questions.map(({ fresh, previous }) => [fresh, previous?.['main']])).toEqual([
      [undefined, undefined],
      [true, { kind: 'found', id: 'a', sightings: 1 }],
      [undefined, { kind: 'found', id: 'a', sightings: 2 }],
    ]);
  });

  it('a change is told at once, told again by the next poll, and its age is measured', async () => {
    const key = await world.watch();
    for (let at = 0; at < 3; at += 1) await world.poll(key);
    world.woken.length = 0;
    world.answer = () => ({ main: found('b') });
    await world.poll(key);
    expect(world.polls.at(-1)).toBe('changed');
    expect(world.latencies).toEqual([interval / 1000]);
    expect(world.woken).toHaveLength(1);
    await world.poll(key);
    await world.poll(key);
    expect(world.woken).toHaveLength(3);
    await world.poll(key);
    expect(world.woken).toHaveLength(3);
  });

  it('an id that comes back is asked again soon, on a fresh connection, and counts when it is seen twice', async () => {
    const key = await world.watch();
    for (const id of ['a', 'b', 'b']) {
      world.answer = () => ({ main: found(id) });
      await world.poll(key);
    }
    world.answer = () => ({ main: found('a') });
    expect(await world.poll(key)).toBeLessThanOrEqual(2000);
    expect((await world.seen(key))?.heads['main']).toMatchObject({ id: 'a', sightings: 1 });
    await world.poll(key);
    expect(world.questions.at(-1)?.fresh).toBe(true);
    expect((await world.seen(key))?.heads['main']).toMatchObject({ id: 'a', sightings: 2 });
  });

  it('a poll that another one overtook stores nothing and tells nothing: what it saw may be over', async () => {
    const key = await world.watch();
    for (let at = 0; at < 3; at += 1) await world.poll(key);
    world.answer = async () => {
      world.answer = () => ({ main: found('b') });
      await world.handle(key, never);
      world.woken.length = 0;
      return { main: found('a') };
    };
    await world.poll(key);
    expect((await world.seen(key))?.heads['main']).toMatchObject({ id: 'b', sightings: 1 });
    expect(world.woken).toEqual([]);
  });

  it('an answer for a part of the wants changes nothing', async () => {
    const key = await world.watch();
    await world.watch({ want: 'dev' });
    world.answer = () => ({ main: found('a'), dev: found('d') });
    await world.poll(key);
    world.answer = () => ({ main: found('b') });
    await world.poll(key);
    expect(await world.seen(key)).toMatchObject({
      heads: { main: { id: 'a' }, dev: { id: 'd' } },
      failure: { reason: 'UnexpectedAnswer' },
    });
  });

  it('the operator floors the interval', async () => {
    const key = await world.watch({ intervalMs: 10 });
    await world.poll(key);
    expect((await world.seen(key))?.intervalMs).toBe(1000);
  });

  it('a shorter promise counts at once, though the longer one was just kept', async () => {
    const key = await world.watch({ intervalMs: 5 * minute });
    await world.handle(key, never);
    await world.handle(key, never);
    expect(await world.seen(key)).toMatchObject({ intervalMs: 5 * minute });
    world.clock.advance(1000);
    const asked = world.questions.length;
    await world.watch({ intervalMs: 1000 });
    expect(await world.poll(key)).toBeLessThanOrEqual(1000);
    expect(world.questions).toHaveLength(asked + 1);
    expect(await world.seen(key)).toMatchObject({ intervalMs: 1000 });
  });

  it('an end of the process in the middle is no failure of the source', async () => {
    const key = await world.watch();
    const stop = new AbortController();
    world.answer = () => {
      stop.abort(new Error('stopping'));
      return failing('Aborted');
    };
    await expect(world.handle(key, stop.signal)).rejects.toThrow('stopping');
    expect(await world.seen(key)).toBeUndefined();
  });

  it('a fault of ours is thrown, not told', async () => {
    const key = await world.watch();
    world.answer = () => {
      throw new TypeError('oops');
    };
    await expect(world.handle(key, never)).rejects.toThrow('oops');
    expect(await world.seen(key)).toBeUndefined();
  });
});

describe('revision/detect, failures', () => {
  it('are recorded beside what was seen, logged once, told once, and cleared by an answer', async () => {
    const key = await world.watch();
    await world.poll(key);
    const since = world.clock.now();
    world.answer = () => failing('ServerError');
    await world.poll(key);
    await world.poll(key);
    expect(await world.seen(key)).toMatchObject({
      heads: { main: { id: 'a' } },
      failure: { reason: 'ServerError', message: 'the host says ServerError', since, count: 2 },
    });
    expect(world.logged).toHaveLength(1);
    world.answer = () => ({ main: found('a') });
    await world.poll(key);
    expect((await world.seen(key))?.failure).toBeUndefined();
    expect(world.logged).toHaveLength(2);
  });

  it('a host in trouble is asked ever more rarely, and within a minute when it is well', async () => {
    const key = await world.watch({ intervalMs: 5000 });
    world.answer = () => failing('NetworkError');
    const waits: number[] = [];
    for (let at = 0; at < 8; at += 1) waits.push(await world.poll(key));
    expect(waits.at(-1)).toBe(minute);
    expect(world.questions).toHaveLength(8);
  });

  it('what is not there is asked at the ordinary pace', async () => {
    const key = await world.watch();
    world.answer = () => failing('NotFound');
    for (let at = 0; at < 5; at += 1) expect(await world.poll(key)).toBeLessThanOrEqual(interval);
    expect(world.questions).toHaveLength(5);
  });

  it('a time that the host names is kept, whoever wakes the source before', async () => {
    const key = await world.watch();
    const retryAt = world.clock.now() + 7 * minute;
    world.answer = () => failing('ServerError', retryAt);
    expect(await world.handle(key, never)).toBe(retryAt);
    world.clock.advance(minute);
    expect(await world.handle(key, never)).toBe(retryAt);
    expect(world.questions).toHaveLength(1);
  });

  it('a host that limits us is left alone by every source with this credential, and what they saw stays', async () => {
    const [one, two] = [await world.watch(), await world.watch({ url: 'https://git.example/o/s' })];
    await world.handle(one, never);
    await world.handle(two, never);
    world.clock.advance(interval);
    const retryAt = world.clock.now() + 10 * minute;
    world.limitedUntil = retryAt;
    expect(await world.handle(one, never)).toBe(retryAt);
    world.limitedUntil = 0;
    world.answer = () => ({ main: found('b') });
    expect(await world.handle(two, never)).toBe(retryAt);
    expect(await world.seen(one)).toMatchObject({ failure: { reason: 'RateLimited', retryAt } });
    const kept = await world.seen(two);
    expect(kept).toMatchObject({ heads: { main: { id: 'a' } }, intervalMs: 10 * minute + interval });
    expect(kept?.failure).toBeUndefined();
    expect(world.questions).toHaveLength(2);
    world.clock.advance(10 * minute);
    await world.handle(two, never);
    expect(await world.seen(two)).toMatchObject({ heads: { main: { id: 'b' } }, intervalMs: interval });
  });

  it('what a provider can never serve is asked rarely', async () => {
    const key = await world.watch();
    world.answer = () => {
      throw new TerminalError('BadUrl', 'never');
    };
    expect(await world.poll(key)).toBe(10 * minute);
    expect(await world.seen(key)).toMatchObject({ failure: { reason: 'BadUrl' } });
  });

  it('an API server that is away is no failure of the source', async () => {
    world.secrets.set('ns/s', 'one');
    const key = await world.watch({ secret: 's' });
    world.clock.advance(2 * minute);
    world.apiDown = true;
    await expect(world.handle(key, never)).rejects.toThrow('away');
    expect(await world.seen(key)).toBeUndefined();
  });
});

describe('the paths of a source', () => {
  const ids = (id: string) => new Map([[id, { fn: `tree of ${id}` }]]);
  const told = () => world.woken.splice(0).length;

  it('are read once for each new head, by the poll that saw it, and nothing is read for a known one', async () => {
    world.paths = wanted => ids([...wanted.keys()][0] ?? '');
    const key = await world.watch({ paths: ['fn'] });
    await world.poll(key);
    await world.poll(key);
    await world.poll(key);
    expect(world.reads).toEqual([new Map([['a', ['fn']]])]);
    world.answer = () => ({ main: found('b') });
    await world.poll(key);
    await world.poll(key);
    expect(world.reads).toHaveLength(2);
    expect(await world.seen(key)).toMatchObject({
      heads: { main: { id: 'b', paths: { fn: 'tree of b' }, sightings: 2 } },
    });
    expect(world.questions).toHaveLength(5);
  });

  it('that cannot be read are no failure of the source: they are tried again soon, and nobody is told before', async () => {
    const key = await world.watch({ paths: ['fn'] });
    world.paths = () => failing('Timeout');
    expect(await world.poll(key)).toBe(2_000);
    told();
    expect(await world.seen(key)).toMatchObject({
      heads: { main: { pathTrouble: { reason: 'Timeout', givenUp: false } } },
    });
    expect((await world.seen(key))?.failure).toBeUndefined();
    world.paths = () => ids('a');
    await world.poll(key);
    expect(told()).toBe(1);
    expect(await world.seen(key)).toMatchObject({ heads: { main: { paths: { fn: 'tree of a' } } } });
  });

  it('are given up after three tries, and that is told', async () => {
    const key = await world.watch({ paths: ['fn'] });
    world.paths = () => failing('ServerError');
    await world.poll(key);
    await world.poll(key);
    told();
    expect(await world.poll(key)).toBeGreaterThan(2_000);
    expect(told()).toBe(1);
    expect(await world.seen(key)).toMatchObject({ heads: { main: { pathTrouble: { givenUp: true } } } });
    await world.poll(key);
    expect(world.reads).toHaveLength(3);
  });

  it('that a fault of ours keeps from being read say so in the log, and the head is seen all the same', async () => {
    const key = await world.watch({ paths: ['fn'] });
    world.paths = () => {
      throw new TypeError('a fault');
    };
    await world.poll(key);
    expect(await world.seen(key)).toMatchObject({ heads: { main: { id: 'a' } } });
    expect(world.logged.join()).toContain('the ids of paths could not be read');
  });

  it('are read anew after the state was lost, and when more of them are wanted', async () => {
    world.paths = wanted =>
      new Map([...wanted].map(([id, paths]) => [id, Object.fromEntries(paths.map(p => [p, id]))]));
    const key = await world.watch({ paths: ['fn'] });
    await world.poll(key);
    await world.state.delete(stateKeys.observation(key));
    await world.poll(key);
    expect(world.reads).toHaveLength(2);
    await world.watch({ paths: ['fn', 'lib'] });
    told();
    await world.poll(key);
    expect(world.reads.at(-1)).toEqual(new Map([['a', ['fn', 'lib']]]));
    expect(told()).toBe(1);
  });
});
