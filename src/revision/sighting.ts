// Joins an answer with what was seen before: how often each id was seen, which ids were left, and what is new.
import { RetryableError } from '../platform/errors.ts';
import type { Want } from '../watch/source.ts';
import { type Head, type Heads, type LeftHead, type Observation, ofWant } from './observation.ts';
import type { Answer } from './provider.ts';
import { isRefName } from './ref.ts';

/** Polls that say nothing new beyond this are not counted. */
const mostSightings = 2;
const rememberedMs = 600_000;
/** Of one want; a branch that flaps faster is remembered by its last ids. */
const mostLeft = 8;
const longestValidator = 512;

export interface Sighting {
  readonly heads: Heads;
  readonly left: Readonly<Record<Want, readonly LeftHead[]>>;
  /** An id, a ref or a count of sightings is another one than before, or a want is new. */
  readonly changed: boolean;
  /** A want points at another id than in the last answer. */
  readonly moved: boolean;
  /** A want came back to an id that it left a short while ago: a second look is due soon. */
  readonly doubtful: boolean;
}

/** The poll that gave the answer. */
export interface Look {
  readonly wants: readonly Want[];
  /** Asked unconditionally on a connection of its own. */
  readonly fresh: boolean;
  readonly now: number;
}

/** Whether the next question is to be asked afresh: something was seen once only. */
export function needsFreshLook(previous: Observation | undefined, wants: readonly Want[]): boolean {
  return wants.some(want => {
    const head = ofWant(previous?.heads, want);
    return head?.kind === 'found' && (head.sightings ?? 1) < mostSightings;
  });
}

/** Throws RetryableError UnexpectedAnswer for an answer that leaves a want out: nothing is made of a part of the truth. */
export function joinAnswer(previous: Observation | undefined, { heads: answered }: Answer, look: Look): Sighting {
  const heads: Record<Want, Head> = {};
  const left: Record<Want, readonly LeftHead[]> = {};
  let [changed, moved, doubtful] = [false, false, false];
  for (const want of look.wants) {
    const answer = ofWant(answered, want);
    if (answer === undefined) throw new RetryableError('UnexpectedAnswer', `the answer says nothing of ${want}`);
    const head = plausible(answer);
    const before = ofWant(previous?.heads, want);
    const seen = count(head, before, look.fresh);
    const leaves = leftHeads(previous, want, { before, seen, now: look.now });
    if (leaves.length > 0) setOwn(left, want, leaves);
    setOwn(heads, want, seen);
    const another = before !== undefined && idOf(before) !== idOf(seen);
    moved ||= another;
    changed ||= another || before === undefined || isTold(before) !== isTold(seen);
    doubtful ||= another && seen.kind === 'found' && leaves.some(({ id }) => id === seen.id);
  }
  return { heads, left, changed, moved, doubtful };
}

/** Without what hosts say beside the id when it cannot be true: it would be kept, shown and sent back. */
function plausible(head: Head): Head {
  if (head.kind === 'missing') return head;
  const { ref, validator, ...rest } = head;
  return {
    ...rest,
    ...(ref !== undefined && isRefName(ref) ? { ref } : {}),
    ...(validator !== undefined && validator.length <= longestValidator ? { validator } : {}),
  };
}

function count(head: Head, before: Head | undefined, fresh: boolean): Head {
  if (head.kind === 'missing') return head;
  const same = before?.kind === 'found' && before.id === head.id;
  const sightings = same ? Math.min((before.sightings ?? 1) + (fresh ? 1 : 0), mostSightings) : 1;
  return { ...head, sightings };
}

function leftHeads(
  previous: Observation | undefined,
  want: Want,
  { before, seen, now }: { readonly before: Head | undefined; readonly seen: Head; readonly now: number },
): readonly LeftHead[] {
  const kept = (ofWant(previous?.left, want) ?? []).filter(({ at }) => now - at < rememberedMs);
  if (before?.kind !== 'found' || before.id === idOf(seen)) return kept;
  const others = kept.filter(({ id }) => id !== before.id);
  return [...others, { id: before.id, at: now }].slice(-mostLeft);
}

function idOf(head: Head): string | undefined {
  return head.kind === 'found' ? head.id : undefined;
}

/** What the leader makes decisions by. */
function isTold(head: Head): string {
  return head.kind === 'found' ? `${head.id} ${head.ref ?? ''} ${head.sightings ?? 1}` : '';
}

function setOwn<T>(kept: Record<Want, T>, want: Want, value: T): void {
  Object.defineProperty(kept, want, { value, enumerable: true, configurable: true, writable: true });
}
