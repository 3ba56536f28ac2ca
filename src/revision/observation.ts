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
       * In how many polls in a row this id was seen, each on a fresh connection; at least 1. An id that was left less than ten minutes
       * ago counts from 2 on (stale replicas and CDNs look like rollbacks). Providers leave it out, `detect.ts` fills it in.
       */
      readonly sightings?: number;
      /** Opaque condition for the next question (an ETag); absent where the protocol has none. */
      readonly validator?: string;
    }
  | {
      /** The repository answered, and has no such ref or tag. */
      readonly kind: 'missing';
    };

/** Stored in the state port under the source's key, for every poll that got an answer, "unchanged" included. */
export interface Observation {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly heads: Readonly<Record<Want, Head>>;
  /** The last failed poll after `at`, cleared by the next good one. */
  readonly failure?: {
    readonly reason: string;
    readonly message: string;
    readonly since: number;
    readonly retryAt?: number;
  };
  /** What is really kept, when the budget or `--min-interval` stretched the promise. */
  readonly intervalMs: number;
}
