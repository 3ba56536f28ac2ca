// Input that is refused: both sides must name the same field, and the same value in it.
import { kinds } from '../../../src/function/kinds.ts';
import type { GoldenCase } from '../cases.ts';
import { correctedPaths, type Difference } from '../differences.ts';
import { fieldOf, isPlain, sorted } from './field.ts';
import { refusalOf, type Stage, statusOf } from './stage.ts';

/** Applies the input; gives what was said when some of it was refused, by the API server or by revflow itself. */
export async function applyInput(stage: Stage, { input }: GoldenCase): Promise<string | undefined> {
  try {
    // What a Function refers to comes first: nothing waits for it then.
    for (const object of input.toReversed()) await stage.apply(object);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    return refusal;
  }
  await stage.settle();
  for (const object of await stage.all(kinds.function)) {
    const conditions = statusOf(object)['conditions'];
    const list: readonly unknown[] = Array.isArray(conditions) ? conditions : [];
    const stalled = list.find(each => fieldOf(each, ['type']) === 'Stalled');
    if (isPlain(stalled) && stalled['reason'] === 'InvalidSpec') return String(stalled['message']);
  }
  return undefined;
}

interface Verdict {
  readonly path: string;
  /** As text; undefined where the field is missing. */
  readonly value: string | undefined;
}

/** How the two verdicts differ; nothing where ours names field and value of theirs, and nothing was made. */
export async function compareRefusals(
  stage: Stage,
  { rejected, input }: GoldenCase,
  refusal: string | undefined,
): Promise<readonly Difference[]> {
  const builds = (await stage.all(kinds.build)).map(build => fieldOf(build, ['spec', 'paramValues']));
  const made = builds.map(params => ` and built with ${JSON.stringify(sorted(params))}`).join();
  return rejected.flatMap(({ message }) => {
    const { path: told, value } = verdictOf(message);
    const path = rightPath(told, input[0]);
    const difference = { at: 'apply', object: path, field: '' };
    if (refusal === undefined) return [{ ...difference, theirs: 'refused', ours: `taken${made}` }];
    const isNamed = { [path]: namesPath(refusal, path), ...(value ? { [value]: refusal.includes(value) } : {}) };
    const lacking = Object.keys(isNamed).filter(part => !isNamed[part]);
    if (lacking.length > 0) return [{ ...difference, theirs: `named ${lacking.join(' and ')}`, ours: refusal }];
    return made === '' ? [] : [{ ...difference, theirs: 'refused', ours: `refused${made}` }];
  });
}

/** `spec.a.b: Invalid value: -1: why`, or what a JSON decoder says. */
function verdictOf(message: string): Verdict {
  const undecoded = /Go struct field \w+\.(spec\.[\w.]+)/.exec(message)?.[1];
  const [, told = '', value] = /(spec[\w.[\]]*): [\w ]+(?:: ("[^"]*"|-?[\w.]+):)?/.exec(message) ?? [];
  const path = undecoded ?? told;
  if (path === '') throw new Error(`this refusal names no field: ${message}`);
  // "null" is what their webhook wrote; nobody asked for it.
  return { path, value: value === '"null"' ? undefined : value?.replaceAll('"', '') };
}

/** A misspelt path leads nowhere in what was applied. */
function rightPath(told: string, object: unknown): string {
  return fieldOf(object, told.split('.')) === undefined ? (correctedPaths[told] ?? told) : told;
}

/** That field, and none below it. */
function namesPath(text: string, path: string): boolean {
  return text
    .split(path)
    .slice(1)
    .some(rest => !/^[\w.[]/.test(rest));
}
