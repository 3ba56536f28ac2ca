// Reading and changing one field of plain data by its path.
import type { Path } from './deed.ts';

type Plain = Readonly<Record<string, unknown>>;

export function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What stands there; undefined when nothing does. */
export function fieldOf(object: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => (isPlain(value) ? value[step] : undefined), object);
}

/** A copy with another value there; undefined takes the field away. */
export function withField(object: unknown, [first, ...rest]: Path, value: unknown): unknown {
  if (first === undefined) return value;
  const old = isPlain(object) ? object : {};
  const { [first]: inner, ...others } = old;
  const next = withField(inner, rest, value);
  return next === undefined ? others : { ...others, [first]: next };
}

/** Paths of the fields in which two values differ, as deep as both are mappings. */
export function differing(a: unknown, b: unknown, at: Path = []): readonly Path[] {
  if (isPlain(a) && isPlain(b)) {
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted();
    return keys.flatMap(key => differing(a[key], b[key], [...at, key]));
  }
  return isSame(a, b) ? [] : [at];
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

/** The same with sorted keys: the order of a mapping says nothing. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isPlain(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map(key => [key, sorted(value[key])]),
  );
}

/** Another value of the same sort. */
export function otherThan(value: unknown, salt: number): unknown {
  if (typeof value === 'number') return value + salt;
  if (Array.isArray(value)) return [...value, otherThan(value.at(-1), salt)];
  if (!isPlain(value)) return `${typeof value === 'string' ? value : 'x'}-${salt}`;
  const [key = 'REPLAYED', first] = Object.entries(value)[0] ?? [];
  return { ...value, [key]: otherThan(first, salt) };
}
