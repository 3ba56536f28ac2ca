// The command line of revflow: every verb is a file in app/cli/.

import { runProgram } from './app/cli/program.ts';
import { readEnvironment } from './app/config.ts';

const closing = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // A second signal ends the process at once, whatever still runs.
  process.once(signal, () => closing.abort());
}

// Who reads our output may stop reading (`| head`): that is no fault.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}

process.exitCode = await runProgram(process.argv.slice(2), {
  env: readEnvironment(),
  get input() {
    return process.stdin;
  },
  out: process.stdout,
  err: process.stderr,
  signal: closing.signal,
});
