// Work by key where only the latest matters.
import { describe, expect, it } from 'vitest';
import { latestByKey } from './latest.ts';

describe('work by key', () => {
  it('runs a key once for touches in one go, and once more for touches while it runs', async () => {
    const gate = Promise.withResolvers<void>();
    const runs: string[] = [];
    const work = latestByKey(2, async key => {
      runs.push(key);
      if (runs.length === 1) await gate.promise;
    });
    work.touch('a');
    work.touch('a');
    await Promise.resolve();
    work.touch('a');
    work.touch('a');
    gate.resolve();
    await work.idle();
    expect(runs).toEqual(['a', 'a']);
  });

  it('runs at most so many keys at once, and all of them in the end', async () => {
    let running = 0;
    let most = 0;
    const done: string[] = [];
    const work = latestByKey(3, async key => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(resolve => setImmediate(resolve));
      running -= 1;
      done.push(key);
    });
    const keys = Array.from({ length: 20 }, (_, at) => String(at));
    for (const key of keys) work.touch(key);
    await work.idle();
    expect(most).toBe(3);
    expect(done.toSorted()).toEqual(keys.toSorted());
  });

  it('forgets what waits when it is closed', async () => {
    const done: string[] = [];
    const work = latestByKey(1, async key => void done.push(key));
    work.touch('a');
    work.touch('b');
    await work.close();
    work.touch('c');
    await work.idle();
    expect(done).toEqual(['a']);
  });
});
