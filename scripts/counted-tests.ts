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

/** Runs the tests of these arguments of `vitest run`, with this environment besides the process's own. */
export function runTests(args: readonly string[], env: Readonly<Record<string, string>> = {}): Counts {
  const report = join(tmpdir(), `revflow-test-${process.pid}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { status } = spawnSync('vitest', ['run', ...reporters, ...args], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  const counts = readCounts(report);
  return { ...counts, ok: status === 0 && counts.failed === 0 && counts.passed > 0 };
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
}

/** Counts of the whole run; a suite that could not even start counts as one failure. */
function readCounts(file: string): Omit<Counts, 'ok'> {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numFailedTestSuites } = JSON.parse(
    readFileSync(file, 'utf8'),
  ) as Report;
  rmSync(file);
  const failed = numFailedTests > 0 ? numFailedTests : numFailedTestSuites;
  return { passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests };
}
