// What a replay found to differ, without what differs in every case and without repetitions.
import { type Around, type Difference, everywhere } from '../differences.ts';
import { sorted } from './field.ts';
import type { Tokens } from './tokens.ts';

export class Findings {
  readonly general = new Set<string>();
  readonly #found: Difference[] = [];
  #before: ReadonlySet<string> = new Set();

  /** Adds the differences of one moment; what differed in the same way the moment before is not told again. */
  add(differences: readonly Difference[], around: Around = new Map()): void {
    const special = differences.filter(difference => !this.#isGeneral(difference, around));
    this.#found.push(...special.filter(difference => !this.#before.has(textOf(difference))));
    this.#before = new Set(special.map(textOf));
  }

  /** A Builder that only one side made is one line: that its statuses, children and Events are missing there follows. */
  lines({ missing, surplus }: Pick<Tokens, 'missing' | 'surplus'>): readonly string[] {
    const follows = ({ object, field, theirs, ours }: Difference) => {
      const single = [...(ours === undefined ? missing : []), ...(theirs === undefined ? surplus : [])];
      return single.some(builder => object.includes(builder) || field.includes(builder));
    };
    return [
      ...missing.map(builder => `${builder}: made → not made`),
      ...surplus.map(builder => `${builder}: not made → made`),
      ...this.#found.filter(found => !follows(found)).map(found => `${found.at}: ${textOf(found)}`),
    ];
  }

  #isGeneral(difference: Difference, around: Around): boolean {
    const rule = everywhere.find(each => each.covers(difference, around));
    if (rule) this.general.add(rule.reason);
    return rule !== undefined;
  }
}

function textOf({ object, field, theirs, ours }: Difference): string {
  return `${object}${field && ` ${field}`}: ${shown(theirs)} → ${shown(ours)}`;
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  return typeof value === 'string' ? value : JSON.stringify(sorted(value));
}
