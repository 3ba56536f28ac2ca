// What the queue on Redis survives: the death of workers and of Redis, an emptied Redis, a silent one, a wrong password.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { RetryableError, TerminalError } from '../../src/platform/errors.ts';
import type { Queue } from '../../src/platform/queue/queue.ts';
import { createRedisQueue } from '../../src/platform/queue/redis/queue.ts';
import { createRedisState } from '../../src/platform/state/redis.ts';
import { hasRedis, skipsWithoutRedis, startRedis, type TestRedis } from '../servers/redis.ts';
import { createKeptLog, Scene } from './queue-scene.ts';
import { waited } from './queue-worlds.ts';

const program = fileURLToPath(new URL('queue-process.ts', import.meta.url));
const until = waited(40_000);

interface WorkerProcess {
  readonly child: ChildProcess;
  readonly lines: string[];
}

describe.skipIf(!hasRedis)(
  `the queue on Redis${hasRedis ? '' : ` (${skipsWithoutRedis})`}`,
  { timeout: 90_000 },
  () => {
    let redis: TestRedis;
    let queue: Queue;
    let scene: Scene;
    let log: ReturnType<typeof createKeptLog>;
    let processes: WorkerProcess[];
    const idle = () => until(() => scene.idle().catch(() => false));
    const began = (key: string, times: number) => until(() => scene.runs(key) >= times);

    beforeEach(async () => {
      redis = await startRedis();
      log = createKeptLog();
      queue = await createRedisQueue({ url: redis.url, clock: systemClock, log });
      scene = new Scene(queue);
      processes = [];
    });
    afterEach(async () => {
      for (const { child } of processes) child.kill('SIGKILL');
      await scene.close();
      await queue[Symbol.asyncDispose]();
      await redis[Symbol.asyncDispose]();
      expect(scene.overlaps).toEqual([]);
    });

    async function startWorker(concurrency = 10): Promise<WorkerProcess> {
      const child = spawn(process.execPath, [program, redis.url, String(concurrency)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const worker = { child, lines: new Array<string>() };
      createInterface({ input: child.stdout }).on('line', line => worker.lines.push(line));
      processes.push(worker);
      await until(() => worker.lines.includes('ready'));
      return worker;
    }

    /** Wakes until the wake is taken: Redis may be away. */
    async function wakeAtLast(key: string): Promise<void> {
      await until(() =>
        scene.wake(key).then(
          () => true,
          error => {
            expect(error).toBeInstanceOf(RetryableError);
            return false;
          },
        ),
      );
    }

    test('a key whose process is killed runs again in another one, and what waited goes on', async () => {
      const first = await startWorker(2);
      await Promise.all(['hold-1', 'hold-2'].map(key => scene.wake(key)));
      await until(() => first.lines.includes('begin hold-1') && first.lines.includes('begin hold-2'));
      await scene.wake('waiting');
      await scene.wake('hold-1');
      first.child.kill('SIGKILL');
      await scene.work();
      await began('waiting', 1);
      await began('hold-1', 1);
      await began('hold-2', 1);
      await idle();
    });

    test('a process that is told to stop ends what runs and takes nothing new', async () => {
      const worker = await startWorker(3);
      const keys = Array.from({ length: 30 }, (_, index) => `work-${index}`);
      await Promise.all(keys.map(key => scene.wake(key)));
      await until(() => worker.lines.includes('begin work-5'));
      worker.child.kill('SIGTERM');
      await once(worker.child, 'exit');
      const [started, ended] = ['begin', 'end'].map(word => worker.lines.filter(line => line.startsWith(`${word} `)));
      expect(ended).toHaveLength(started?.length ?? 0);
      expect(await scene.counts()).toEqual({ delayed: 0, due: 30 - (started?.length ?? 0), running: 0 });
    });

    test('two processes share the load, and no key runs in both', async () => {
      const workers = await Promise.all([startWorker(4), startWorker(4)]);
      const keys = Array.from({ length: 200 }, (_, index) => `work-${index}`);
      await Promise.all(keys.map(key => scene.wake(key)));
      await idle();
      const shares = workers.map(worker => worker.lines.filter(line => line.startsWith('begin')));
      expect(shares.flat().toSorted()).toEqual(keys.map(key => `begin ${key}`).toSorted());
      for (const share of shares) expect(share.length).toBeGreaterThan(40);
    });

    test('Redis killed and started again: nothing that was recorded is lost, and everybody goes on', async () => {
      const run = scene.hold('running');
      await scene.work();
      await scene.wake('running');
      await began('running', 1);
      await scene.wake('delayed', Date.now() + 2_000);
      await scene.wake('running');
      for (let round = 0; round < 3; round += 1) {
        await redis.kill9();
        await expect(scene.wake('refused')).rejects.toThrow(RetryableError);
        expect(queue.healthy()).toBe(false);
        await redis.restart();
        await wakeAtLast(`after-${round}`);
        expect(queue.healthy()).toBe(true);
        await began(`after-${round}`, 1);
      }
      run.run?.end();
      await began('running', 2);
      await began('delayed', 1);
      await idle();
    });

    test('a run that ends while Redis is away is settled when it is back', async () => {
      const run = scene.hold('key');
      await scene.work();
      await scene.wake('key');
      await began('key', 1);
      await redis.kill9();
      run.run?.end(Date.now() + 10);
      await redis.restart();
      await began('key', 2);
      await idle();
    });

    test('Redis emptied: what runs finishes and comes back when it said, later wakes work, no key runs twice at once', async () => {
      const [first, second] = [scene.hold('returns'), scene.hold('woken')];
      await scene.work();
      await scene.wake('returns');
      await scene.wake('woken');
      await scene.wake('forgotten', Date.now() + 3_600_000);
      await began('returns', 1);
      await began('woken', 1);
      await redis.flush();
      await scene.wake('woken');
      await scene.wake('new');
      await began('new', 1);
      expect(scene.runs('woken')).toBe(1);
      first.run?.end(Date.now() + 10);
      second.run?.end();
      await began('returns', 2);
      await began('woken', 2);
      await idle();
      expect(scene.runs('forgotten')).toBe(0);
    });

    test('a Redis that says nothing makes a wake fail in time, and is used again when it speaks', async () => {
      await scene.work();
      await scene.wake('before');
      await began('before', 1);
      redis.freeze(true);
      await expect(scene.wake('refused')).rejects.toThrow(RetryableError);
      expect(queue.healthy()).toBe(false);
      redis.freeze(false);
      await until(() => queue.healthy());
      await wakeAtLast('after');
      await began('after', 1);
    });

    test('a Redis that is not there at first: wakes are refused, and work begins when it comes', async () => {
      await redis.kill9();
      const early = await createRedisQueue({ url: redis.url, clock: systemClock, log });
      const handled = new Scene(early);
      await handled.work();
      await expect(handled.wake('key')).rejects.toThrow(RetryableError);
      expect(early.healthy()).toBe(false);
      await redis.restart();
      await until(() => early.healthy());
      await handled.wake('key');
      await until(() => handled.runs('key') === 1);
      await redis.kill9();
      await handled.close();
      await early[Symbol.asyncDispose]();
    });

    test('it works over TLS and with a password, which no message and nothing in Redis holds', async () => {
      const password = 'pä:ss/w@rd';
      await using secure = await startRedis({ tls: true, password });
      const ports = { url: secure.url, clock: systemClock, log, caPem: secure.ca };
      const good = await createRedisQueue(ports);
      const state = await createRedisState(ports);
      const handled = new Scene(good);
      await handled.work();
      await handled.wake('key');
      await until(() => handled.runs('key') === 1);
      await state.set('key', 'value', 10_000);
      const wrong = await createRedisQueue({ ...ports, url: secure.url.replace('rd@', 'rdwrong@') });
      const refusal = await wrong.wake('source', 'key').catch(String);
      await secure.kill9();
      const away = await good.wake('source', 'key').catch(String);
      await Promise.all([handled.close(), wrong[Symbol.asyncDispose](), state[Symbol.asyncDispose]()]);
      await good[Symbol.asyncDispose]();
      const said = [refusal, away, ...log.lines].join('\n');
      expect(said).toContain('WRONGPASS');
      for (const secret of [password, encodeURIComponent(password), 'ss/w', 'ss%2Fw'])
        expect(said).not.toContain(secret);
    });

    test.each([
      ['nonsense', 'not a URL'],
      ['http://user:secret@host', 'redis://'],
      ['redis://user:secret@host:6379/x', 'database'],
      ['redis://user:%zzsecret@host', 'password'],
    ])('the URL %s is refused without being repeated', async (url, why) => {
      const refusal: unknown = await createRedisQueue({ url, clock: systemClock, log }).catch(
        (error: unknown) => error,
      );
      expect(refusal).toBeInstanceOf(TerminalError);
      expect(String(refusal)).toContain(why);
      expect(String(refusal)).not.toContain('secret');
    });

    test('a due key costs the same few commands among 1,000 keys as among 100,000', async () => {
      async function commandsPerKey(later: number): Promise<number> {
        await using server = await startRedis({ fsync: 'everysec' });
        await using crowded = await createRedisQueue({ url: server.url, clock: systemClock, log });
        const wakes = (count: number, at?: number) =>
          Promise.all(Array.from({ length: count }, (_, index) => crowded.wake('source', `${at}-${index}`, at)));
        for (let from = 0; from < later; from += 1_000) await wakes(1_000, Date.now() + 3_600_000 + from);
        await wakes(1_000);
        expect(await crowded.counts('source')).toEqual({ delayed: later, due: 1_000, running: 0 });
        await server.resetCommandstats();
        const handled = new Scene(crowded);
        const consumer = await handled.work(50);
        await until(() => handled.began.length >= 1_000);
        await consumer.close();
        const calls = [...(await server.commandstats()).values()].map(each => each.calls);
        return calls.reduce((sum, each) => sum + each, 0) / 1_000;
      }
      const few = await commandsPerKey(0);
      const many = await commandsPerKey(99_000);
      expect(few).toBeLessThan(20);
      expect(Math.abs(many - few)).toBeLessThan(1);
    });
  },
);
