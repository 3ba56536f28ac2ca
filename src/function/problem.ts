// What is wrong with a field of an object: where, what stands there, and what to write instead.

export interface Problem {
  /** `spec.build.shipwright.params[0].name`; a key that is no plain word stands in brackets: `spec.build.env["a.b"]`. */
  readonly path: string;
  /** What stands there; undefined when the field is missing. */
  readonly value: unknown;
  /** A sentence without subject: "must be a whole number", "cannot be less than 0". */
  readonly message: string;
}

const longestShown = 60;

/** A value in at most 60 characters, as JSON; `nothing` for an absent one. */
export function showValue(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= longestShown ? text : `${text.slice(0, longestShown - 3)}...`;
}

/** One line for a condition, an event or a terminal: path, message and value. */
export function problemText(problem: Problem): string {
  return `${problem.path} ${problem.message}, found ${showValue(problem.value)}`;
}

/** Spells a path as people write it. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(String(step))) text += text === '' ? String(step) : `.${String(step)}`;
    else text += `[${JSON.stringify(String(step))}]`;
  }
  return text;
}
