// Our derived names in the recording's words: `builder-<B1>` for the first Builder that the recording knows, and so on.
import { buildName, buildRunName } from '../../../src/function/names.ts';
import type { GoldenCase } from '../cases.ts';
import { isPlain } from './field.ts';

const ofBuilder = /^builder-<B\d+>$/;

/** The recorded names of a case's Builders, in the order in which its Functions named them. */
export function recordedBuilders({ history, stages, steps }: GoldenCase): readonly string[] {
  const named = Object.entries(history)
    .filter(([key]) => key.startsWith('Function/'))
    .flatMap(([, statuses]) => statuses);
  const staged = [...stages, ...steps].flatMap(({ statuses }) => Object.values(statuses['Function'] ?? {}));
  const all = [...named, ...staged].map(status => {
    const build = status['build'];
    return isPlain(build) ? build['resourceRef'] : undefined;
  });
  return [...new Set(all.filter(name => typeof name === 'string' && ofBuilder.test(name)).map(String))];
}

/** Which of our Builders stands for which recorded one. */
export class Tokens {
  readonly #ours = new Map<string, string>();
  readonly #waiting: string[];
  readonly #namespace: { readonly ours: string; readonly theirs: string };
  /** Recorded Builders that we did not make, and ours that the recording does not have. */
  readonly missing: string[] = [];
  readonly surplus: string[] = [];

  /** `namespace` is ours and stands for the recorded one. */
  constructor(recorded: readonly string[], namespace: { readonly ours: string; readonly theirs: string }) {
    this.#waiting = [...recorded];
    this.#namespace = namespace;
  }

  /**
   * All our Builders, oldest first, when the recording has come to the Builder `upTo`: a new one stands for the next recorded one up to
   * that; one too many for `builder-<more1>`.
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
    const token = `builder-<more${this.surplus.length + 1}>`;
    this.surplus.push(token);
    return token;
  }

  /** The recorded Builder that is to come next. */
  get next(): string | undefined {
    return this.#waiting[0];
  }

  /** The recording has come to this Builder: those up to it that we did not make are never made any more. */
  reached(recorded: string): void {
    this.missing.push(...this.#waiting.splice(0, this.#waiting.indexOf(recorded) + 1));
  }

  /** Our name of a recorded Builder; undefined: we made none. */
  oursOf(recorded: string): string | undefined {
    return [...this.#ours].find(([, token]) => token === recorded)?.[0];
  }

  /** A copy of plain data with the recording's names in the place of ours. */
  renamed(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map(item => this.renamed(item));
    if (!isPlain(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [this.text(key), this.renamed(member)]));
  }

  /** A text with the recording's names in the place of ours. */
  text(text: string): string {
    let told = text.replaceAll(this.#namespace.ours, this.#namespace.theirs);
    for (const [ours, token] of this.#ours) {
      if (!told.includes(ours)) continue;
      told = told
        .replaceAll(buildRunName(ours), `${token}-buildrun-<r1>`)
        .replaceAll(buildName(ours), `${token}-build-<r1>`)
        .replaceAll(new RegExp(`${ours}(?!\\d)`, 'g'), token);
    }
    return told;
  }
}
