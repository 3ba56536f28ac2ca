// How the findings of `revflow check` are printed: one line a Function, and below it the decision with its trace.

import type { Format } from './output.ts';
import { labelled, painter, printValue, shortId, table } from './output.ts';
import type { Terminal } from './verb.ts';
import { traceText, type Verdict } from './verdict.ts';
import type { WatchWords } from './watch-words.ts';

/** What came of one watch: not watched, or one of latest, missing and failure. */
export interface WatchReport extends Partial<WatchWords> {
  readonly unwatched?: { readonly reason: string; readonly message: string };
  readonly warnings?: readonly string[];
  /** The provider that answered. */
  readonly driver?: string;
  readonly latest?: string;
  readonly ref?: string;
  readonly missing?: true;
  readonly failure?: { readonly reason: string; readonly message: string };
}

export interface CheckReport extends Verdict {
  /** `namespace/name`. */
  readonly function: string;
  /** File and line; absent for one of a cluster. */
  readonly from?: string;
  /** What is wrong with the Function itself; nothing else is told then. */
  readonly problems: readonly string[];
  readonly watch?: WatchReport;
  /** The id taken last; absent: none. */
  readonly known?: string;
}

/** Prints what was found: a table for people, one list for programs. */
export function printReports(reports: readonly CheckReport[], format: Format, terminal: Terminal): void {
  if (printValue(terminal.out, format, reports)) return;
  const isWide = format === 'wide';
  const head = ['FUNCTION', 'KNOWN', 'LATEST', ...(isWide ? ['TYPE', 'INTERVAL', 'DRIVER', 'SECRET'] : []), 'WOULD'];
  terminal.out.write(table([head, ...reports.map(report => row(report, isWide))]));
  const paint = painter(terminal);
  for (const report of reports) {
    terminal.out.write(
      `\n${paint(report.function, 'strong')}${report.from === undefined ? '' : ` (${report.from})`}\n`,
    );
    terminal.out.write(details(report));
  }
}

function row(report: CheckReport, isWide: boolean): readonly string[] {
  const { watch = {}, known } = report;
  const id = (text: string) => (isWide ? text : shortId(text));
  const more = [watch.type, watch.interval, watch.driver, watch.secret].map(text => text ?? '-');
  const latest = watch.latest === undefined ? latestWord(watch) : id(watch.latest);
  return [report.function, known === undefined ? '-' : id(known), latest, ...(isWide ? more : []), report.would];
}

function latestWord({ unwatched, failure, missing }: WatchReport): string {
  if (missing) return '(missing)';
  const reason = failure?.reason ?? unwatched?.reason;
  return reason === undefined ? '-' : `(${reason})`;
}

function details({ problems, watch, build, digest, serving }: CheckReport): string {
  const entries: [string, string | undefined][] = problems.map(problem => ['problem', problem]);
  if (watch?.unwatched) entries.push(['not watched', `${watch.unwatched.reason}: ${watch.unwatched.message}`]);
  if (watch?.source !== undefined) {
    const how = `${watch.type}, every ${watch.interval}, ${watch.secret ? `with Secret ${watch.secret}` : 'without a credential'}`;
    entries.push(['watches', `${watch.source} (${how})`]);
  }
  if (watch?.latest)
    entries.push(['latest', watch.ref === undefined ? watch.latest : `${watch.latest} (${watch.ref})`]);
  if (watch?.missing) entries.push(['missing', 'the source answered, and has no such branch or tag']);
  if (watch?.failure) entries.push(['not answered', `${watch.failure.reason}: ${watch.failure.message}`]);
  for (const warning of watch?.warnings ?? []) entries.push(['warning', warning]);
  if (digest) entries.push(['waits', `${digest.reason}: ${digest.message}`]);
  const told = entries.length === 0 ? '' : labelled(entries);
  return told + (build ? traceText('build', build) : '') + (serving ? traceText('serving', serving) : '');
}
