// Numbers of a benchmark: percentiles, rounding, and what design.md asks of them.

/** The value that this share of all values does not exceed; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.ceil(sorted.length * share), sorted.length) - 1] ?? Number.NaN;
}

export function rounded(value: number, digits = 0): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

/** One promise and what was measured. */
export interface Verdict {
  readonly what: string;
  readonly measured: number;
  readonly limit: number;
  /** `most`: the limit must not be exceeded; `least`: it must be reached. */
  readonly bound: 'most' | 'least';
  readonly unit: string;
}

export function atMost(what: string, measured: number, [limit, unit]: readonly [number, string]): Verdict {
  return { what, measured, limit, bound: 'most', unit };
}

export function atLeast(what: string, measured: number, [limit, unit]: readonly [number, string]): Verdict {
  return { what, measured, limit, bound: 'least', unit };
}

export function isMet({ measured, limit, bound }: Verdict): boolean {
  return bound === 'most' ? measured <= limit : measured >= limit;
}

export function verdictText(verdict: Verdict): string {
  const { what, measured, limit, bound, unit } = verdict;
  const shown = rounded(measured, Math.abs(measured) < 10 ? 3 : 1);
  return `${isMet(verdict) ? 'met   ' : 'MISSED'} ${what}: ${shown} ${unit} (at ${bound} ${limit})`;
}
