// Reads the command line, runs one verb, and turns whatever it throws into a sentence and an exit code.
import { Command, CommanderError } from 'commander';
import { RetryableError, TerminalError, WaitingError } from '../../platform/errors.ts';
import { redact } from '../../platform/redact.ts';
import { UsageError } from '../config.ts';
import { type ExitCode, exitCodes, type Terminal } from './verb.ts';
import { verbs } from './verbs.ts';

/** Runs the command line without the program's name; resolves to the exit code and never rejects. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let chosen: ((terminal: Terminal) => Promise<ExitCode>) | undefined;
  const program = new Command('revflow')
    .description('Push a commit, and the function redeploys: a control plane for OpenFunction Functions.')
    .exitOverride()
    .configureOutput({ writeOut: text => terminal.out.write(text), writeErr: text => terminal.err.write(text) })
    .showHelpAfterError('(add --help for what there is)');
  for (const verb of verbs) verb.add(program, action => (chosen = action));
  try {
    await program.parseAsync([...args], { from: 'user' });
    return (await chosen?.(terminal)) ?? exitCodes.done;
  } catch (error) {
    return explainEnd(error, terminal);
  }
}

function explainEnd(error: unknown, { err }: Terminal): ExitCode {
  // Help and version end so too; what commander refuses it has printed itself.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  const message = redact(error instanceof Error ? error.message : String(error));
  err.write(`revflow: ${message}\n`);
  if (error instanceof UsageError) return exitCodes.usage;
  if (error instanceof TerminalError) return exitCodes.terminal;
  if (error instanceof RetryableError || error instanceof WaitingError) return exitCodes.later;
  if (error instanceof Error && error.stack) err.write(`${redact(error.stack)}\n`);
  return exitCodes.fault;
}
