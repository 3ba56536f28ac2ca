// Runs that others may follow: those that live or are granted, by namespace and by the hash of what they are made from.
import { type Claim, type Followed, keyOf } from './claim.ts';

/** The runs that can be shared. A namespace is a trust boundary: nothing is shared across. */
export class Sharers {
  readonly #byShare = new Map<string, Map<string, Claim>>();

  /** Its run lives, or is granted; nothing where it cannot be shared. */
  add(run: Claim): void {
    const share = shareOf(run);
    if (share === undefined) return;
    const runs = this.#byShare.get(share) ?? new Map<string, Claim>();
    this.#byShare.set(share, runs.set(keyOf(run), run));
  }

  remove(run: Claim): void {
    const share = shareOf(run);
    const runs = share === undefined ? undefined : this.#byShare.get(share);
    if (share === undefined || !runs?.delete(keyOf(run))) return;
    if (runs.size === 0) this.#byShare.delete(share);
  }

  /** The run of another Function that builds the same as this claim; undefined: there is none, or the claim wants its own. */
  firstFor(claim: Claim): Followed | undefined {
    const share = shareOf(claim);
    if (share === undefined || claim.share?.own) return undefined;
    for (const { uid, name, builder } of this.#byShare.get(share)?.values() ?? []) {
      // One of the same name with another UID was deleted, and its run goes with it.
      const isOther = uid !== claim.uid && name !== claim.name;
      if (isOther && builder !== claim.share?.past) return { function: name, builder };
    }
    return undefined;
  }
}

function shareOf({ namespace, share }: Claim): string | undefined {
  return share && `${namespace} ${share.key}`;
}
