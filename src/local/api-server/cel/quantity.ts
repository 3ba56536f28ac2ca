// Kubernetes quantities: `100m`, `1.5Gi`, `2e3`.

const suffixes: ReadonlyMap<string, readonly [base: bigint, power: number]> = new Map([
  ['n', [10n, -9]],
  ['u', [10n, -6]],
  ['m', [10n, -3]],
  ['', [10n, 0]],
  ['k', [10n, 3]],
  ['M', [10n, 6]],
  ['G', [10n, 9]],
  ['T', [10n, 12]],
  ['P', [10n, 15]],
  ['E', [10n, 18]],
  ['Ki', [2n, 10]],
  ['Mi', [2n, 20]],
  ['Gi', [2n, 30]],
  ['Ti', [2n, 40]],
  ['Pi', [2n, 50]],
  ['Ei', [2n, 60]],
]);

const form = /^([+-]?)(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d{1,3})|([numkMGTPE]|[KMGTPE]i)?)$/;

/** The quantity in units of 10^-9, rounded up; undefined when the text is none. */
export function parseQuantity(text: string): bigint | undefined {
  const [, sign, digits, exponent, suffix] = form.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const [whole = '', fraction = ''] = digits.split('.');
  const [base, power] = exponent === undefined ? (suffixes.get(suffix ?? '') ?? [10n, 0]) : [10n, Number(exponent)];
  const up = power > 0 ? base ** BigInt(power) : 1n;
  const down = 10n ** BigInt(fraction.length) * (power < 0 ? base ** BigInt(-power) : 1n);
  const times = BigInt(`${whole}${fraction}`) * up * 1_000_000_000n;
  const units = (times + down - 1n) / down;
  return sign === '-' ? -units : units;
}

/** -1, 0 or 1. Texts that are no quantities count as nothing. */
export function compareQuantities(a: string, b: string): number {
  const [left, right] = [parseQuantity(a) ?? 0n, parseQuantity(b) ?? 0n];
  return left < right ? -1 : left > right ? 1 : 0;
}
