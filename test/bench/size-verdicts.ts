// What the design asks of the sizes.
import { atLeast, atMost, type Verdict } from './figures.ts';
import type { SizeLine } from './size.ts';

/** The verdicts that the measured sizes allow, by the sizes' names. */
export function sizeVerdicts(lines: ReadonlyMap<string, SizeLine>): readonly Verdict[] {
  const [middle, large, distinct] = ['10000', '50000', 'distinct'].map(name => lines.get(name));
  const verdicts: Verdict[] = [];
  for (const [name, line] of lines) {
    const { requests_per_interval: requests, sources, api_writes_per_change: writes } = line;
    verdicts.push(
      atMost(`${name}: requests a source and interval`, requests / sources, [1.01, 'requests']),
      atMost(`${name}: longest time until a change was seen`, line.detect_p99_ms, [
        line.interval_s * 1000 + 1000,
        'ms',
      ]),
      atMost(`${name}: API writes a change, without Events`, writes, [12, 'writes']),
    );
    if (line.naive_cpu_core_share !== null) {
      const ratio = line.naive_cpu_core_share / line.cpu_core_share;
      verdicts.push(atLeast(`${name}: times the CPU that the naive way takes`, ratio, [1, 'times']));
    }
  }
  if (middle) {
    verdicts.push(
      atMost('10,000 Functions, 500 + 500 sources, 30 s: CPU', middle.cpu_core_share * 100, [8, '% of a core']),
      atMost('10,000 Functions, 500 + 500 sources, 30 s: memory over idle', middle.rss_over_idle_mb, [256, 'MB']),
    );
  }
  if (distinct) {
    verdicts.push(atMost('10,000 distinct sources, 30 s: CPU', distinct.cpu_core_share * 100, [60, '% of a core']));
  }
  if (middle && large) {
    const ratio = large.cpu_core_share / middle.cpu_core_share;
    verdicts.push(atMost('CPU at 2,500 repositories, as a multiple of that at 500', ratio, [6, 'times']));
  }
  return verdicts;
}
