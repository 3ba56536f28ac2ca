// What a queue promises, whichever driver it is.
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { RetryableError, TerminalError } from '../../src/platform/errors.ts';
import { type QueueWorld, Scene } from './queue-scene.ts';

const hourMs = 60 * 60_000;

export interface QueueContract {
  readonly driver: string;
  /** Absent: the suite runs. */
  readonly skip?: string | undefined;
  open(): Promise<QueueWorld>;
  /** How many random histories are tried. */
  readonly histories: number;
}

export function queueContract(contract: QueueContract): void {
  const { driver, skip, histories } = contract;
  describe.skipIf(skip !== undefined)(`the queue ${driver}${skip ? ` (${skip})` : ''}`, () => {
    let world: QueueWorld;
    let scene: Scene;
    const now = () => world.clock.now();
    const began = (key: string, times: number) => world.until(() => scene.runs(key) >= times);
    const idle = () => world.until(() => scene.idle());

    beforeAll(async () => {
      world = await contract.open();
    });
    afterAll(() => world?.[Symbol.asyncDispose]());
    beforeEach(() => {
      scene = new Scene(world.queue);
    });
    afterEach(async () => {
      await scene.close();
      expect(scene.overlaps).toEqual([]);
    });

    test('the earliest wake wins, a wake during a delay pulls it forward, a wake during a run runs it again, a failure never blocks the key', async () => {
      const first = scene.hold('key');
      await scene.wake('key', now() + hourMs);
      await scene.wake('key', now() + 50);
      await scene.wake('key', now() + 2 * hourMs);
      await scene.work();
      await began('key', 1);

      await scene.wake('key', now());
      const second = scene.hold('key');
      first.run?.end(now() + hourMs);
      await began('key', 2);

      const third = scene.hold('key');
      second.run?.end(now() + hourMs);
      await world.until(async () => (await scene.counts()).delayed === 1);
      await scene.wake('key');
      await began('key', 3);

      third.run?.fail(new Error('for this test'));
      await began('key', 4);
      await idle();
      expect(scene.began).toHaveLength(4);
    });

    test('a later wake does not push a key back, and is not kept beside the earlier one', async () => {
      await scene.wake('key', now() + 20);
      await scene.wake('key', now() + hourMs);
      await scene.work();
      await began('key', 1);
      await idle();
      expect(scene.runs('key')).toBe(1);
    });

    test('a key waits for its time and for somebody to work', async () => {
      await scene.wake('later', now() + hourMs);
      await scene.wake('now');
      expect(await scene.counts()).toEqual({ delayed: 1, due: 1, running: 0 });
      await scene.work();
      await began('now', 1);
      await world.until(async () => (await scene.counts()).running === 0);
      expect(await scene.counts()).toEqual({ delayed: 1, due: 0, running: 0 });
      await scene.wake('later');
      await idle();
      expect(scene.began).toEqual(['now', 'later']);
    });

    test('a key runs again when its handler said', async () => {
      scene.script(
        'key',
        run => run.end(now() + 30),
        run => run.end(now() + 30),
        run => run.end(now() - 5),
      );
      await scene.work();
      await scene.wake('key');
      await began('key', 4);
      await idle();
      expect(scene.runs('key')).toBe(4);
    });

    test('however many wakes come during a run, it runs once more', async () => {
      const run = scene.hold('key');
      await scene.work();
      await scene.wake('key');
      await began('key', 1);
      for (let wakes = 0; wakes < 20; wakes += 1) await scene.wake('key', now() - wakes);
      expect(await scene.counts()).toEqual({ delayed: 0, due: 0, running: 1 });
      run.run?.end();
      await began('key', 2);
      await idle();
      expect(scene.runs('key')).toBe(2);
    });

    test('a wake during a run for later than the handler asked changes nothing; one for earlier wins', async () => {
      const first = scene.hold('key');
      const second = scene.hold('key');
      await scene.work();
      await scene.wake('key');
      await began('key', 1);
      await scene.wake('key', now() + hourMs);
      first.run?.end(now() + 20);
      await began('key', 2);
      await scene.wake('key', now() + 20);
      second.run?.end(now() + hourMs);
      await began('key', 3);
      await idle();
      expect(scene.runs('key')).toBe(3);
    });

    test('a wake pulls a failed key forward, however late its error wants to come back', async () => {
      const retryAt = now() + hourMs / 2;
      scene.script('key', run => run.fail(new RetryableError('RateLimited', 'later', { retryAt })));
      await scene.work();
      await scene.wake('key');
      await began('key', 1);
      await world.until(async () => (await scene.counts()).delayed === 1);
      await scene.wake('key');
      await began('key', 2);
      await idle();
    });

    test('a key that fails in every way runs again, also after an error that is terminal', async () => {
      scene.script(
        'key',
        run => run.fail(new TerminalError('InvalidSpec', 'no')),
        run => run.fail('a string'),
        run => run.end(Number.NaN),
      );
      await scene.work();
      await scene.wake('key');
      await began('key', 4);
      await idle();
    });

    test('never more keys run at once than asked for, and all of them run', async () => {
      const keys = Array.from({ length: 60 }, (_, index) => `key-${index}`);
      for (const key of keys) scene.script(key, run => world.clock.after(5, () => run.end()));
      await scene.work(7);
      await Promise.all(keys.map(key => scene.wake(key)));
      await world.until(() => keys.every(key => scene.runs(key) === 1));
      await idle();
      expect(scene.most).toBeLessThanOrEqual(7);
    });

    test('closing lets what runs finish and takes nothing new', async () => {
      const run = scene.hold('key');
      const consumer = await scene.work();
      await scene.wake('key');
      await began('key', 1);
      const closed = consumer.close(hourMs);
      await scene.wake('other');
      run.run?.end(now() + hourMs);
      await closed;
      expect(run.run?.signal.aborted).toBe(false);
      expect(scene.began).toEqual(['key']);
      expect(await scene.counts()).toEqual({ delayed: 1, due: 1, running: 0 });
      await scene.work();
      await scene.wake('key');
      await idle();
    });

    test('a run that does not finish in time is told to stop, and its key runs again elsewhere', async () => {
      const stopped: unknown[] = [];
      scene.script('key', run =>
        run.signal.addEventListener('abort', () => {
          stopped.push(run.key);
          run.fail(run.signal.reason);
        }),
      );
      const consumer = await scene.work();
      await scene.wake('key');
      await began('key', 1);
      await consumer.close(0);
      expect(stopped).toEqual(['key']);
      expect(await scene.counts()).toEqual({ delayed: 0, due: 1, running: 0 });
      await scene.work(1, world.other);
      await began('key', 2);
      await idle();
    });

    test('any text is a key', async () => {
      const keys = [
        'a:b',
        'a%3Ab',
        '%',
        '7',
        'wait',
        'meta',
        'ns/name',
        'https://h:1/x?y=%2F',
        'ü 密',
        'x'.repeat(500),
      ];
      await scene.work();
      for (const key of keys) await scene.wake(key);
      await world.until(() => scene.began.length >= keys.length);
      await idle();
      expect(scene.began.toSorted()).toEqual(keys.toSorted());
    });

    test('queues know nothing of each other', async () => {
      const fanout = new Scene(world.queue, 'fanout');
      await fanout.work();
      await scene.wake('key');
      await fanout.wake('other');
      await world.until(() => fanout.idle());
      expect(fanout.began).toEqual(['other']);
      await scene.work();
      await idle();
      await fanout.close();
      expect(scene.began).toEqual(['key']);
    });

    test('in any history no wake is lost and no key runs twice at once', { timeout: 120_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(history, async steps => {
          const here = new Scene(world.queue);
          await here.work(2);
          await here.work(2, world.other);
          await expect(play(steps, here, world)).resolves.toEqual([]);
          await here.close();
          expect(here.overlaps).toEqual([]);
        }),
        { numRuns: histories },
      );
    });
  });
}

interface Step {
  readonly key: 'a' | 'b' | 'c';
  /** What the next run of the key does, if this is not a wake. */
  readonly does: 'wake' | 'end' | 'again' | 'fail' | 'slow';
  readonly ms: number;
}

const history = fc.array(
  fc.record<Step>({
    key: fc.constantFrom('a', 'b', 'c'),
    does: fc.constantFrom('wake', 'wake', 'wake', 'end', 'again', 'fail', 'slow'),
    ms: fc.constantFrom(-5, 0, 0, 1, 5, 30),
  }),
  { minLength: 1, maxLength: 25 },
);

/** Plays a history to its end, and returns the wakes after which no run began. */
async function play(steps: readonly Step[], scene: Scene, world: QueueWorld): Promise<string[]> {
  const wakes: { readonly key: string; readonly after: number }[] = [];
  for (const [index, { key, does, ms }] of steps.entries()) {
    if (does === 'end') scene.script(key, run => run.end());
    if (does === 'again') scene.script(key, run => run.end(world.clock.now() + ms));
    if (does === 'slow') scene.script(key, run => void world.clock.after(Math.max(ms, 1), () => run.end()));
    if (does === 'fail') scene.script(key, run => run.fail(new RetryableError('NetworkError', 'for this test')));
    if (does !== 'wake') continue;
    wakes.push({ key, after: scene.began.length });
    await (index % 2 === 0 ? world.queue : world.other).wake('source', key, world.clock.now() + ms);
  }
  await world.until(() => scene.idle());
  return wakes.filter(({ key, after }) => !scene.began.slice(after).includes(key)).map(({ key }) => key);
}
