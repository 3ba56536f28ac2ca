// Kubernetes quantities (`500m`, `1.5Gi`, `1e3`), as a pod's resources carry them: the same amount has many spellings.

const shape = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:[eE]([+-]?\d{1,2})|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei))?$/;

/** Powers of ten. */
const decimal: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const binary = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
/** Kubernetes keeps no more. */
const places = 9;

/** The amount in billionths, rounded away from zero as Kubernetes does: 0.5, "500m" and "5e-1" are one. Undefined for what is none. */
export function parseQuantity(value: string | number): bigint | undefined {
  const match = shape.exec(String(value).trim());
  if (match === null) return undefined;
  const [, sign = '', digits = '', exponent, suffix = ''] = match;
  const [whole = '', fraction = ''] = digits.split('.');
  const power = exponent === undefined ? (decimal[suffix] ?? 0) : Number(exponent);
  const factor = 1024n ** BigInt(binary.indexOf(suffix) + 1);
  const amount = shift(BigInt(whole + fraction) * factor, power + places - fraction.length);
  return sign === '-' ? -amount : amount;
}

/** Times ten to this power. */
function shift(amount: bigint, power: number): bigint {
  if (power >= 0) return amount * 10n ** BigInt(power);
  const divisor = 10n ** BigInt(-power);
  return (amount + divisor - 1n) / divisor;
}
