// Runs vitest and counts: what `npm test` and `npm run test:kube` end with.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Nothing failed, and there was something to run. */
  readonly ok: boolean;
}

/** More failing files than this are no accident of a busy machine. */
const mostRepeated = 3;

/**
 * Runs the tests of these arguments of `vitest run`, with this environment besides the process's own. With `secondChance` a few files
 * that failed are run once more by themselves, and named; what fails again counts.
 */
export function runTests(args: readonly string[], { env = {}, secondChance = false }: RunOptions = {}): Counts {
  const first = runOnce(args, env);
  const failed = first.failedFiles;
  if (!secondChance || failed.length === 0 || failed.length > mostRepeated) return countsOf(first);
  console.log(`Failed, and run once more: ${failed.join(', ')}`);
  const second = runOnce(failed, env);
  const passed = first.passed + Math.max(first.failed - second.failed, 0);
  return countsOf({ ...second, passed, skipped: first.skipped });
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly secondChance?: boolean;
}

interface Run extends Omit<Counts, 'ok'> {
  readonly status: number | null;
  readonly failedFiles: readonly string[];
}

function countsOf({ status, passed, failed, skipped }: Run): Counts {
  return { passed, failed, skipped, ok: status === 0 && failed === 0 && passed > 0 };
}

function runOnce(args: readonly string[], env: Readonly<Record<string, string>>): Run {
  const report = join(tmpdir(), `revflow-test-${process.pid}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { status } = spawnSync('vitest', ['run', ...reporters, ...args], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  return { status, ...readReport(report) };
}

/** The last line of a run. */
export function countsText({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly numFailedTestSuites: number;
  readonly testResults: readonly { readonly name: string; readonly status: string }[];
}

/** Counts of the whole run; a suite that could not even start counts as one failure. */
function readReport(file: string): Omit<Run, 'status'> {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0, failedFiles: [] };
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  rmSync(file);
  const { numPassedTests: passed, numFailedTests, numFailedTestSuites } = report;
  return {
    passed,
    failed: numFailedTests > 0 ? numFailedTests : numFailedTestSuites,
    skipped: report.numPendingTests + report.numTodoTests,
    failedFiles: report.testResults.filter(({ status }) => status === 'failed').map(({ name }) => name),
  };
}
