// `revflow demo`: the main job, shown in a few seconds without a network.

import { RetryableError, TerminalError } from '../../platform/errors.ts';
import { redact } from '../../platform/redact.ts';
import type { Flags } from '../config.ts';
import { addExamples, type ExitCode, exitCodes, type Terminal, type Verb } from './verb.ts';

const defaultState = '.revflow/demo';

export const demo: Verb = {
  add: (program, act) => {
    const command = program
      .command('demo')
      .description('show it: a commit, a bundle and an image are pushed, and three Functions redeploy')
      .option('--state <DIR>', `where everything is kept (default: ${defaultState})`);
    addExamples(
      command,
      [['revflow demo', 'about 20 seconds, without a network']],
      ['Run again, it goes on where it was. Delete the directory to see it from the start.'],
    );
    command.action(({ state }: Flags) => {
      act(terminal => show(typeof state === 'string' ? state : defaultState, terminal));
    });
  },
};

/** Whatever goes wrong, the demo has failed: scripts look at 0 or 1. */
async function show(directory: string, terminal: Terminal): Promise<ExitCode> {
  try {
    const { runDemo } = await import('../demo/demo.ts');
    return await runDemo(directory, terminal);
  } catch (error) {
    if (!(error instanceof TerminalError) && !(error instanceof RetryableError)) throw error;
    terminal.err.write(`revflow demo: ${redact(error.message)}\n`);
    return exitCodes.fault;
  }
}
