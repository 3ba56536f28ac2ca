// Go durations (`1h2m3.5s`, `500ms`), as OpenFunction's fields and annotations carry them.

/** Milliseconds in each unit; both signs for micro are Go's. */
const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** The longest duration that Go can hold, 2^63 - 1 ns. */
const longestMs = 9_223_372_036_854.775;

const part = /([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)/y;

/** Milliseconds, with fractions and sign; undefined for what Go's `time.ParseDuration` refuses. */
export function parseDuration(text: string): number | undefined {
  const [sign, unsigned] = /^[-+]/.test(text) ? [text[0], text.slice(1)] : ['+', text];
  const ms = unsigned === '0' ? 0 : sumOfParts(unsigned);
  if (ms === undefined || ms > longestMs) return undefined;
  return sign === '-' && ms !== 0 ? -ms : ms;
}

function sumOfParts(text: string): number | undefined {
  if (text === '') return undefined;
  let sum = 0;
  part.lastIndex = 0;
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    if (match === null) return undefined;
    sum += Number(match[1]) * (units[match[2] ?? ''] ?? Number.NaN);
  }
  return sum;
}

/** The way Go writes a duration: `1h0m5s`, `1m30s`, `2.5s`, `250ms`, `0s`. Finer than a millisecond is rounded away. */
export function formatDuration(ms: number): string {
  const whole = Math.round(Math.abs(ms));
  const sign = ms < 0 && whole > 0 ? '-' : '';
  if (whole === 0) return '0s';
  if (whole < 1000) return `${sign}${whole}ms`;
  const hours = Math.floor(whole / 3_600_000);
  const minutes = Math.floor(whole / 60_000) % 60;
  const seconds = (whole % 60_000) / 1000;
  const head = hours > 0 ? `${hours}h${minutes}m` : minutes > 0 ? `${minutes}m` : '';
  return `${sign}${head}${seconds}s`;
}
