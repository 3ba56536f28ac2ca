// OpenFunction's opaque hashes and ours: other texts, which must change and stay together.

export class Hashes {
  readonly #tokens = new Map<unknown, string>();

  /** The recording's token for one of our hashes: the one that it always stood for, or the one that the recording has there. */
  tokenOf(ours: unknown, theirs: unknown): string | undefined {
    if (ours === undefined) return undefined;
    const known = this.#tokens.get(ours);
    if (known !== undefined) return known;
    const isFree = typeof theirs === 'string' && ![...this.#tokens.values()].includes(theirs);
    const token = isFree ? theirs : `<another hash>`;
    this.#tokens.set(ours, token);
    return token;
  }
}
