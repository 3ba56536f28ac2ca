// The points at which a worker is killed: each request of one change, before it reaches the server and after it was answered.
//
// A point is named by kind and order after the push ("the second PATCH functions/status"), never by a running number, which background
// traffic would move. Those count that came in each of several changes that nobody disturbed.
import type { Server } from './kill-requests.ts';

/** `memory`: one process, restarted. `redis`: the same with queue and state on a Redis that lives on. */
export type Mode = 'memory' | 'redis';

export interface Point {
  readonly mode: Mode;
  readonly at: Server;
  readonly kind: string;
  /** Counted from 1 since the push, among the requests of its kind. */
  readonly nth: number;
  readonly moment: 'before' | 'after';
}

/** One request as a lane saw it. */
export interface Sent {
  readonly at: Server;
  readonly kind: string;
}

/** A worker that waits claims again and again; only the first few claims can be those of the change. */
const mostClaims = 3;

/** All points of a mode: what was sent in every one of the changes. */
export function pointsOf(mode: Mode, changes: readonly (readonly Sent[])[]): readonly Point[] {
  const counts = changes.map(sent => Map.groupBy(sent, ({ at, kind }) => `${at}: ${kind}`));
  const [first, ...others] = counts;
  return [...(first ?? [])].flatMap(([name, requests]) => {
    const [{ at, kind } = { at: 'forge' as const, kind: '' }] = requests;
    const steady = Math.min(requests.length, ...others.map(other => other.get(name)?.length ?? 0));
    const count = kind.startsWith('claim ') ? Math.min(steady, mostClaims) : steady;
    return Array.from({ length: count }, (_, index) => index + 1).flatMap(nth => [
      { mode, at, kind, nth, moment: 'before' as const },
      { mode, at, kind, nth, moment: 'after' as const },
    ]);
  });
}

export function nameOf({ mode, at, kind, nth, moment }: Point): string {
  const queue = mode === 'memory' ? 'queue in memory' : 'queue on Redis';
  const how = moment === 'before' ? 'before the request' : 'after the answer to the request';
  return `${queue}: ${how} ${kind} #${nth} to ${at === 'Redis' ? at : `the ${at}`}`;
}

/** A change was lost here once: the points that are taken whatever the seed is. */
const always: ReadonlySet<string> = new Set(['queue in memory: before the request POST servings #1 to the API server']);

/** Some of all, in their order; a seed always gives the same. */
export function sample(all: readonly Point[], count: number, seed: number): readonly Point[] {
  const random = mulberry(seed);
  const lots = all.map((item, index) => ({ item, index, lot: random() - (always.has(nameOf(item)) ? 1 : 0) }));
  const drawn = lots.toSorted((a, b) => a.lot - b.lot);
  return drawn
    .slice(0, count)
    .toSorted((a, b) => a.index - b.index)
    .map(({ item }) => item);
}

/** A small seeded generator of numbers from 0 to 1. */
function mulberry(start: number): () => number {
  let at = start;
  return () => {
    at = (at + 0x6d2b79f5) | 0;
    let mixed = Math.imul(at ^ (at >>> 15), 1 | at);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
