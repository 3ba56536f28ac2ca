// Reads the command line, runs one verb, and turns whatever it throws into a sentence and an exit code.
import { Command } from 'commander';
import { version } from '../version.ts';
import { explainEnd } from './ending.ts';
import { type Act, type ExitCode, exitCodes, type Terminal } from './verb.ts';
import { verbs } from './verbs.ts';

const footer = `
Exit codes: 0 done, 1 a fault of revflow, 2 wrong usage, 3 it can never work as it stands, 75 try later.
revflow VERB --help says more, with examples.`;

/** Runs the command line without the program's name; resolves to the exit code and never rejects. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let chosen: ((terminal: Terminal) => Promise<ExitCode>) | undefined;
  const program = createProgram(action => (chosen = action), terminal);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return (await chosen?.(terminal)) ?? exitCodes.done;
  } catch (error) {
    return explainEnd(error, terminal);
  }
}

/** The whole command line as commander knows it; `act` is told the action of the verb that is called. */
export function createProgram(act: Act, { out, err }: Pick<Terminal, 'out' | 'err'>): Command {
  const program = new Command('revflow')
    .description('Push a commit, and the function redeploys: a control plane for OpenFunction Functions.')
    .usage('VERB [flags]')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'say what there is')
    .helpCommand(false)
    .addHelpText('after', footer);
  for (const verb of verbs) verb.add(program, act);
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .helpOption('-h, --help', 'say what there is')
      .showHelpAfterError(
        `(${command === program ? 'revflow' : `revflow ${command.name()}`} --help says what there is)`,
      )
      .configureHelp({ helpWidth: 120 })
      .configureOutput({
        writeOut: text => out.write(text),
        writeErr: text => err.write(text),
        outputError: (text, write) => write(text.replace(/^error: /, 'revflow: ')),
        // Colours are ours to give, and help has none.
        getOutHasColors: () => false,
        getErrHasColors: () => false,
      });
  }
  return program;
}
