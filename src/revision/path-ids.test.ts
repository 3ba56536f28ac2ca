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
const polls = fc.array(
  fc.record({
    content: fc.integer({ min: 0, max: 2 }),
    newCommit: fc.boolean(),
    failing: fc.integer({ min: 0, max: 9 }).map(n => n < 2),
    emptied: fc.integer({ min: 0, max: 9 }).map(n => n === 0),
  }),
  { minLength: 1, maxLength: 40 },
);

describe('whatever happens to a repository and to what is remembered of it', () => {
  it('a build starts when the content differs from what was built last, or that cannot be known, and for nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(polls, async history => {
        let [commit, content] = [0, 0];
        let heads: Heads | undefined;
        let built:
          | { readonly id: string; readonly content: number; readonly paths?: Record<string, string> }
          | undefined;
        let isPending = false;
        for (const [at, poll] of history.entries()) {
          if (poll.newCommit) [commit, content] = [commit + 1, poll.content];
          if (poll.emptied) heads = undefined;
          const id = `c${commit}`;
          const read = async (): Promise<FoundPaths | PathTrouble> =>
            poll.failing ? failure('Timeout') : new Map([[id, { a: `tree-${content}` }]]);
          const known = await addPaths({ main: head(id) }, look({ main: ['a'] }, heads, at * 1_000_000), read);
          heads = known.heads;
          isPending = known.pending;
          const found = heads['main'];
          if (found?.kind !== 'found') throw new Error('the head is there');
          const verdict = judgePaths(['a'], built?.paths, found);
          const isSame = built?.id === id;
          const isBuilt =
            built === undefined || (!isSame && (verdict.kind === 'changed' || verdict.kind === 'unknown'));
          if (verdict.kind === 'changed') expect(content).not.toBe(built?.content);
          if (isBuilt) built = { id, content };
          if (built !== undefined && built.id === id && found.paths) built = { ...built, paths: { ...found.paths } };
          if (verdict.kind === 'unchanged') expect(content).toBe(built?.content);
          // What is not built is the same, or is still being found out.
          if (!isPending) expect(built?.content).toBe(content);
        }
      }),
      { numRuns: 300 },
    );
  });
});
