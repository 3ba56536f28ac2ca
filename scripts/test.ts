// `npm test [paths]`: makes sure that the servers which tests need are installed, runs the tests, and ends with "N passed, N failed".
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Debian packages of the servers that tests start, and the file that shows that each is there. */
const servers: Readonly<Record<string, string>> = {
  git: '/usr/bin/git',
  'redis-server': '/usr/bin/redis-server',
  'docker-registry': '/usr/bin/docker-registry',
  'apache2-utils': '/usr/bin/htpasswd',
};

installServers();
const report = join(tmpdir(), `revflow-test-${process.pid}.json`);
const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...process.argv.slice(2)];
const { status } = spawnSync('vitest', args, { stdio: 'inherit' });
const { passed, failed, skipped } = counts();
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = status === 0 && failed === 0 && passed > 0 ? 0 : 1;

function installServers(): void {
  const missing = Object.keys(servers).filter(name => !existsSync(servers[name] ?? ''));
  if (missing.length === 0) return;
  const line = `apt-get install -y ${missing.join(' ')}`;
  if (process.env['CI'] !== 'true' || process.getuid?.() !== 0) {
    console.log(`Some tests are skipped: they need servers that are not installed here. To have them: sudo ${line}`);
    return;
  }
  const installed = ['apt-get update', line].every(command => {
    const [program = '', ...rest] = command.split(' ');
    return (
      spawnSync(program, rest, { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
        .status === 0
    );
  });
  if (!installed) console.log(`Not installed: ${missing.join(', ')}; the tests that need them are skipped.`);
}

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly numFailedTestSuites: number;
}

/** Counts of the whole run; a suite that could not even start counts as one failure. */
function counts(): { readonly passed: number; readonly failed: number; readonly skipped: number } {
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numFailedTestSuites } = JSON.parse(
    readFileSync(report, 'utf8'),
  ) as Report;
  rmSync(report);
  const failed = numFailedTests > 0 ? numFailedTests : numFailedTestSuites;
  return { passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests };
}
