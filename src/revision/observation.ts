// What was last seen of a source: a cache, never a fact.
import type { Want } from '../watch/source.ts';

/** What one want points at. */
export type Head =
  | {
      readonly kind: 'found';
      /** Commit id (40 or 64 hex; a tag is peeled) or image digest `sha256:...`. */
      readonly id: string;
      /** The full ref that was meant, such as `refs/heads/main`; absent for images and APIs that do not tell. */
      readonly ref?: string;
      /**
       * In how many polls in a row this id was seen, each on a fresh connection; 1, or 2 for two and more. An id that was left less than
       * ten minutes ago counts from 2 on (stale replicas and CDNs look like rollbacks). Providers leave it out, `detect.ts` fills it in.
       */
      readonly sightings?: number;
      /** Opaque condition for the next question (an ETag); absent where the protocol has none. */
      readonly validator?: string;
      /** Ids of the wanted paths in this commit; absent: none is wanted, or they are not known (yet). `detect.ts` fills it in. */
      readonly paths?: PathIds;
      /** Why the ids of the wanted paths are not known. */
      readonly pathTrouble?: PathTrouble;
    }
  | {
      /** The repository answered, and has no such ref or tag. */
      readonly kind: 'missing';
    };

/**
 * What stands at a path in a commit, so that equal texts mean equal contents: a tree's id; of anything else its mode and id,
 * `100644:...` (a file), `120000:...` (a link), `160000:...` (a submodule's commit); `absent` where nothing is.
 */
export type PathIds = Readonly<Record<string, string>>;

/** The ids of paths could not be read. */
export interface PathTrouble {
  readonly reason: string;
  readonly message: string;
  /** Tries in a row. */
  readonly count: number;
  /** When it is tried again, milliseconds since the epoch. */
  readonly retryAt: number;
  /** It was tried often enough, or can never be: until it succeeds nobody waits for it, and every new commit is a change. */
  readonly givenUp: boolean;
}

export type Heads = Readonly<Record<Want, Head>>;

/** What is kept of a want, which may be named like a member of every object; undefined: nothing yet. */
export function ofWant<T>(kept: Readonly<Record<Want, T>> | undefined, want: Want): T | undefined {
  return kept !== undefined && Object.hasOwn(kept, want) ? kept[want] : undefined;
}

/** Why the last poll got no answer. */
export interface PollFailure {
  readonly reason: string;
  readonly message: string;
  /** Milliseconds since the epoch of the first failed poll in a row with this reason. */
  readonly since: number;
  /** When the host is asked again; absent: at the ordinary time. */
  readonly retryAt?: number;
  /** Failed polls in a row, whatever the reason. */
  readonly count: number;
  /** How often in a row the credential was refused (401, 403); absent: it was not. */
  readonly refusals?: number;
  /** The credential that the last question was asked with. */
  readonly credentialId?: string;
}

/** An id that a want pointed at, and when it was seen to have left (milliseconds since the epoch). */
export interface LeftHead {
  readonly id: string;
  readonly at: number;
}

/** Stored in the state port under the source's key after every poll, "unchanged" and failed ones included. */
export interface Observation {
  /** When the last answer came, milliseconds since the epoch; 0: there was none yet. */
  readonly at: number;
  readonly heads: Heads;
  /** The last failed poll after `at`, cleared by the next good one. */
  readonly failure?: PollFailure;
  /** What is really kept, when the budget or `--min-interval` stretched the promise. */
  readonly intervalMs: number;
  /** What was promised then, where more is kept; absent: the promise is kept. */
  readonly promisedMs?: number;
  /** Ids that wants left less than ten minutes ago. */
  readonly left?: Readonly<Record<Want, readonly LeftHead[]>>;
  /**
   * Identity of the credential that the last answer was asked with, where it is not the one that the source stands for: its Secret
   * changed, and who watches the source is to be subscribed anew.
   */
  readonly askedWith?: string;
  /** When the leader was last told; absent: it was told of a change, but the telling may have been lost with its process. */
  readonly toldAt?: number;
}
