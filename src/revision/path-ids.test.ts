import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgePaths } from '../decide/path-filter.ts';
import { RetryableError } from '../platform/errors.ts';
import type { Head, Heads, Observation, PathTrouble } from './observation.ts';
import { addPaths, troubleOf } from './path-ids.ts';
import type { FoundPaths, WantedPaths } from './provider.ts';

const head = (id: string): Head => ({ kind: 'found', id, sightings: 2 });
const after = (heads: Heads): Observation => ({ at: 1, heads, intervalMs: 1000 });
const failure = (reason: 'Timeout' | 'AnswerTooLarge' | 'RateLimited', retryAt?: number) =>
  troubleOf(new RetryableError(reason, `the host says ${reason}`, { retryAt }));

/** A host whose paths hold their own name and the commit's. */
class Host {
  readonly asked: (readonly [string, readonly string[]])[] = [];
  trouble: PathTrouble | undefined;

  readonly read = async (wanted: WantedPaths): Promise<FoundPaths | PathTrouble> => {
    this.asked.push(...wanted);
    if (this.trouble) return this.trouble;
    return new Map(
      [...wanted].map(([id, paths]) => [id, Object.fromEntries(paths.map(path => [path, `${path}@${id}`]))]),
    );
  };
}

const look = (wanted: Record<string, readonly string[]>, previous?: Heads, now = 0) => ({
  wanted,
  previous: previous && after(previous),
  now,
});

describe('the ids of the paths of a source', () => {
  it('are read once for a new commit, all wants together, and carried along after that', async () => {
    const host = new Host();
    const wanted = { main: ['a', 'b'], v1: ['b', 'c'], other: ['d'] };
    const seen = { main: head('x'), v1: head('x'), other: head('y'), none: head('z') };
    const first = await addPaths(seen, look(wanted), host.read);
    expect(host.asked).toEqual([
      ['x', ['a', 'b', 'c']],
      ['y', ['d']],
    ]);
    expect(first).toMatchObject({ changed: true, pending: false });
    expect(first.heads['main']).toMatchObject({ id: 'x', paths: { a: 'a@x', b: 'b@x' } });
    expect(first.heads['v1']).toMatchObject({ paths: { b: 'b@x', c: 'c@x' } });
    expect(first.heads['none']).toEqual(head('z'));

    const second = await addPaths(seen, look(wanted, first.heads), host.read);
    expect(host.asked).toHaveLength(2);
    expect(second).toEqual({ heads: first.heads, changed: false, pending: false });
  });

  it('are read again when more is wanted, and forgotten when less is', async () => {
    const host = new Host();
    const { heads } = await addPaths({ main: head('x') }, look({ main: ['a', 'b'] }), host.read);
    const less = await addPaths({ main: head('x') }, look({ main: ['b'] }, heads), host.read);
    expect(less).toMatchObject({ changed: false, heads: { main: { paths: { b: 'b@x' } } } });
    expect(less.heads['main']).not.toHaveProperty('paths.a');
    const more = await addPaths({ main: head('x') }, look({ main: ['b', 'c'] }, less.heads), host.read);
    expect(host.asked.at(-1)).toEqual(['x', ['b', 'c']]);
    expect(more).toMatchObject({ changed: true, heads: { main: { paths: { b: 'b@x', c: 'c@x' } } } });
  });

  it('are tried three times, then nobody waits for them, and now and then again', async () => {
    const host = new Host();
    host.trouble = failure('Timeout');
    const wanted = { main: ['a'] };
    let known = await addPaths({ main: head('x') }, look(wanted), host.read);
    expect(known).toMatchObject({ changed: false, pending: true, heads: { main: { pathTrouble: { count: 1 } } } });
    known = await addPaths({ main: head('x') }, look(wanted, known.heads, 1_000), host.read);
    expect(known).toMatchObject({ changed: false, pending: true });
    known = await addPaths({ main: head('x') }, look(wanted, known.heads, 2_000), host.read);
    expect(known).toMatchObject({ changed: true, pending: false, heads: { main: { pathTrouble: { givenUp: true } } } });
    await addPaths({ main: head('x') }, look(wanted, known.heads, 3_000), host.read);
    expect(host.asked).toHaveLength(3);
    host.trouble = undefined;
    known = await addPaths({ main: head('x') }, look(wanted, known.heads, 602_001), host.read);
    expect(known).toMatchObject({ changed: true, heads: { main: { paths: { a: 'a@x' } } } });
    expect(known.heads['main']).not.toHaveProperty('pathTrouble');
  });

  it('are given up at once where no second try helps, and for a new commit while the trouble goes on', async () => {
    const host = new Host();
    host.trouble = failure('AnswerTooLarge');
    const first = await addPaths({ main: head('x') }, look({ main: ['a'] }), host.read);
    expect(first).toMatchObject({ changed: true, pending: false });
    host.trouble = failure('Timeout');
    const second = await addPaths({ main: head('y') }, look({ main: ['a'] }, first.heads, 1_000), host.read);
    expect(host.asked).toHaveLength(2);
    expect(second).toMatchObject({
      changed: true,
      pending: false,
      heads: { main: { pathTrouble: { reason: 'Timeout' } } },
    });
    host.trouble = undefined;
    const third = await addPaths({ main: head('z') }, look({ main: ['a'] }, second.heads, 2_000), host.read);
    expect(third.heads['main']).toEqual({ ...head('z'), paths: { a: 'a@z' } });
  });

  it('are not asked for before the time that the host named', async () => {
    const host = new Host();
    host.trouble = failure('RateLimited', 60_000);
    const first = await addPaths({ main: head('x') }, look({ main: ['a'] }), host.read);
    const second = await addPaths({ main: head('x') }, look({ main: ['a'] }, first.heads, 30_000), host.read);
    expect(second).toEqual({ heads: first.heads, changed: false, pending: true });
    expect(host.asked).toHaveLength(1);
  });

  it('count as not read where the answer says nothing of one of them', async () => {
    const known = await addPaths(
      { main: head('x') },
      look({ main: ['a', 'b'] }),
      async () => new Map([['x', { a: '1' }]]),
    );
    expect(known).toMatchObject({ pending: true, heads: { main: { pathTrouble: { reason: 'UnexpectedAnswer' } } } });
  });

  it('say of a fault of ours no more than that it is one', () => {
    expect(troubleOf(new TypeError('secret'))).toMatchObject({ reason: 'InternalError', givenUp: false });
    expect(troubleOf(new TypeError('secret')).message).not.toContain('secret');
  });
});

/** What one poll meets: the content of the path, whether trees can be read, and whether Redis was emptied before it. */
interface Poll {
  readonly content: number;
  readonly newCommit: boolean;
  readonly failing: boolean;
  readonly emptied: boolean;
}

const polls: fc.Arbitrary<readonly Poll[]> = fc.array(
  fc.record({
    content: fc.integer({ min: 0, max: 2 }),
    newCommit: fc.boolean(),
    failing: fc.integer({ min: 0, max: 9 }).map(n => n < 2),
    emptied: fc.integer({ min: 0, max: 9 }).map(n => n === 0),
  }),
  { minLength: 1, maxLength: 40 },
);

interface Built {
  readonly id: string;
  readonly content: number;
  readonly paths?: Readonly<Record<string, string>>;
}

/** Follows a history as a Function would; gives every point at which it built for nothing, or what is there is not what was built. */
async function faultsOf(history: readonly Poll[]): Promise<readonly string[]> {
  const faults: string[] = [];
  let [commit, content] = [0, 0];
  let heads: Heads | undefined;
  let built: Built | undefined;
  for (const [at, poll] of history.entries()) {
    if (poll.newCommit) [commit, content] = [commit + 1, poll.content];
    const id = `c${commit}`;
    const read = async () => (poll.failing ? failure('Timeout') : new Map([[id, { a: `tree-${content}` }]]));
    const previous = poll.emptied ? undefined : heads;
    const known = await addPaths({ main: head(id) }, look({ main: ['a'] }, previous, at * 1_000_000), read);
    heads = known.heads;
    const found = heads['main'];
    if (found?.kind !== 'found') return ['the head is there'];
    const { kind } = judgePaths(['a'], built?.paths, found);
    const isNews = built?.id !== id && (kind === 'changed' || kind === 'unknown');
    if (kind === 'changed' && built?.content === content) faults.push(`${at}: built for nothing`);
    if (built === undefined || isNews) built = { id, content };
    if (built.id === id && found.paths) built = { ...built, paths: found.paths };
    // What is not built yet is still being found out.
    if (!known.pending && built.content !== content) faults.push(`${at}: ${content} was not built`);
  }
  return faults;
}

describe('whatever happens to a repository and to what is remembered of it', () => {
  it('a build starts when the content differs from what was built last, or that cannot be known, and for nothing else', async () => {
    const property = fc.asyncProperty(polls, async history => {
      expect(await faultsOf(history)).toEqual([]);
    });
    await fc.assert(property, { numRuns: 300 });
  });
});
