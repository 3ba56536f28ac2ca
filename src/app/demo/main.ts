// `npm run demo`: the demo as a program of its own, in `.revflow/demo` or the directory that is given.

import { exitCodes } from '../cli/verb.ts';
import { readEnvironment } from '../config.ts';
import { runDemo } from './demo.ts';

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
const terminal = { env: readEnvironment(), out: process.stdout, err: process.stderr, signal: stopping.signal };

try {
  process.exitCode = await runDemo(process.argv[2] ?? '.revflow/demo', terminal);
} catch (error) {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = exitCodes.fault;
}
