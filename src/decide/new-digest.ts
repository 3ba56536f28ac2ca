// A function image is watched (type `image`): which digest should be served now.
import type { Facts } from './facts.ts';
import { awaitObservation } from './first-observation.ts';
import { confirmRollback } from './rollback.ts';
import type { Hold } from './rule.ts';

export interface DigestFacts {
  /** The digest wanted last; absent: never one. */
  readonly baseline: string | undefined;
  /** The Function serves already, and nobody recorded a digest for it. */
  readonly servesUnpinned: boolean;
  /** It serves the image as written only because the first observation took too long: the first one makes a pinned Serving. */
  readonly gaveUpWaiting: boolean;
}

export type DigestDecision =
  | { readonly verdict: 'keep' }
  /** Record the digest, roll nothing: what serves is taken to be it. */
  | { readonly verdict: 'adopt'; readonly digest: string }
  | { readonly verdict: 'serve'; readonly digest: string | undefined }
  | { readonly verdict: 'hold'; readonly hold: Hold };

/** Decides on the digest of a watched function image. Pure. */
export function decideDigest(facts: Facts, digest: DigestFacts): DigestDecision {
  const head = facts.watch?.head;
  if (!head) {
    if (digest.baseline !== undefined || digest.servesUnpinned) return { verdict: 'keep' };
    const hold = awaitObservation(facts);
    return hold ? { verdict: 'hold', hold } : { verdict: 'serve', digest: undefined };
  }
  if (head.id === digest.baseline) return { verdict: 'keep' };
  if (digest.baseline === undefined && digest.servesUnpinned && !digest.gaveUpWaiting) {
    return { verdict: 'adopt', digest: head.id };
  }
  if (digest.baseline !== undefined && facts.hold !== undefined) {
    return {
      verdict: 'hold',
      hold: { reason: 'Held', message: `openfunction.io/hold is set (${facts.hold}); new images wait` },
    };
  }
  const hold = confirmRollback(facts);
  return hold ? { verdict: 'hold', hold } : { verdict: 'serve', digest: head.id };
}
