import { beforeEach, describe, expect, it } from 'vitest';
import { failing, found, interval, never, PollWorld } from '../../test/poll-world.ts';
import { anonymous } from '../watch/graph.ts';
import { stateKeys } from '../watch/source.ts';
import type { Question } from './provider.ts';

const minute = 60_000;

let world: PollWorld;

beforeEach(() => {
  world = new PollWorld();
});

describe('revision/breaker', () => {
  beforeEach(() => {
    world.secrets.set('ns/s', 'hunter2-one');
  });

  const refuse = (password: string) => (question: Question) =>
    question.credential?.password === password ? failing('Unauthorized') : { main: found('a') };

  it('go to the provider, and nowhere else', async () => {
    const key = await world.watch({ secret: 's' });
    await world.poll(key);
    expect(world.questions[0]?.credential?.password).toBe('hunter2-one');
    world.answer = refuse('hunter2-one');
    for (let at = 0; at < 4; at += 1) await world.poll(key);
    const stored = await world.state.getMany([stateKeys.spec(key), stateKeys.observation(key)]);
    expect(JSON.stringify([stored, world.logged, world.woken])).not.toContain('hunter2');
  });

  it('a missing Secret is told, and noticed within a minute when it comes', async () => {
    const key = await world.watch({ secret: 's' });
    world.secrets.delete('ns/s');
    world.credentials.forget({ namespace: 'ns', name: 's' });
    expect(await world.poll(key)).toBeLessThanOrEqual(minute / 2);
    expect(await world.seen(key)).toMatchObject({ failure: { reason: 'SecretNotFound' } });
    world.secrets.set('ns/s', 'hunter2-one');
    await world.poll(key);
    expect((await world.seen(key))?.failure).toBeUndefined();
  });

  it('a credential that was just replaced is asked with at once', async () => {
    const key = await world.watch({ secret: 's' });
    world.answer = refuse('hunter2-one');
    world.secrets.set('ns/s', 'hunter2-two');
    await world.poll(key);
    expect(world.questions.map(({ credential }) => credential?.password)).toEqual(['hunter2-one', 'hunter2-two']);
    expect((await world.seen(key))?.failure).toBeUndefined();
  });

  it('a Secret that changed is asked with, and the leader hears of it', async () => {
    const key = await world.watch({ secret: 's' });
    for (let at = 0; at < 3; at += 1) await world.poll(key);
    expect((await world.seen(key))?.askedWith).toBeUndefined();
    world.secrets.set('ns/s', 'hunter2-two');
    world.credentials.forget({ namespace: 'ns', name: 's' });
    world.woken.length = 0;
    await world.poll(key);
    expect(world.woken).toHaveLength(1);
    const seen = await world.seen(key);
    expect(seen?.askedWith).toBe(world.questions.at(-1)?.credentialId);
    expect(seen?.askedWith).not.toBe(world.graph.spec(key)?.credentialId);
  });

  it('any Secret that holds the credential will do', async () => {
    world.secrets.set('ns/t', 'hunter2-one');
    const key = await world.watch({ secret: 's' });
    await world.watch({ secret: 't', want: 'dev' });
    world.secrets.delete('ns/s');
    world.credentials.forget({ namespace: 'ns', name: 's' });
    world.answer = () => ({ main: found('a'), dev: found('d') });
    await world.poll(key);
    expect(world.questions).toHaveLength(1);
  });

  it('refused twice, it is tried once in ten minutes by one source of the host', async () => {
    const keys = [await world.watch({ secret: 's' })];
    for (let at = 0; at < 9; at += 1) keys.push(await world.watch({ secret: 's', url: `https://git.example/o/${at}` }));
    world.answer = refuse('hunter2-one');
    const end = world.clock.now() + 31 * minute;
    const due = new Map(keys.map(key => [key, world.clock.now()]));
    while (world.clock.now() < end) {
      const [key, at] = [...due].toSorted((a, b) => a[1] - b[1])[0] ?? ['', end];
      world.clock.advance(Math.max(at - world.clock.now(), 0));
      due.set(key, (await world.handle(key, never)) ?? end);
    }
    // Two that opened it, and three probes in half an hour.
    expect(world.questions).toHaveLength(5);
    for (const key of keys) expect(await world.seen(key)).toMatchObject({ failure: { reason: 'Unauthorized' } });
  });

  it('refused, it is noticed within a minute when the Secret changes, without asking the host before', async () => {
    const key = await world.watch({ secret: 's' });
    world.answer = refuse('hunter2-one');
    for (let at = 0; at < 6; at += 1) await world.poll(key);
    expect(world.questions).toHaveLength(2);
    const changedAt = world.clock.now();
    world.secrets.set('ns/s', 'hunter2-two');
    while ((await world.seen(key))?.failure) await world.poll(key);
    expect(world.questions).toHaveLength(3);
    expect(((await world.seen(key))?.at ?? 0) - changedAt).toBeLessThanOrEqual(minute);
  });

  it('an open breaker reads the Secret at most twice a minute, and not the forge', async () => {
    const key = await world.watch({ secret: 's' });
    world.answer = refuse('hunter2-one');
    for (let at = 0; at < 2; at += 1) await world.poll(key);
    world.secretReads = 0;
    const start = world.clock.now();
    while (world.clock.now() < start + 5 * minute) await world.poll(key);
    expect(world.secretReads).toBeLessThanOrEqual(10);
    expect(world.questions).toHaveLength(2);
  });

  it('taken again, it is used by all at once', async () => {
    const keys = [
      await world.watch({ secret: 's' }),
      await world.watch({ secret: 's', url: 'https://git.example/o/s' }),
    ];
    world.answer = refuse('hunter2-one');
    for (const key of [...keys, ...keys]) await world.handle(key, never);
    expect(world.questions).toHaveLength(2);
    world.answer = () => ({ main: found('a') });
    world.clock.advance(10 * minute);
    for (const key of keys) await world.handle(key, never);
    expect(world.questions).toHaveLength(4);
    for (const key of keys) expect((await world.seen(key))?.failure).toBeUndefined();
  });

  it('that nobody has seen taken is tried by one source at a time', async () => {
    const keys = await Promise.all(
      Array.from({ length: 20 }, (_, at) => world.watch({ secret: 's', url: `https://git.example/o/${at}` })),
    );
    const pollAll = () => Promise.all(keys.map(key => world.handle(key, never)));
    world.answer = refuse('hunter2-one');
    await pollAll();
    expect(world.questions).toHaveLength(1);
    world.secrets.set('ns/s', 'hunter2-two');
    world.clock.advance(minute);
    world.answer = () => ({ main: found('a') });
    await pollAll();
    expect(world.questions).toHaveLength(2);
    world.clock.advance(500);
    await pollAll();
    expect(world.questions).toHaveLength(22);
  });

  it('one repository that it may not read stands for itself', async () => {
    const [one, two] = [
      await world.watch({ secret: 's' }),
      await world.watch({ secret: 's', url: 'https://git.example/o/s' }),
    ];
    world.answer = ({ source }) =>
      source.kind === 'git' && source.url.endsWith('/s') ? { main: found('a') } : failing('Forbidden');
    for (let at = 0; at < 4; at += 1) {
      await world.handle(one, never);
      await world.handle(two, never);
      world.clock.advance(interval);
    }
    expect(world.questions.filter(({ source }) => source.kind === 'git' && source.url.endsWith('/r'))).toHaveLength(2);
    expect(world.questions).toHaveLength(6);
  });

  it('without one, each repository is refused for itself', async () => {
    const [one, two] = [await world.watch(), await world.watch({ url: 'https://git.example/o/s' })];
    world.answer = ({ source, credentialId }) => {
      expect(credentialId).toBe(anonymous);
      return source.kind === 'git' && source.url.endsWith('/s') ? { main: found('a') } : failing('Unauthorized');
    };
    await world.poll(one);
    expect(await world.poll(one)).toBe(10 * minute);
    await world.poll(two);
    expect((await world.seen(two))?.failure).toBeUndefined();
    await world.poll(one);
    expect(world.questions).toHaveLength(4);
  });
});
