// Collects problems below one path.
import type { Problem } from './problem.ts';

/** A list of problems with the path that they stand below. Reports made by `below` share the list. */
export class Report {
  readonly problems: Problem[];
  readonly #path: string;

  constructor(path: string, problems: Problem[] = []) {
    this.#path = path;
    this.problems = problems;
  }

  below(path: string): Report {
    return new Report(`${this.#path}.${path}`, this.problems);
  }

  add(path: string, value: unknown, message: string): void {
    this.problems.push({ path: `${this.#path}.${path}`, value, message });
  }

  /** About the path itself. */
  addHere(value: unknown, message: string): void {
    this.problems.push({ path: this.#path, value, message });
  }

  /** An absent value is good. */
  atLeast(path: string, value: number | undefined, least: number): void {
    if (value !== undefined && value < least) this.add(path, value, `cannot be less than ${least}`);
  }

  /** An absent value is good, an empty one is not. */
  oneOf(path: string, value: string | undefined, words: readonly string[]): void {
    if (value !== undefined && !words.includes(value)) this.add(path, value, `must be one of ${words.join(', ')}`);
  }
}
