import { describe, expect, it } from 'vitest';
import type { Head, Observation } from './observation.ts';
import { joinAnswer, needsFreshLook, type Sighting } from './sighting.ts';

const minute = 60_000;

/** Plays answers, one a poll; each poll is asked afresh when the one before says so. */
function play(answers: readonly (string | undefined)[], gapMs = minute): readonly Sighting[] {
  const sightings: Sighting[] = [];
  let previous: Observation | undefined;
  answers.forEach((id, at) => {
    const head: Head = id === undefined ? { kind: 'missing' } : { kind: 'found', id };
    const look = { wants: ['main'], fresh: needsFreshLook(previous, ['main']), now: 1_000_000 + at * gapMs };
    const sighting = joinAnswer(previous, { heads: { main: head } }, look);
    sightings.push(sighting);
    previous = { at: look.now, heads: sighting.heads, left: sighting.left, intervalMs: gapMs };
  });
  return sightings;
}

const counts = (sightings: readonly Sighting[]) =>
  sightings.map(({ heads: { main } }) => (main?.kind === 'found' ? main.sightings : undefined));

describe('revision/sighting', () => {
  it('an id is seen once, and twice after a fresh look; more is not counted', () => {
    expect(counts(play(['a', 'a', 'a', 'b', 'b', 'a']))).toEqual([1, 2, 2, 1, 2, 1]);
  });

  it('only a fresh look counts', () => {
    const previous: Observation = { at: 1, heads: { main: { kind: 'found', id: 'a', sightings: 1 } }, intervalMs: 1 };
    const look = { wants: ['main'], fresh: false, now: 2 };
    const { heads } = joinAnswer(previous, { heads: { main: { kind: 'found', id: 'a' } } }, look);
    expect(heads['main']).toMatchObject({ sightings: 1 });
  });

  it('tells what moved, what changed and what came back', () => {
    const [first, second, third, moved, back] = play(['a', 'a', 'a', 'b', 'a']);
    expect(first).toMatchObject({ changed: true, moved: false, doubtful: false });
    expect(second).toMatchObject({ changed: true, moved: false });
    expect(third).toMatchObject({ changed: false, moved: false });
    expect(moved).toMatchObject({ changed: true, moved: true, doubtful: false, left: { main: [{ id: 'a' }] } });
    expect(back).toMatchObject({ changed: true, moved: true, doubtful: true });
  });

  it('what was left ten minutes ago is forgotten', () => {
    expect(play(['a', 'b', 'b', 'a'], 5 * minute).at(-1)?.doubtful).toBe(false);
    expect(play(['a', 'b', 'a'], 9 * minute).at(-1)?.doubtful).toBe(true);
  });

  it('a branch that goes and comes back with the same id has not moved anywhere else', () => {
    const [, gone, back] = play(['a', undefined, 'a']);
    expect(gone).toMatchObject({ changed: true, moved: true, left: { main: [{ id: 'a' }] } });
    expect(back).toMatchObject({ moved: true, doubtful: true });
  });

  it('remembers a few ids only', () => {
    const flapping = Array.from({ length: 40 }, (_, at) => String(at));
    expect(play(flapping, 1000).at(-1)?.left['main']).toHaveLength(8);
  });

  it('a ref that becomes another one with the same id is news', () => {
    const previous: Observation = {
      at: 1,
      heads: { HEAD: { kind: 'found', id: 'a', ref: 'refs/heads/master', sightings: 2 } },
      intervalMs: 1,
    };
    const answer = { heads: { HEAD: { kind: 'found', id: 'a', ref: 'refs/heads/main' } as const } };
    const look = { wants: ['HEAD'], fresh: false, now: 2 };
    expect(joinAnswer(previous, answer, look)).toMatchObject({ changed: true, moved: false });
  });

  it('an answer that leaves a want out is none', () => {
    const look = { wants: ['main', 'dev', '__proto__'], fresh: false, now: 1 };
    const partial = { heads: { main: { kind: 'found', id: 'a' } as const } };
    expect(() => joinAnswer(undefined, partial, look)).toThrow(expect.objectContaining({ reason: 'UnexpectedAnswer' }));
  });

  it('what is no longer wanted is dropped', () => {
    const answer = { heads: { main: { kind: 'found', id: 'a' } as const, old: { kind: 'missing' } as const } };
    const { heads } = joinAnswer(undefined, answer, { wants: ['main'], fresh: false, now: 1 });
    expect(Object.keys(heads)).toEqual(['main']);
  });

  it('what a host says beside an id is kept only where it can be true', () => {
    const look = { wants: ['main'], fresh: false, now: 1 };
    const seen = (more: object) =>
      joinAnswer(undefined, { heads: { main: { kind: 'found', id: 'a', ...more } } }, look).heads['main'];
    const possible = { ref: 'refs/heads/main', validator: '"x"' };
    expect(seen(possible)).toEqual({ kind: 'found', id: 'a', sightings: 1, ...possible });
    for (const ref of ['a\u001b[31m', 'a b', 'x'.repeat(5_000), '']) {
      expect(seen({ ref, validator: 'y'.repeat(5_000) })).toEqual({ kind: 'found', id: 'a', sightings: 1 });
    }
  });

  it('a want may be named like a member of every object', () => {
    const wants = ['__proto__', 'constructor', 'toString'];
    const answer = (id: string) => ({
      heads: Object.fromEntries(wants.map(want => [want, { kind: 'found', id } as const])),
    });
    const first = joinAnswer(undefined, answer('a'), { wants, fresh: false, now: 1 });
    const observation = JSON.parse(JSON.stringify({ at: 1, intervalMs: 1, heads: first.heads })) as Observation;
    const second = joinAnswer(observation, answer('b'), { wants, fresh: false, now: 2 });
    expect(second).toMatchObject({ moved: true, changed: true });
    expect(Object.keys(second.heads)).toEqual(wants);
    expect(Object.keys(second.left)).toEqual(wants);
  });
});
