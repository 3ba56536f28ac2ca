// What is wrong with a field of an object: where, what stands there, and what to write instead.

export interface Problem {
  /** `spec.build.shipwright.params[0].name`; a key that is no plain word stands in brackets: `spec.build.env["a.b"]`. */
  readonly path: string;
  /** What stands there; undefined when the field is missing. */
  readonly value: unknown;
  /** A sentence without subject: "must be a whole number", "cannot be less than 0". */
  readonly message: string;
}

/** What a problem has for a value that may be a secret. */
export const hidden = '(hidden)';

const longestShown = 60;
/** Last steps of paths where a secret may stand: variables that are called one, and references where somebody wrote the value itself. */
const secretPath = /(?:passw(?:or)?d|secret|token|credential|api[_-]?key|private[_-]?key|headers)[^.[\]]*\]?$/i;
const secretWord = /[@?]|passw(?:or)?d|secret|token|credential|api[_-]?key|private[_-]?key/i;

/** A value in at most 60 characters, as JSON; `nothing` for an absent one. */
export function showValue(value: unknown): string {
  const text = valueText(value);
  return text.length <= longestShown ? text : `${text.slice(0, longestShown - 3).toWellFormed()}...`;
}

/** Whether what somebody wrote in the wrong place, or in the wrong form, may contain a secret. */
export function mayHoldSecret(value: unknown): boolean {
  return secretWord.test(valueText(value));
}

/** YAML knows numbers that JSON does not, and values that contain themselves; and some are nested deeper than can be written. */
function valueText(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  try {
    return JSON.stringify(value) ?? 'nothing';
  } catch {
    return 'a value that cannot be shown';
  }
}

/** One line for a condition, an event or a terminal: path, message and value. */
export function problemText({ path, value, message }: Problem): string {
  const shown = value !== undefined && secretPath.test(path) ? hidden : value;
  return `${path} ${message}, found ${showValue(shown)}`;
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
