// Our derived names in the recording's words: `builder-<B1>` for the first Builder that the recording knows, and so on.
import { buildName, buildRunName } from '../../../src/function/names.ts';
import type { GoldenCase } from '../cases.ts';
import { fieldOf, isPlain } from './field.ts';
import { Names } from './names.ts';

/** The names of a case's children, in the order in which its Functions named them. */
function recordedNames({ history, stages, steps }: GoldenCase, part: 'build' | 'serving'): readonly string[] {
  const written = Object.entries(history).filter(([key]) => key.startsWith('Function/'));
  const staged = [...stages, ...steps].flatMap(({ statuses }) => Object.values(statuses['Function'] ?? {}));
  const all = [...written.flatMap(([, statuses]) => statuses), ...staged];
  const names = all.map(status => fieldOf(status, [part, 'resourceRef']));
  return [...new Set(names.filter(name => typeof name === 'string' && /^\w+-<[BS]\d+>$/.test(name)).map(String))];
}

export class Tokens {
  readonly builders: Names;
  readonly servings: Names;
  readonly #namespace: { readonly ours: string; readonly theirs: string };

  /** `namespace` is ours and stands for the recorded one. */
  constructor(recorded: GoldenCase, namespace: { readonly ours: string; readonly theirs: string }) {
    this.builders = new Names('builder', recordedNames(recorded, 'build'));
    this.servings = new Names('serving', recordedNames(recorded, 'serving'));
    this.#namespace = namespace;
  }

  get missing(): readonly string[] {
    return [...this.builders.missing, ...this.servings.missing];
  }

  get surplus(): readonly string[] {
    return [...this.builders.surplus, ...this.servings.surplus];
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
    for (const [ours, token] of [...this.builders.pairs, ...this.servings.pairs]) {
      if (!told.includes(ours)) continue;
      told = told
        .replaceAll(buildRunName(ours), `${token}-buildrun-<r1>`)
        .replaceAll(buildName(ours), `${token}-build-<r1>`)
        .replaceAll(new RegExp(`${ours}(?!\\d)`, 'g'), token);
    }
    return told;
  }
}
