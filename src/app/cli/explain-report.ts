// How the findings of `revflow explain` are printed: sections for people, one object for programs.
import { type ImagesReport, imageEntries } from './explain-images.ts';
import { type Format, labelled, painter, plain, printValue, shortId, spanText, table } from './output.ts';
import type { Terminal } from './verb.ts';
import { traceText, type Verdict } from './verdict.ts';
import type { WatchWords } from './watch-words.ts';

export interface WatchingReport extends Partial<WatchWords> {
  readonly unwatched?: { readonly reason: string; readonly message: string };
  readonly warnings?: readonly string[];
  /** Whose words the following are. */
  readonly answersFrom?: 'redis' | 'status';
  /** The interval that is really kept. */
  readonly kept?: string;
  readonly latest?: string;
  readonly ref?: string;
  readonly missing?: boolean;
  /** When the last answer came (redis), or the id was first seen (status). RFC 3339, as all moments here. */
  readonly at?: string;
  readonly failure?: { readonly reason: string; readonly message: string };
  /** Host and credential are left alone until then. */
  readonly blockedUntil?: string;
  /** How often in a row the host refused the credential. */
  readonly refusals?: number;
}

/** A stage as the status records it, as far as it is printed here. */
interface Recorded {
  readonly state?: string;
  readonly resourceRef?: string;
  readonly revision?: string;
  readonly sequence?: number;
  readonly cause?: string;
  readonly startedAt?: string;
}

export interface ExplainReport extends Verdict, ImagesReport {
  /** `namespace/name`. */
  readonly function: string;
  readonly generation?: number;
  /** What is wrong with the Function itself. */
  readonly problems: readonly string[];
  readonly steering: {
    readonly suspended: boolean;
    readonly hold?: string;
    readonly rebuildRequested?: string;
    /** Tasks around the build, by name. */
    readonly hooks?: { readonly before: readonly string[]; readonly after: readonly string[] };
    readonly problems: readonly string[];
  };
  /** What companion mode wrote into its annotation; absent: it does not watch this Function. */
  readonly companion?: string;
  readonly watch?: WatchingReport;
  /** The id taken last. */
  readonly known?: string;
  readonly built?: Recorded;
  readonly served?: Recorded;
  readonly conditions: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
    readonly message: string;
    readonly since: string;
  }[];
  /** What happens by itself, and when; without `at`: not by time. */
  readonly next: readonly { readonly what: string; readonly at?: string }[];
}

interface Manner {
  readonly format: Format;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Prints it: sections for people, one object for programs. */
export function printExplanation(report: ExplainReport, { format, now }: Manner, terminal: Terminal): void {
  if (printValue(terminal.out, format, report)) return;
  const paint = painter(terminal);
  const id = format === 'wide' ? (text: string) => text : shortId;
  const ready = report.conditions.find(condition => condition.type === 'Ready');
  const state = ready
    ? `${ready.status === 'True' ? 'ready' : 'not ready'}: ${plain(ready.message)}`
    : 'not looked at yet';
  const section = (title: string, text: string) => (text === '' ? '' : `\n${paint(title, 'strong')}\n${text}`);
  terminal.out.write(
    `${paint(report.function, 'strong')}  ${paint(state, ready?.status === 'True' ? 'good' : 'bad')}\n` +
      `  next reconcile would  ${plain(report.would)}\n` +
      section('Steering', steeringText(report)) +
      section('Watching', watchText(report, { id, now })) +
      section('Build', stageText('build', report.built, { verdict: report.build, id, now })) +
      section('Serving', stageText('serving', report.served, { verdict: report.serving, id, now })) +
      section('Conditions', conditionsText(report, now)) +
      section('Next', nextText(report, now)),
  );
}

function steeringText({ steering, problems, companion }: ExplainReport): string {
  const entries: [string, string | undefined][] = problems.map(problem => ['problem', problem]);
  entries.push(...steering.problems.map((problem): [string, string] => ['ignored', problem]));
  if (steering.suspended) entries.push(['suspended', 'nothing new is started (revflow resume)']);
  if (steering.hold !== undefined) entries.push(['held', `new revisions wait: ${steering.hold}`]);
  if (steering.rebuildRequested !== undefined) entries.push(['rebuild', `asked for: ${steering.rebuildRequested}`]);
  const { before = [], after = [] } = steering.hooks ?? {};
  if (before.length > 0) entries.push(['hooks', `before a build: ${before.join(', ')}`]);
  if (after.length > 0) entries.push(['hooks', `after a build: ${after.join(', ')}`]);
  if (companion !== undefined) entries.push(['companion', companion]);
  return entries.length === 0 ? '' : labelled(entries);
}

interface Telling {
  readonly id: (text: string) => string;
  readonly now: number;
}

function watchText(report: ExplainReport, { id, now }: Telling): string {
  const { watch, known } = report;
  if (watch === undefined) return '';
  const images = imageEntries(report, id);
  if (watch.unwatched)
    return labelled([['not watched', `${watch.unwatched.reason}: ${watch.unwatched.message}`], ...images]);
  const { source, type, interval, kept, latest, ref, at, failure } = watch;
  const secret = watch.secret === undefined ? 'without a credential' : `with Secret ${watch.secret}`;
  const age = at === undefined ? '' : `, ${spanText(now - Date.parse(at))} ago`;
  const found = latest === undefined ? undefined : `${id(latest)}${ref === undefined ? '' : ` (${ref})`}`;
  const seen = watch.missing ? 'no such branch or tag' : found;
  return labelled([
    ['source', `${source} (${type}, ${secret})`],
    ['paths', watch.paths && `only changes of ${watch.paths.join(', ')} count`],
    ['known', known === undefined ? 'none: nothing was built or served from it yet' : id(known)],
    ['last answer', `${seen ?? 'none yet'}${age} (from ${watch.answersFrom})`],
    ['trouble', failure && `${failure.reason}: ${failure.message}`],
    ...(watch.warnings ?? []).map((warning): [string, string] => ['warning', warning]),
    ['interval', `every ${interval} promised${kept === undefined || kept === interval ? '' : `, every ${kept} kept`}`],
    ['budget', budgetText(watch, now)],
    ...images,
  ]);
}

function budgetText(
  { interval, kept, blockedUntil, refusals, failure, answersFrom }: WatchingReport,
  now: number,
): string {
  if (blockedUntil !== undefined && Date.parse(blockedUntil) > now) {
    return `the host asked to be left alone for ${spanText(Date.parse(blockedUntil) - now)}`;
  }
  if (refusals !== undefined)
    return `the host refused this credential ${refusals} times; it is tried every ten minutes`;
  if (failure?.reason === 'RateLimited') return 'used up for now';
  if (kept !== undefined && kept !== interval) return `short: asked every ${kept} instead of every ${interval}`;
  return answersFrom === 'redis' ? 'enough: nothing is held back' : 'enough, as far as the status tells';
}

function stageText(
  stage: string,
  recorded: Recorded | undefined,
  { verdict, id, now }: Telling & { readonly verdict: Verdict['build'] },
): string {
  const { state, resourceRef, revision, sequence, cause, startedAt } = recorded ?? {};
  const age = startedAt === undefined ? '' : `, ${spanText(now - Date.parse(startedAt))} ago`;
  const what = revision === undefined ? '' : ` of ${id(revision)}`;
  const why = cause === undefined ? '' : ` (${cause}${age})`;
  const lines = recorded
    ? labelled([
        ['recorded', `${state || 'nothing'}${what}${why}`],
        ['object', resourceRef && `${resourceRef}${sequence === undefined ? '' : `, sequence ${sequence}`}`],
      ])
    : '';
  return lines + (verdict ? traceText(`next ${stage}`, verdict) : '');
}

function conditionsText({ conditions }: ExplainReport, now: number): string {
  if (conditions.length === 0) return '';
  const rows = conditions.map(({ type, status, reason, message, since }) => [
    `  ${type}`,
    status,
    reason,
    spanText(now - Date.parse(since)),
    message,
  ]);
  return table([['  TYPE', 'STATUS', 'REASON', 'SINCE', 'MESSAGE'], ...rows]);
}

function nextText({ next }: ExplainReport, now: number): string {
  const lines = next.map(
    ({ what, at }) => `  ${what}${at === undefined ? '' : ` in ${spanText(Date.parse(at) - now)}`}\n`,
  );
  return lines.length === 0 ? '  nothing by itself: a change of the Function wakes it\n' : lines.join('');
}
