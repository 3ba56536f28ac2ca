// Which of our children of one kind stands for which recorded one: in the order in which their Function named them.

export class Names {
  readonly #ours = new Map<string, string>();
  readonly #waiting: string[];
  readonly #kind: string;
  /** Recorded ones that we did not make, and ours that the recording does not have. */
  readonly missing: string[] = [];
  readonly surplus: string[] = [];

  constructor(kind: 'builder' | 'serving', recorded: readonly string[]) {
    this.#kind = kind;
    this.#waiting = [...recorded];
  }

  /**
   * All of ours, oldest first, when the recording has come to `upTo`: a new one stands for the next recorded one up to that; one too many
   * for `builder-<more1>`.
   */
  met(names: readonly string[], upTo: string | undefined): void {
    for (const name of names) {
      if (this.#ours.has(name)) continue;
      const isDue = upTo !== undefined && this.#waiting.includes(upTo);
      const token = isDue ? this.#waiting.shift() : undefined;
      this.#ours.set(name, token ?? this.#another());
    }
  }

  #another(): string {
    const token = `${this.#kind}-<more${this.surplus.length + 1}>`;
    this.surplus.push(token);
    return token;
  }

  /** The recorded one that is to come next. */
  get next(): string | undefined {
    return this.#waiting[0];
  }

  /** The recording has come to this one: those up to it that we did not make are never made any more. */
  reached(recorded: string | undefined): void {
    if (recorded === undefined) return;
    this.missing.push(...this.#waiting.splice(0, this.#waiting.indexOf(recorded) + 1));
  }

  /** Our name of a recorded one; undefined: we made none. */
  oursOf(recorded: string): string | undefined {
    return [...this.#ours].find(([, token]) => token === recorded)?.[0];
  }

  /** Each of ours that was met, with the recorded name that it stands for. */
  get pairs(): Iterable<readonly [ours: string, token: string]> {
    return this.#ours;
  }
}
