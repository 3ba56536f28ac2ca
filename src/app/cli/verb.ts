// What every verb of the command line is given, how it ends, and how its flags and examples are told.
import type { Command } from 'commander';
import type { Environment } from '../config.ts';

/** Where a verb prints; a terminal may get colour and progress. */
export interface Output {
  write(text: string): boolean;
  readonly isTTY?: boolean;
}

/** The world of one run of the command. */
export interface Terminal {
  readonly env: Environment;
  /** What is piped in, for `-f -`. */
  readonly input: AsyncIterable<Uint8Array | string>;
  /** Results alone. */
  readonly out: Output;
  /** Progress, warnings and errors. */
  readonly err: Output;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

/** Exit codes: done; our own fault; used wrongly; can never work as it stands; come back later. */
export const exitCodes = { done: 0, fault: 1, usage: 2, terminal: 3, later: 75 } as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** One verb: adds its command with its flags to the program. `act` is told what the verb does when it is called. */
export interface Verb {
  readonly add: (program: Command, act: Act) => void;
}

/** Registers the action of the verb that was called; its promise is the exit code. */
export type Act = (action: (terminal: Terminal) => Promise<ExitCode>) => void;

/** A flag as commander reads it, and what it is for. */
export type FlagText = readonly [flag: string, text: string];

/** Adds the flags, and gives the command back. */
export function addFlags(command: Command, flags: readonly FlagText[]): Command {
  for (const [flag, text] of flags) command.option(flag, text);
  return command;
}

/** Lines below the flags in --help: what one should know, and examples with what each does. */
export function addExamples(command: Command, examples: readonly FlagText[], notes: readonly string[] = []): Command {
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, text]) => `  ${line.padEnd(width)}  ${text}`.trimEnd());
  const told = notes.length === 0 ? '' : `\n${notes.join('\n')}\n`;
  return command.addHelpText('after', `${told}\nExamples:\n${lines.join('\n')}`);
}
