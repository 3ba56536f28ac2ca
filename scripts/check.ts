// `npm run check`: format, lint, types, dead code, architecture and generated files, side by side. Prints only what failed, and how to mend it.
import { spawn } from 'node:child_process';

interface Check {
  readonly name: string;
  readonly command: readonly string[];
  /** What to do about a failure. */
  readonly mend: string;
}

const checks: readonly Check[] = [
  { name: 'format', command: ['biome', 'check'], mend: 'npm run fix' },
  { name: 'lint', command: ['oxlint', '--type-aware', '--quiet'], mend: 'see each line; npm run fix mends some' },
  { name: 'types', command: ['tsc', '--noEmit'], mend: 'see each line' },
  { name: 'dead code', command: ['knip'], mend: 'delete what nobody uses' },
  {
    name: 'architecture',
    command: ['vitest', 'run', 'test/architecture.test.ts', 'test/generated.test.ts', '--reporter=dot'],
    mend: 'each failure says what to do; npm run generate renews what is generated',
  },
];

interface Outcome {
  readonly check: Check;
  readonly output: string;
  readonly passed: boolean;
}

function run(check: Check): Promise<Outcome> {
  const [program = '', ...args] = check.command;
  return new Promise(resolve => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const parts: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    child.stderr.on('data', (part: Buffer) => parts.push(part));
    child.on('error', error => resolve({ check, output: String(error), passed: false }));
    child.on('close', code => resolve({ check, output: Buffer.concat(parts).toString(), passed: code === 0 }));
  });
}

const outcomes = await Promise.all(checks.map(run));
const failed = outcomes.filter(outcome => !outcome.passed);
for (const { check, output } of failed) {
  console.log(`\n── ${check.name} failed (${check.mend})\n${output.trimEnd()}`);
}
console.log(`check: ${outcomes.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
