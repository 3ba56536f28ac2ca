// What a worker asks before it creates a run, and what it is told.

/** One build that wants to run: the intent of a Function. */
export interface Claim {
  readonly namespace: string;
  /** Name of the Function. */
  readonly name: string;
  /** UID of the Function. */
  readonly uid: string;
  readonly sequence: number;
  /** Name of its Builder. */
  readonly builder: string;
  /** Absent: the run is not shared. */
  readonly share?: Share | undefined;
}

/** What a claim has to do with the runs of other Functions. */
export interface Share {
  /** Hash of all that the run is made from: within a namespace the same means the same result. */
  readonly key: string;
  /** It must have a run of its own, which others may follow. */
  readonly own: boolean;
  /** A Builder that it followed, in vain. */
  readonly past?: string | undefined;
}

/** Whose run builds the same. */
export interface Followed {
  /** Name of the Function. */
  readonly function: string;
  readonly builder: string;
}

/**
 * `granted`: create the run now. `wait`: the claim is noted, and the Function is woken when there is another answer. A Builder of another
 * Function: create none, its run is shared.
 */
export type Answer = 'granted' | 'wait' | Followed;

/** What a worker asks before it creates a run. */
export interface Slots {
  take(claim: Claim): Promise<Answer>;
}

/** A claim that waited, and its answer. */
export interface Answered {
  readonly claim: Claim;
  readonly answer: Exclude<Answer, 'wait'>;
}

/** Names a claim: one attempt of one Function. */
export function keyOf({ uid, sequence }: { readonly uid: string; readonly sequence: number }): string {
  return `${uid}:${sequence}`;
}
